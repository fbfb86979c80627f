import { JsonFieldReader } from "@seaworthy/logql";
import { LEVEL, SERVICE_NAME, SPAN_ID, TRACE_ID, withoutEmpty } from "../../../model/index.ts";
import type { Labels, LogBatch } from "../../../model/index.ts";
import { dayOfNs } from "../days.ts";
import { encodeBlock } from "../native-format.ts";
import type { ColumnInput } from "../native-format.ts";
import type { KnownSeries, SeriesRegistry } from "../series-registry.ts";
import { JSON_COLUMNS, JSON_FIELDS, JSON_SHAPE, MAX_FIELD_TEXT } from "./json-fields.ts";

const fields = new JsonFieldReader(JSON_FIELDS, MAX_FIELD_TEXT);
const fieldColumns = [...JSON_COLUMNS.values()];

/** A stream and a day for which `log_streams` has no row yet. */
export interface NewStream {
  readonly known: KnownSeries;
  readonly labels: Labels;
  readonly day: number;
}

/** The rows of one commit. */
export class LogRows {
  readonly newStreams: readonly NewStream[];
  /** Which batches have lines in here, with their days. */
  readonly batches: readonly { readonly fingerprint: bigint; readonly day: number }[];
  readonly #lines: string[] = [];
  readonly #services: string[] = [];
  readonly #metadata: Labels[] = [];
  readonly #ids: number[] = [];
  readonly #times: bigint[] = [];
  readonly #batch: bigint[] = [];

  /** `stored` tells which lines need not be written, by their batch and day. */
  constructor(
    group: readonly LogBatch[],
    registry: SeriesRegistry,
    stored: (fingerprint: bigint, day: number) => boolean,
  ) {
    const newStreams = new Map<KnownSeries, Map<number, NewStream>>();
    const batches = new Map<string, { fingerprint: bigint; day: number }>();
    for (const batch of group) {
      const streams = batch.streams.map((labels) => ({
        labels,
        known: registry.getOrMake(labels),
      }));
      const { fingerprint } = batch;
      const skipped = new Map<number, boolean>();
      for (let i = 0; i < batch.lines.length; i += 1) {
        const stream = streams[batch.streamOf[i] ?? 0];
        const time = batch.times[i] ?? 0n;
        if (stream === undefined) continue;
        const day = dayOfNs(time);
        let skip = skipped.get(day);
        if (skip === undefined) {
          skip = fingerprint !== undefined && stored(fingerprint, day);
          skipped.set(day, skip);
          if (fingerprint !== undefined && !skip) {
            batches.set(`${fingerprint}/${day}`, { fingerprint, day });
          }
        }
        if (skip) continue;
        const { known, labels } = stream;
        this.#lines.push(batch.lines[i] ?? "");
        this.#services.push(labels[SERVICE_NAME] ?? "");
        this.#metadata.push(batch.metadata[i] ?? {});
        this.#ids.push(known.low, known.high);
        this.#times.push(time);
        this.#batch.push(fingerprint ?? 0n);
        if (known.isNamedOn(day)) continue;
        const days = newStreams.get(known) ?? new Map<number, NewStream>();
        newStreams.set(known, days.set(day, { known, labels, day }));
      }
    }
    this.newStreams = [...newStreams.values()].flatMap((days) => [...days.values()]);
    this.batches = [...batches.values()];
  }

  get size(): number {
    return this.#lines.length;
  }

  /** A block of the table `logs`, and its columns. `received` in s since 1970; `seq` is the first line's. */
  encode(received: number, seq: number): { block: Buffer; columns: readonly string[] } {
    const rows = this.#lines.length;
    const column = (name: string) => this.#metadata.map((labels) => labels[name] ?? "");
    const columns: ColumnInput[] = [
      { name: "service", type: "String", data: this.#services },
      {
        name: "stream",
        type: "UInt64",
        data: new BigUint64Array(Uint32Array.from(this.#ids).buffer),
      },
      { name: "time", type: "DateTime64(9, 'UTC')", data: BigInt64Array.from(this.#times) },
      { name: "seq", type: "UInt32", data: Uint32Array.from(this.#lines, (_, i) => seq + i) },
      { name: "level", type: "String", data: column(LEVEL) },
      { name: "trace_id", type: "String", data: column(TRACE_ID) },
      { name: "span_id", type: "String", data: column(SPAN_ID) },
      { name: "line", type: "String", data: this.#lines },
      { name: "metadata", type: "Map(String, String)", data: this.#metadata.map(rest) },
      { name: "received", type: "DateTime('UTC')", data: new Uint32Array(rows).fill(received) },
      { name: "batch", type: "UInt64", data: BigUint64Array.from(this.#batch) },
      ...this.#jsonColumns(),
    ];
    return { block: encodeBlock(rows, columns), columns: columns.map(({ name }) => name) };
  }

  /** What lines are as JSON, and those fields that any of them has. */
  #jsonColumns(): ColumnInput[] {
    const rows = this.#lines.length;
    const shapes = new Uint8Array(rows);
    const columns = new Map<number, string[]>();
    for (const [row, line] of this.#lines.entries()) {
      shapes[row] = JSON_SHAPE[fields.read(line)];
      for (const field of fields.found) {
        let column = columns.get(field);
        if (column === undefined) {
          column = Array.from({ length: rows }, () => "");
          columns.set(field, column);
        }
        column[row] = fields.values[field] ?? "";
      }
    }
    const texts = [...columns].map(([field, data]): ColumnInput => {
      return { name: fieldColumns[field] ?? "", type: "String", data };
    });
    return [{ name: "json_shape", type: "UInt8", data: shapes }, ...texts];
  }
}

/** The metadata without what has a column of its own. */
function rest(metadata: Labels): Labels {
  const kept: Record<string, string> = {};
  for (const name in metadata) {
    const value = metadata[name] ?? "";
    if (value === "" || name === LEVEL || name === TRACE_ID || name === SPAN_ID) continue;
    kept[name] = value;
  }
  return kept;
}

/** A block of the table `log_streams`. */
export function streamsBlock(rows: readonly NewStream[]): Buffer {
  const ids = Uint32Array.from(rows.flatMap(({ known }) => [known.low, known.high]));
  return encodeBlock(rows.length, [
    { name: "day", type: "Date", data: Uint16Array.from(rows, ({ day }) => day) },
    { name: "stream", type: "UInt64", data: new BigUint64Array(ids.buffer) },
    {
      name: "labels",
      type: "Map(String, String)",
      data: rows.map(({ labels }) => withoutEmpty(labels)),
    },
  ]);
}
