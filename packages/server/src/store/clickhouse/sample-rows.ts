import type { Exemplar, HistogramSample, Labels, SampleBatch } from "../../model/index.ts";
import { keepSamples } from "./keep-samples.ts";
import { encodeBlock } from "./native-format.ts";
import type { RecentSamples } from "./recent/recent-samples.ts";
import type { KnownSeries } from "./series-registry.ts";

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

/** A batch with its series as the tables know them; undefined only where a series has no sample. */
export interface ResolvedBatch {
  readonly batch: SampleBatch;
  readonly known: readonly (KnownSeries | undefined)[];
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
  /** Each float sample's series. */
  readonly #knownOf: (KnownSeries | undefined)[] = [];
  #floats = 0;

  constructor(group: readonly ResolvedBatch[]) {
    const rows = group.reduce((sum, { batch }) => sum + batch.times.length, 0);
    this.#families = new Uint32Array(rows);
    this.#ids = new Uint32Array(rows * 2);
    this.#times = new Float64Array(rows);
    this.#values = new Float64Array(rows);
    for (const { batch, known } of group) {
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

  /** Puts the float samples into memory, too; to be called once they are committed. */
  remember(recent: RecentSamples): void {
    let newest = 0;
    for (let row = 0; row < this.#floats; row += 1) {
      newest = Math.max(newest, this.#times[row] ?? 0);
    }
    recent.take(this.#floats, newest, () => this.#remember(recent));
  }

  #remember(recent: RecentSamples): void {
    const halves = new Uint32Array(this.#values.buffer);
    for (let row = 0; row < this.#floats; row += 1) {
      const known = this.#knownOf[row];
      if (known === undefined) continue;
      // While memory takes nothing, a place for each of a million series would be for nothing.
      if (!recent.covers(this.#times[row] ?? 0)) continue;
      if (known.recent?.isDropped !== false) known.recent = recent.of(known.id);
      recent.add(
        known.recent,
        this.#times[row] ?? 0,
        halves[2 * row] ?? 0,
        halves[2 * row + 1] ?? 0,
      );
    }
    recent.trim();
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
    known: ResolvedBatch["known"],
  ): void {
    let row = this.#floats;
    this.#times.set(times, row);
    // As bytes: a NaN's payload must not pass through a number.
    new BigUint64Array(this.#values.buffer).set(bitsOf(values), row);
    for (let i = 0; i < times.length; i += 1, row += 1) {
      const index = seriesOf[i] ?? 0;
      const series = known[index];
      if (series === undefined) continue;
      this.#knownOf[row] = series;
      this.#families[row] = series.family;
      this.#ids[2 * row] = series.low;
      this.#ids[2 * row + 1] = series.high;
      this.#meet(series, labels[index], times[i] ?? 0);
    }
    this.#floats = row;
  }

  #addHistograms(
    { series, seriesOf, times, histograms = [] }: SampleBatch,
    all: ResolvedBatch["known"],
  ) {
    for (const { sample, histogram } of histograms) {
      const index = seriesOf[sample] ?? 0;
      const known = all[index];
      if (known === undefined) continue;
      const time = times[sample] ?? 0;
      this.histograms.push({ known, time, histogram });
      this.#meet(known, series[index], time);
    }
  }

  #addExemplars({ series, exemplars = [] }: SampleBatch, all: ResolvedBatch["known"]): void {
    for (const exemplar of exemplars) {
      const known = all[exemplar.series];
      if (known === undefined || isRepeated(known, exemplar)) continue;
      this.exemplars.push({ known, exemplar });
      this.#meet(known, series[exemplar.series], exemplar.time);
    }
  }

  #meet(known: KnownSeries, labels: Labels | undefined, time: number): void {
    const day = Math.floor(time / DAY_MS);
    if (known.isNamedOn(day) || labels === undefined) return;
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
  const { histograms = [] } = batch;
  if (histograms.length === 0) return batch;
  const histogramAt = new Set(histograms.map(({ sample }) => sample));
  return keepSamples(batch, (sample) => !histogramAt.has(sample));
}
