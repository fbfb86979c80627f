import { setStale } from "../../model/index.ts";
import type { Labels, SampleBatch } from "../../model/index.ts";

/** One sample that a rule made. */
export interface OutputSample {
  readonly labels: Labels;
  readonly value: number;
}

/** Collects the samples of rules for the store: all have the same time. */
export class Outputs {
  readonly #time: number;
  readonly #series: Labels[] = [];
  readonly #values: number[] = [];
  readonly #stale: number[] = [];

  /** `time` in ms since 1970. */
  constructor(time: number) {
    this.#time = time;
  }

  add(sample: OutputSample): void {
    this.#series.push(sample.labels);
    this.#values.push(sample.value);
  }

  /** Marks a series as ended. */
  end(labels: Labels): void {
    this.#stale.push(this.#series.length);
    this.#series.push(labels);
    this.#values.push(0);
  }

  get isEmpty(): boolean {
    return this.#series.length === 0;
  }

  batch(): SampleBatch {
    const values = Float64Array.from(this.#values);
    for (const index of this.#stale) setStale(values, index);
    return {
      series: this.#series,
      seriesOf: Uint32Array.from(this.#series, (_, index) => index),
      times: new Float64Array(this.#series.length).fill(this.#time),
      values,
    };
  }
}
