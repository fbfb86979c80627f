import { setStale } from "../../model/index.ts";
import type {
  Exemplar,
  HistogramEntry,
  HistogramSample,
  Labels,
  MetricMetadata,
  SampleBatch,
} from "../../model/index.ts";
import { PushError } from "./errors.ts";

/** Collects the samples of one request into the columns of a SampleBatch. */
export class PushBatch {
  readonly #maxSamples: number;
  readonly #series: Labels[] = [];
  #seriesOf: Uint32Array;
  #times: Float64Array;
  #starts: Float64Array | undefined;
  #values: Float64Array;
  #bytes: Uint8Array;
  #size = 0;
  readonly #histograms: HistogramEntry[] = [];
  readonly #exemplars: Exemplar[] = [];
  readonly #metadata: MetricMetadata[] = [];

  /** `maxSamples`: what a request may hold; `expected`: what it will probably hold. */
  constructor(maxSamples: number, expected = 1024) {
    this.#maxSamples = maxSamples;
    this.#seriesOf = new Uint32Array(expected);
    this.#times = new Float64Array(expected);
    this.#values = new Float64Array(expected);
    this.#bytes = new Uint8Array(this.#values.buffer);
  }

  /** Samples so far, histograms among them. */
  get size(): number {
    return this.#size;
  }

  get histograms(): number {
    return this.#histograms.length;
  }

  get exemplars(): number {
    return this.#exemplars.length;
  }

  /** The values' bytes: the value of sample i, once added, is written to bytes 8i to 8i + 7. */
  get valueBytes(): Uint8Array {
    return this.#bytes;
  }

  /** Adds a series; answers its number. */
  addSeries(labels: Labels): number {
    if (this.#series.length >= this.#maxSamples) this.#tooMany("series");
    return this.#series.push(labels) - 1;
  }

  /** Adds a sample of a series with the value 0; answers its number. */
  addSample(series: number, time: number): number {
    const index = this.#size;
    if (index === this.#times.length) this.#grow();
    this.#seriesOf[index] = series;
    this.#times[index] = time;
    this.#values[index] = 0;
    this.#size = index + 1;
    return index;
  }

  /** Says since when a sample counts, ms since 1970; 0 for not known. */
  setStart(sample: number, start: number): void {
    if (start === 0) return;
    this.#starts ??= new Float64Array(this.#times.length);
    this.#starts[sample] = start;
  }

  setTime(sample: number, time: number): void {
    this.#times[sample] = time;
  }

  /** Takes back the sample that was added last. */
  dropLast(): void {
    this.#size -= 1;
    if (this.#starts !== undefined) this.#starts[this.#size] = 0;
  }

  /** Adds a sample whose value is an ordinary number. */
  addValue(series: number, time: number, value: number, start = 0): void {
    const sample = this.addSample(series, time);
    this.#values[sample] = value;
    this.setStart(sample, start);
  }

  /** Adds a staleness marker. */
  addStale(series: number, time: number): void {
    setStale(this.#values, this.addSample(series, time));
  }

  addHistogram(series: number, time: number, histogram: HistogramSample, start = 0): void {
    const sample = this.addSample(series, time);
    this.#histograms.push({ sample, histogram });
    this.setStart(sample, start);
  }

  addExemplar(exemplar: Exemplar): void {
    if (this.#exemplars.length >= this.#maxSamples) this.#tooMany("exemplars");
    this.#exemplars.push(exemplar);
  }

  describe(metadata: MetricMetadata): void {
    if (this.#metadata.length >= this.#maxSamples) this.#tooMany("descriptions of metrics");
    this.#metadata.push(metadata);
  }

  build(): SampleBatch {
    return {
      series: this.#series,
      seriesOf: this.#seriesOf.subarray(0, this.#size),
      times: this.#times.subarray(0, this.#size),
      values: this.#values.subarray(0, this.#size),
      ...(this.#starts === undefined ? {} : { starts: this.#starts.subarray(0, this.#size) }),
      ...(this.#histograms.length === 0 ? {} : { histograms: this.#histograms }),
      ...(this.#exemplars.length === 0 ? {} : { exemplars: this.#exemplars }),
      ...(this.#metadata.length === 0 ? {} : { metadata: this.#metadata }),
    };
  }

  #grow(): void {
    if (this.#size >= this.#maxSamples) this.#tooMany("samples");
    const capacity = Math.min(Math.max(64, this.#size * 4), this.#maxSamples);
    const seriesOf = new Uint32Array(capacity);
    const times = new Float64Array(capacity);
    const values = new Float64Array(capacity);
    const bytes = new Uint8Array(values.buffer);
    if (this.#starts !== undefined) {
      const starts = new Float64Array(capacity);
      starts.set(this.#starts);
      this.#starts = starts;
    }
    seriesOf.set(this.#seriesOf);
    times.set(this.#times);
    // As bytes: a staleness marker is a NaN whose payload counts.
    bytes.set(this.#bytes);
    this.#seriesOf = seriesOf;
    this.#times = times;
    this.#values = values;
    this.#bytes = bytes;
  }

  #tooMany(what: string): never {
    throw new PushError(
      "too_many_samples",
      `the request has more than ${this.#maxSamples} ${what}; send fewer at a time`,
    );
  }
}
