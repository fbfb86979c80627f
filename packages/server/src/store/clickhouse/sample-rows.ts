import { METRIC_NAME } from "../../model/index.ts";
import type { Exemplar, HistogramSample, Labels, SampleBatch } from "../../model/index.ts";
import { encodeBlock } from "./native-format.ts";
import type { KnownSeries, SeriesRegistry } from "./series-registry.ts";

const DAY_MS = 86_400_000;

/** A series that the tables do not have for a day. */
export interface Unannounced {
  readonly known: KnownSeries;
  readonly labels: Labels;
  readonly day: number;
}

/** A native histogram at its place. */
export interface HistogramRow {
  readonly known: KnownSeries;
  readonly time: number;
  readonly histogram: HistogramSample;
}

/** An exemplar at its place. */
export interface ExemplarRow {
  readonly known: KnownSeries;
  readonly exemplar: Exemplar;
}

/** The rows of one commit: what a group of batches becomes in each of the tables. */
export class CommitRows {
  readonly histograms: HistogramRow[] = [];
  readonly exemplars: ExemplarRow[] = [];
  readonly #unannounced = new Map<KnownSeries, Map<number, Unannounced>>();
  readonly #families: Uint32Array;
  readonly #ids: Uint32Array;
  readonly #times: Float64Array;
  readonly #values: Float64Array;
  #floats = 0;

  constructor(batches: readonly SampleBatch[], registry: SeriesRegistry) {
    const rows = batches.reduce((sum, { times }) => sum + times.length, 0);
    this.#families = new Uint32Array(rows);
    this.#ids = new Uint32Array(rows * 2);
    this.#times = new Float64Array(rows);
    this.#values = new Float64Array(rows);
    for (const batch of batches) {
      const known = batch.series.map((labels) => registry.get(labels));
      this.#addFloats(floatsOf(batch), known);
      this.#addHistograms(batch, known);
      this.#addExemplars(batch, known);
    }
  }

  /** Float samples. */
  get floats(): number {
    return this.#floats;
  }

  get unannounced(): Unannounced[] {
    return [...this.#unannounced.values()].flatMap((days) => [...days.values()]);
  }

  /** The float samples as a block of the table `samples`. */
  encodeFloats(): Buffer {
    const rows = this.#floats;
    return encodeBlock(rows, [
      { name: "family", type: "UInt32", data: this.#families.subarray(0, rows) },
      { name: "series", type: "UInt64", data: new BigUint64Array(this.#ids.buffer, 0, rows) },
      { name: "time", type: "DateTime64(3, 'UTC')", data: this.#times.subarray(0, rows) },
      { name: "value", type: "Float64", data: this.#values.subarray(0, rows) },
    ]);
  }

  #addFloats(
    { series: labels, seriesOf, times, values }: SampleBatch,
    known: readonly KnownSeries[],
  ): void {
    let row = this.#floats;
    this.#times.set(times, row);
    // As bytes: a NaN's payload must not pass through a number.
    new BigUint64Array(this.#values.buffer).set(bitsOf(values), row);
    for (let i = 0; i < times.length; i += 1, row += 1) {
      const index = seriesOf[i] ?? 0;
      const series = known[index];
      if (series === undefined) continue;
      this.#families[row] = series.family;
      this.#ids[2 * row] = series.low;
      this.#ids[2 * row + 1] = series.high;
      this.#meet(series, labels[index], times[i] ?? 0);
    }
    this.#floats = row;
  }

  #addHistograms({ series, seriesOf, times, histograms = [] }: SampleBatch, all: KnownSeries[]) {
    for (const { sample, histogram } of histograms) {
      const index = seriesOf[sample] ?? 0;
      const known = all[index];
      if (known === undefined) continue;
      const time = times[sample] ?? 0;
      this.histograms.push({ known, time, histogram });
      this.#meet(known, series[index], time);
    }
  }

  #addExemplars({ series, exemplars = [] }: SampleBatch, all: readonly KnownSeries[]): void {
    for (const exemplar of exemplars) {
      const known = all[exemplar.series];
      if (known === undefined || isRepeated(known, exemplar)) continue;
      this.exemplars.push({ known, exemplar });
      this.#meet(known, series[exemplar.series], exemplar.time);
    }
  }

  #meet(known: KnownSeries, labels: Labels | undefined, time: number): void {
    const day = Math.floor(time / DAY_MS);
    if (known.days.has(day) || labels === undefined) return;
    const days = this.#unannounced.get(known) ?? new Map<number, Unannounced>();
    this.#unannounced.set(known, days.set(day, { known, labels, day }));
  }
}

/** A target shows the same exemplar scrape after scrape. */
function isRepeated({ lastExemplar: last }: KnownSeries, { time, value, labels }: Exemplar) {
  if (last === undefined || last.time !== time || !Object.is(last.value, value)) return false;
  const names = Object.keys(labels);
  return (
    names.length === Object.keys(last.labels).length &&
    names.every((name) => labels[name] === last.labels[name])
  );
}

function bitsOf(values: Float64Array): BigUint64Array {
  return new BigUint64Array(values.buffer, values.byteOffset, values.length);
}

/** The batch without its histograms' samples; itself when it has none. */
function floatsOf(batch: SampleBatch): SampleBatch {
  const { histograms = [], seriesOf, times, values } = batch;
  if (histograms.length === 0) return batch;
  const skipped = new Set(histograms.map(({ sample }) => sample));
  const size = times.length - skipped.size;
  const kept = {
    series: batch.series,
    seriesOf: new Uint32Array(size),
    times: new Float64Array(size),
    values: new Float64Array(size),
  };
  const [from, to] = [bitsOf(values), bitsOf(kept.values)];
  let row = 0;
  for (let i = 0; i < times.length; i += 1) {
    if (skipped.has(i)) continue;
    kept.seriesOf[row] = seriesOf[i] ?? 0;
    kept.times[row] = times[i] ?? 0;
    to[row] = from[i] ?? 0n;
    row += 1;
  }
  return kept;
}

/** The name of a batch's series, for messages. */
export function seriesName(labels: Labels | undefined): string {
  return labels?.[METRIC_NAME] ?? "a series without a name";
}
