import { usesCustomBuckets } from "../histogram/buckets.ts";
import type { NativeHistogram } from "../histogram/histogram.ts";
import { detectReset } from "../histogram/reset.ts";
import type { Labels } from "../labels.ts";
import { selectorTest } from "../matchers.ts";
import type { RawSeries, SelectRequest, Source } from "../source.ts";
import { setStale } from "../stale.ts";

/** A sample to store: a float, a native histogram or a staleness marker. */
export type SampleValue = number | NativeHistogram | "stale";

interface Stored {
  readonly time: number;
  readonly value: SampleValue;
  readonly startTime: number;
}

interface StoredSeries {
  readonly labels: Labels;
  samples: Stored[];
}

/** A source in memory, for tests and small tools. It offers `select` alone. */
export class MemorySource implements Source {
  readonly #series = new Map<string, StoredSeries>();

  clear(): void {
    this.#series.clear();
  }

  /**
   * Stores a sample, in any order of time; of two at the same time the first stays. Histograms get
   * the counter reset hints that a database finds out when it appends them in order.
   */
  add(labels: Labels, time: number, value: SampleValue, startTime = 0): void {
    let series = this.#series.get(labels.key);
    if (series === undefined) {
      series = { labels, samples: [] };
      this.#series.set(labels.key, series);
    }
    const last = series.samples.at(-1);
    if (last !== undefined && time <= last.time) {
      if (series.samples.some((sample) => sample.time === time)) return;
      series.samples.push({ time, value, startTime });
      series.samples.sort((a, b) => a.time - b.time);
      return;
    }
    series.samples.push({ time, value: hinted(value, last?.value), startTime });
  }

  *select({ matchers, startMs, endMs }: SelectRequest): Generator<RawSeries> {
    const matches = selectorTest(matchers);
    const found = [...this.#series.values()].filter(({ labels }) => matches(labels));
    for (const { labels, samples } of found) {
      const inRange = samples.filter(({ time }) => time >= startMs && time <= endMs);
      if (inRange.length > 0) yield rawSeries(labels, inRange);
    }
  }
}

function rawSeries(labels: Labels, samples: readonly Stored[]): RawSeries {
  const values = new Float64Array(samples.length);
  samples.forEach(({ value }, i) => {
    if (value === "stale") setStale(values, i);
    else if (typeof value === "number") values[i] = value;
  });
  const hasHistograms = samples.some(({ value }) => typeof value === "object");
  const hasStartTimes = samples.some(({ startTime }) => startTime !== 0);
  return {
    labels,
    times: Float64Array.from(samples, ({ time }) => time),
    values,
    ...(hasHistograms
      ? {
          histograms: samples.map(({ value }) => (typeof value === "object" ? value : undefined)),
        }
      : {}),
    ...(hasStartTimes
      ? { startTimes: Float64Array.from(samples, ({ startTime }) => startTime) }
      : {}),
  };
}

/** What a database knows of a histogram beside the one before it. */
function hinted(value: SampleValue, before: SampleValue | undefined): SampleValue {
  if (typeof value !== "object" || value.counterResetHint === "gauge") return value;
  if (value.counterResetHint === "reset") return value;
  if (typeof before !== "object" || before.counterResetHint === "gauge") {
    return { ...value, counterResetHint: "unknown" };
  }
  const plain: NativeHistogram = { ...value, counterResetHint: "unknown" };
  const sameLayout = usesCustomBuckets(value) === usesCustomBuckets(before);
  // A reset that only the counts show is left for the engine to find, as Prometheus's head does.
  const reset = !sameLayout || detectReset(plain, before);
  return reset ? plain : { ...value, counterResetHint: "not_reset" };
}
