import type { Logger } from "pino";
import { messageOf, METRIC_NAME, withoutEmpty } from "../../model/index.ts";
import type { Labels, MetricMetadata, SampleBatch, SampleSink } from "../../model/index.ts";
import { StoreError } from "../errors.ts";
import type { ClickHouse } from "./engine.ts";
import type { TelemetryLimits } from "./limits.ts";
import { encodeBlock } from "./native-format.ts";
import { SeriesRegistry } from "./series-registry.ts";
import type { KnownSeries } from "./series-registry.ts";

const DAY_MS = 86_400_000;
/** The year 2100: later times are a sender's mistake of unit (ns for ms, say). */
const MAX_TIME_MS = 4_102_444_800_000;
/** Metrics whose description is remembered; beyond, all are forgotten and may be written again. */
const MAX_DESCRIBED = 50_000;

interface Waiting {
  readonly batch: SampleBatch;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** Scrapes that were due at the same moment arrive within this time. */
const GATHER_MS = 5;

/**
 * Commits samples in groups, because each commit makes a part that the engine must merge. The first
 * batch after a pause waits a moment for others of its time; what comes while a commit runs, or too
 * soon after one began, goes together in the next. A batch is never divided between commits.
 */
export class SampleWriter implements SampleSink {
  readonly #engine: ClickHouse;
  readonly #limits: TelemetryLimits;
  readonly #log: Logger;
  readonly #series: SeriesRegistry;
  readonly #announced: (family: number) => void;
  #waiting: Waiting[] = [];
  #waitingSamples = 0;
  #described = new Map<string, MetricMetadata>();
  #newDescriptions: MetricMetadata[] = [];
  #lastCommitAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #committing: Promise<void> | undefined;
  #closed = false;

  /** `announced` is told the family of each series that the table did not have. */
  constructor(
    engine: ClickHouse,
    limits: TelemetryLimits,
    log: Logger,
    announced: (family: number) => void,
  ) {
    this.#engine = engine;
    this.#limits = limits;
    this.#log = log;
    this.#announced = announced;
    this.#series = new SeriesRegistry(limits.maxKnownSeries);
  }

  async write(batch: SampleBatch): Promise<void> {
    checkBatch(batch);
    const samples = batch.times.length;
    if (samples === 0) return;
    if (this.#closed) throw new StoreError("store_unavailable", "the metrics store is closed");
    if (this.#waitingSamples + samples > this.#limits.maxWaitingSamples) {
      throw new StoreError(
        "store_overloaded",
        `${this.#waitingSamples} samples already wait to be stored (limit ${this.#limits.maxWaitingSamples}); send again later`,
      );
    }
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({ batch, resolve, reject });
      this.#waitingSamples += samples;
      this.#schedule();
    });
  }

  describe(metadata: readonly MetricMetadata[]): void {
    for (const entry of metadata) {
      const known = this.#described.get(entry.metric);
      const same =
        known?.type === entry.type && known.help === entry.help && known.unit === entry.unit;
      if (same) continue;
      if (this.#described.size >= MAX_DESCRIBED) this.#described = new Map();
      this.#described.set(entry.metric, entry);
      this.#newDescriptions.push(entry);
    }
  }

  /** Commits what waits, and refuses what comes. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#committing;
    while (this.#waiting.length > 0) await this.#commit();
  }

  #schedule(): void {
    if (this.#committing !== undefined || this.#timer !== undefined || this.#closed) return;
    const wait = this.#lastCommitAt + this.#limits.commitEveryMs - performance.now();
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#start();
      },
      Math.max(GATHER_MS, wait),
    );
  }

  #start(): void {
    this.#lastCommitAt = performance.now();
    this.#committing = this.#commit().finally(() => {
      this.#committing = undefined;
      if (this.#waiting.length > 0) this.#schedule();
    });
  }

  async #commit(): Promise<void> {
    const group = this.#takeGroup();
    try {
      const rows = new SampleRows(group, this.#series);
      await this.#announce(rows.unannounced);
      await this.#engine.insert("samples", rows.encode());
    } catch (error) {
      for (const { reject } of group) reject(error);
      return;
    }
    for (const { resolve } of group) resolve();
    await this.#writeDescriptions();
  }

  #takeGroup(): Waiting[] {
    let samples = 0;
    let count = 0;
    for (const { batch } of this.#waiting) {
      if (count > 0 && samples + batch.times.length > this.#limits.maxCommitSamples) break;
      samples += batch.times.length;
      count += 1;
    }
    this.#waitingSamples -= samples;
    const group = this.#waiting.slice(0, count);
    this.#waiting = this.#waiting.slice(count);
    return group;
  }

  /** Series come before their samples: a sample whose series is unknown could never be found. */
  async #announce(unannounced: readonly Unannounced[]): Promise<void> {
    if (unannounced.length === 0) return;
    const ids = new Uint32Array(unannounced.length * 2);
    unannounced.forEach(({ known }, row) => {
      ids[2 * row] = known.low;
      ids[2 * row + 1] = known.high;
    });
    const block = encodeBlock(unannounced.length, [
      { name: "day", type: "Date", data: Uint16Array.from(unannounced, ({ day }) => day) },
      {
        name: "family",
        type: "UInt32",
        data: Uint32Array.from(unannounced, ({ known }) => known.family),
      },
      { name: "series", type: "UInt64", data: new BigUint64Array(ids.buffer) },
      {
        name: "labels",
        type: "Map(String, String)",
        data: unannounced.map(({ labels }) => withoutEmpty(labels)),
      },
    ]);
    await this.#engine.insert("series", block);
    for (const { known, day } of unannounced) {
      known.days.add(day);
      this.#announced(known.family);
    }
  }

  async #writeDescriptions(): Promise<void> {
    const rows = this.#newDescriptions.splice(0);
    if (rows.length === 0) return;
    const column = (name: keyof MetricMetadata) =>
      ({ name, type: "String", data: rows.map((row) => row[name]) }) as const;
    const columns = [column("metric"), column("type"), column("help"), column("unit")];
    try {
      await this.#engine.insert("metrics", encodeBlock(rows.length, columns));
    } catch (error) {
      // Whoever describes a metric does it again with each scrape.
      for (const { metric } of rows) this.#described.delete(metric);
      this.#log.warn({ reason: messageOf(error) }, "metric descriptions were not stored");
    }
  }
}

interface Unannounced {
  readonly known: KnownSeries;
  readonly labels: Labels;
  readonly day: number;
}

/** The rows of one commit. */
class SampleRows {
  readonly unannounced: readonly Unannounced[];
  readonly #rows: number;
  readonly #families: Uint32Array;
  readonly #ids: Uint32Array;
  readonly #times: Float64Array;
  readonly #values: Float64Array;

  constructor(group: readonly Waiting[], registry: SeriesRegistry) {
    const rows = group.reduce((sum, { batch }) => sum + batch.times.length, 0);
    this.#rows = rows;
    this.#families = new Uint32Array(rows);
    this.#ids = new Uint32Array(rows * 2);
    this.#times = new Float64Array(rows);
    this.#values = new Float64Array(rows);
    const unannounced = new Map<KnownSeries, Map<number, Unannounced>>();
    let row = 0;
    for (const { batch } of group) {
      const known = batch.series.map((labels) => registry.get(labels));
      this.#times.set(batch.times, row);
      // As bytes: a NaN's payload must not pass through a number.
      new BigUint64Array(this.#values.buffer).set(bitsOf(batch.values), row);
      for (let i = 0; i < batch.times.length; i += 1, row += 1) {
        const index = batch.seriesOf[i] ?? 0;
        const series = known[index];
        const labels = batch.series[index];
        if (series === undefined || labels === undefined) continue;
        this.#families[row] = series.family;
        this.#ids[2 * row] = series.low;
        this.#ids[2 * row + 1] = series.high;
        const day = Math.floor((batch.times[i] ?? 0) / DAY_MS);
        if (series.days.has(day)) continue;
        const days = unannounced.get(series) ?? new Map<number, Unannounced>();
        unannounced.set(series, days.set(day, { known: series, labels, day }));
      }
    }
    this.unannounced = [...unannounced.values()].flatMap((days) => [...days.values()]);
  }

  encode(): Buffer {
    return encodeBlock(this.#rows, [
      { name: "family", type: "UInt32", data: this.#families },
      { name: "series", type: "UInt64", data: new BigUint64Array(this.#ids.buffer) },
      { name: "time", type: "DateTime64(3, 'UTC')", data: this.#times },
      { name: "value", type: "Float64", data: this.#values },
    ]);
  }
}

function bitsOf(values: Float64Array): BigUint64Array {
  return new BigUint64Array(values.buffer, values.byteOffset, values.length);
}

/** Throws RangeError for a batch that is not one: an error of the program, or a time out of range. */
function checkBatch({ series, seriesOf, times, values }: SampleBatch): void {
  if (seriesOf.length !== times.length || values.length !== times.length) {
    throw new RangeError("a batch's columns must be equally long");
  }
  for (let i = 0; i < times.length; i += 1) {
    if ((seriesOf[i] ?? 0) >= series.length) {
      throw new RangeError(`sample ${i} of the batch belongs to no series of it`);
    }
    const time = times[i] ?? Number.NaN;
    if (!Number.isInteger(time) || time < 0 || time > MAX_TIME_MS) {
      const labels = series[seriesOf[i] ?? 0] ?? {};
      throw new RangeError(
        `a sample of ${labels[METRIC_NAME] ?? "a series without a name"} has the time ${time}, which is not a number of milliseconds between 1970 and 2100`,
      );
    }
  }
}
