import { isUtf8 } from "node:buffer";
import type { Labels, MetricMetadata } from "../../model/index.ts";
import { KnownLabels } from "../push/known-labels.ts";
import { seriesLabels, shown } from "../push/series-labels.ts";
import { ProtoReader, tagOf, WIRE } from "../protobuf.ts";
import { METRIC_TYPES, takeExemplar, takeHistogram, takeSample } from "./series.ts";
import type { Intake } from "./series.ts";

const { bytes, varint } = WIRE;
/** Fields of WriteRequest, */
const TIMESERIES = tagOf(1, bytes);
const METADATA = tagOf(3, bytes);
/** of TimeSeries, */
const LABEL = tagOf(1, bytes);
const SAMPLE = tagOf(2, bytes);
const EXEMPLAR = tagOf(3, bytes);
const HISTOGRAM = tagOf(4, bytes);
/** and of Label. */
const NAME = tagOf(1, bytes);
const VALUE = tagOf(2, bytes);

/** A series that came before, with the bytes of its labels, each a character. */
interface Met {
  readonly key: string;
  readonly labels: Labels;
  /** The generation of known labels in which it was asked for. */
  turn: number;
  /** The series that followed it. */
  next: Met | undefined;
}

/**
 * Understands requests of remote write 1.0 (`prometheus.WriteRequest`). Label sets are known by their
 * bytes: of a series that came before, the labels are not read again. A sender sends its series in
 * about the same order each time, so each is first compared with what followed the one before.
 * https://prometheus.io/docs/specs/prw/remote_write_spec/
 */
export class RemoteWriteV1 {
  readonly #known: KnownLabels;
  readonly #met = new WeakMap<Labels, Met>();
  /** The series that was read last. */
  #last: Met | undefined;

  constructor(knownSeries: number) {
    this.#known = new KnownLabels(knownSeries);
  }

  /** Reads a request into `intake`. Throws ProtobufError, and PushError when a limit is exceeded. */
  read(body: Buffer, intake: Intake): void {
    const reader = new ProtoReader(body);
    let count = 0;
    while (reader.more) {
      const tag = reader.nextTag();
      if (tag === TIMESERIES) {
        count += 1;
        if (count > intake.limits.samples) {
          reader.fail(`it has more than ${intake.limits.samples} series; send fewer at a time`);
        }
        const outer = reader.open();
        this.#readSeries(reader, intake);
        reader.close(outer);
      } else if (tag === METADATA) readMetadata(reader, intake);
      else reader.skip(tag);
    }
  }

  #readSeries(reader: ProtoReader, intake: Intake): void {
    const begin = reader.at;
    const labels = this.#expected(reader) ?? this.#find(reader, intake);
    if (typeof labels === "string") {
      reader.at = begin;
      intake.refusals.add("invalid", labels, countSamples(reader));
      return;
    }
    const series = { index: intake.batch.addSeries(labels), labels };
    while (reader.more) {
      const tag = reader.nextTag();
      if (tag === SAMPLE) takeSample(reader, intake, series);
      else if (tag === HISTOGRAM) takeHistogram(reader, intake, series);
      else if (tag === EXEMPLAR) {
        takeExemplar(reader, intake, series, (_tag, pairs) => readLabel(reader, pairs));
      } else reader.skip(tag);
    }
  }

  /** The labels here if they are those that followed last time, past which the reader is moved. */
  #expected(reader: ProtoReader): Labels | undefined {
    const next = this.#last?.next;
    if (next === undefined || next.turn !== this.#known.turn) return undefined;
    const begin = reader.at;
    const after = begin + next.key.length;
    // Texts are compared at once; what makes a key costly is to look it up.
    if (after > reader.end || reader.bytes.toString("latin1", begin, after) !== next.key)
      return undefined;
    reader.at = after;
    // Labels should stand together but need not.
    while (reader.more) {
      const tag = reader.nextTag();
      if (tag === LABEL) {
        reader.at = begin;
        return undefined;
      }
      reader.skip(tag);
    }
    reader.at = after;
    this.#last = next;
    return next.labels;
  }

  /** The labels here, or why they cannot be stored; the reader is where it was. */
  #find(reader: ProtoReader, intake: Intake): Labels | string {
    const begin = reader.at;
    const key = labelBytes(reader);
    reader.at = begin;
    let labels = this.#known.get(key);
    if (labels === undefined) {
      const read = readLabels(key, intake);
      if (typeof read === "string") return read;
      labels = this.#known.add(key, read);
    }
    let met = this.#met.get(labels);
    if (met === undefined) {
      met = { key, labels, turn: 0, next: undefined };
      this.#met.set(labels, met);
    }
    met.turn = this.#known.turn;
    if (this.#last !== undefined) this.#last.next = met;
    this.#last = met;
    return labels;
  }
}

/** The bytes of a series' labels, each byte a character; they stand together but need not. */
function labelBytes(reader: ProtoReader): string {
  let key = "";
  let from = -1;
  while (reader.more) {
    const at = reader.at;
    const tag = reader.nextTag();
    if (tag === LABEL) {
      if (from < 0) from = at;
    } else if (from >= 0) {
      key += reader.bytes.toString("latin1", from, at);
      from = -1;
    }
    reader.skip(tag);
  }
  return from < 0 ? key : key + reader.bytes.toString("latin1", from, reader.at);
}

function readLabels(key: string, { limits }: Intake): Labels | string {
  const region = Buffer.from(key, "latin1");
  const reader = new ProtoReader(region);
  const pairs: string[] = [];
  let areTexts = true;
  while (reader.more && pairs.length <= 2 * limits.labels) {
    reader.nextTag();
    areTexts = readLabel(reader, pairs) && areTexts;
  }
  const labels = seriesLabels(pairs, limits);
  if (areTexts || typeof labels === "string") return labels;
  return `a label of ${shown(labels)} is not UTF-8`;
}

/** Reads the message `Label` that begins here; answers whether it is UTF-8. */
function readLabel(reader: ProtoReader, pairs: string[]): boolean {
  const outer = reader.open();
  let name: Buffer | undefined;
  let value: Buffer | undefined;
  while (reader.more) {
    const tag = reader.nextTag();
    if (tag === NAME) name = reader.blob();
    else if (tag === VALUE) value = reader.blob();
    else reader.skip(tag);
  }
  reader.close(outer);
  pairs.push(name?.toString() ?? "", value?.toString() ?? "");
  return (name === undefined || isUtf8(name)) && (value === undefined || isUtf8(value));
}

function countSamples(reader: ProtoReader): number {
  let count = 0;
  while (reader.more) {
    const tag = reader.nextTag();
    if (tag === SAMPLE || tag === HISTOGRAM) count += 1;
    reader.skip(tag);
  }
  return count;
}

function readMetadata(reader: ProtoReader, { batch }: Intake): void {
  const outer = reader.open();
  let type: MetricMetadata["type"] = "unknown";
  let metric = "";
  let help = "";
  let unit = "";
  while (reader.more) {
    const tag = reader.nextTag();
    if (tag === tagOf(1, varint)) type = METRIC_TYPES[reader.uint32()] ?? "unknown";
    else if (tag === tagOf(2, bytes)) metric = reader.string();
    else if (tag === tagOf(4, bytes)) help = reader.string();
    else if (tag === tagOf(5, bytes)) unit = reader.string();
    else reader.skip(tag);
  }
  reader.close(outer);
  if (metric !== "") batch.describe({ metric, type, help, unit });
}
