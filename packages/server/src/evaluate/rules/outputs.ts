import { setStale } from "../../model/index.ts";
import type { Labels, SampleBatch } from "../../model/index.ts";

/** One sample that a rule made. */
export interface OutputSample {
  readonly labels: Labels;
  readonly value: number;
}

/**
 * Collects the samples of rules for the store: all have the same time. A series that two rules make is
 * written once, with the later rule's value, and never ends while one of them makes it.
 */
export class Outputs {
  readonly #time: number;
  readonly #samples = new Map<string, OutputSample>();
  readonly #ended = new Map<string, Labels>();

  /** `time` in ms since 1970. */
  constructor(time: number) {
    this.#time = time;
  }

  /** `key` is the labels' `labelsKey`. */
  add(key: string, sample: OutputSample): void {
    this.#samples.set(key, sample);
  }

  /** Marks a series as ended. */
  end(key: string, labels: Labels): void {
    this.#ended.set(key, labels);
  }

  get isEmpty(): boolean {
    return this.#samples.size + this.#ended.size === 0;
  }

  batch(): SampleBatch {
    const samples = [...this.#samples.values()];
    const ended = [...this.#ended].flatMap(([key, labels]) =>
      this.#samples.has(key) ? [] : [labels],
    );
    const series = [...samples.map(({ labels }) => labels), ...ended];
    const values = new Float64Array(series.length);
    for (const [index, { value }] of samples.entries()) values[index] = value;
    for (let index = samples.length; index < series.length; index += 1) setStale(values, index);
    return {
      series,
      seriesOf: Uint32Array.from(series, (_, index) => index),
      times: new Float64Array(series.length).fill(this.#time),
      values,
    };
  }
}
