import { setStale } from "../../model/index.ts";
import type {
  Exemplar,
  HistogramEntry,
  HistogramSample,
  Labels,
  MetricMetadata,
  SampleBatch,
} from "../../model/index.ts";

/** Collects samples into the columns of a SampleBatch. */
export class BatchBuilder {
  readonly #series: Labels[] = [];
  readonly #histograms: HistogramEntry[] = [];
  readonly #exemplars: Exemplar[] = [];
  readonly #metadata: MetricMetadata[] = [];
  #times: Float64Array;
  #starts: Float64Array | undefined;
  #values: Float64Array;

  constructor(capacity: number) {
    this.#times = new Float64Array(capacity);
    this.#values = new Float64Array(capacity);
  }

  get size(): number {
    return this.#series.length;
  }

  add(labels: Labels, time: number, value: number): void {
    const index = this.#series.length;
    if (index === this.#times.length) this.#grow();
    this.#series.push(labels);
    this.#times[index] = time;
    this.#values[index] = value;
  }

  /** Says since when the sample that was added last counts, ms since 1970. */
  startedAt(start: number): void {
    this.#starts ??= new Float64Array(this.#times.length);
    this.#starts[this.size - 1] = start;
  }

  /** Adds a staleness marker: the series has ended. */
  addStale(labels: Labels, time: number): void {
    this.add(labels, time, 0);
    setStale(this.#values, this.size - 1);
  }

  addHistogram(labels: Labels, time: number, histogram: HistogramSample): void {
    this.#histograms.push({ sample: this.size, histogram });
    this.add(labels, time, 0);
  }

  /** Adds an exemplar of the series that was added last. */
  addExemplar(time: number, value: number, labels: Labels): void {
    this.#exemplars.push({ series: this.size - 1, time, value, labels });
  }

  /** Adds what metrics are; it is stored with the samples. */
  describe(metadata: readonly MetricMetadata[]): void {
    this.#metadata.push(...metadata);
  }

  build(): SampleBatch {
    return {
      series: this.#series,
      // One row a sample: a scrape brings a series once, but for rare explicit times.
      seriesOf: Uint32Array.from(this.#series.keys()),
      times: this.#times.subarray(0, this.size),
      values: this.#values.subarray(0, this.size),
      ...(this.#starts === undefined ? {} : { starts: this.#starts.subarray(0, this.size) }),
      ...(this.#histograms.length > 0 ? { histograms: this.#histograms } : {}),
      ...(this.#exemplars.length > 0 ? { exemplars: this.#exemplars } : {}),
      ...(this.#metadata.length > 0 ? { metadata: this.#metadata } : {}),
    };
  }

  #grow(): void {
    const capacity = Math.max(16, this.#times.length * 2);
    const times = new Float64Array(capacity);
    // Copied as bits: a staleness marker is a NaN whose payload counts.
    const values = new Float64Array(capacity);
    times.set(this.#times);
    if (this.#starts !== undefined) {
      const starts = new Float64Array(capacity);
      starts.set(this.#starts);
      this.#starts = starts;
    }
    new BigUint64Array(values.buffer).set(new BigUint64Array(this.#values.buffer));
    this.#times = times;
    this.#values = values;
  }
}
