import { setStale } from "../../model/index.ts";
import type { NativeHistogram } from "@seaworthy/promql";
import type { HistogramEntry, Labels, SampleBatch } from "../../model/index.ts";

/** One sample that a rule made. */
export interface OutputSample {
  readonly labels: Labels;
  /** Means nothing where there is a histogram. */
  readonly value: number;
  readonly histogram?: NativeHistogram;
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
    const histograms: HistogramEntry[] = [];
    for (const [index, { value, histogram }] of samples.entries()) {
      values[index] = value;
      // Whatever was computed of integers is no longer known to be one.
      if (histogram !== undefined)
        histograms.push({ sample: index, histogram: { ...histogram, integer: false } });
    }
    for (let index = samples.length; index < series.length; index += 1) setStale(values, index);
    return {
      series,
      seriesOf: Uint32Array.from(series, (_, index) => index),
      times: new Float64Array(series.length).fill(this.#time),
      values,
      ...(histograms.length > 0 ? { histograms } : {}),
    };
  }
}
