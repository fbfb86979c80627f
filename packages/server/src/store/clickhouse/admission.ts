import { formatDuration, SamplesRefused } from "../../model/index.ts";
import type { Labels, RefusalReason, SampleBatch } from "../../model/index.ts";
import { seriesName } from "./check-batch.ts";
import { keepSamples } from "./keep-samples.ts";
import type { KnownSeries, SeriesRegistry } from "./series-registry.ts";

/** Clocks differ by no more than this, ms: a later sample moves no window. */
const CLOCK_SKEW_MS = 600_000;

/** What of a batch is stored, and what was refused. */
export interface Admitted {
  readonly batch: SampleBatch;
  /** The batch's series, as the tables know them; undefined only where no sample is left. */
  readonly known: readonly (KnownSeries | undefined)[];
  /** To be thrown once the rest is stored. */
  readonly refused: SamplesRefused | undefined;
}

/** Decides which samples are stored: those within the out-of-order window, of series within the limit. */
export class Admission {
  readonly #limits: { readonly maxSeries: number; readonly outOfOrderMs: number };
  readonly #registry: SeriesRegistry;
  #newest: number;

  /** `newest`: the time of the newest sample in the tables, ms; 0 when there is none. */
  constructor(
    limits: { readonly maxSeries: number; readonly outOfOrderMs: number },
    registry: SeriesRegistry,
    newest: number,
  ) {
    this.#limits = limits;
    this.#registry = registry;
    this.#newest = newest;
  }

  /** The time of the newest sample so far, ms; a clock that is far ahead does not count. */
  get newest(): number {
    return this.#newest;
  }

  admit(batch: SampleBatch, now: number): Admitted {
    this.#registry.age(now);
    const known = batch.series.map((labels) => this.#registry.get(labels));
    const { oldest, newest } = spanOf(batch.times);
    const floor = this.#newest - this.#limits.outOfOrderMs;
    this.#newest = Math.max(this.#newest, Math.min(newest, now + CLOCK_SKEW_MS));
    if (oldest >= floor && !known.includes(undefined)) return { batch, known, refused: undefined };
    return this.#refuse(batch, known, floor);
  }

  #refuse(
    batch: SampleBatch,
    known: readonly (KnownSeries | undefined)[],
    floor: number,
  ): Admitted {
    const reasons = new Map<RefusalReason, number>();
    const examples = new Map<RefusalReason, Labels | undefined>();
    const kept = keepSamples(batch, (sample) => {
      const index = batch.seriesOf[sample] ?? 0;
      const reason: RefusalReason | undefined =
        known[index] === undefined
          ? "series_limit"
          : (batch.times[sample] ?? 0) < floor
            ? "too_old"
            : undefined;
      if (reason === undefined) return true;
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      if (!examples.has(reason)) examples.set(reason, batch.series[index]);
      return false;
    });
    const exemplars = batch.exemplars?.filter(({ series }) => known[series] !== undefined);
    const stored = exemplars === undefined ? kept : { ...kept, exemplars };
    if (reasons.size === 0) return { batch: stored, known, refused: undefined };
    const parts = [...reasons].map(([reason, count]) =>
      this.#explain(reason, count, examples.get(reason)),
    );
    return { batch: stored, known, refused: new SamplesRefused(parts.join("; "), reasons) };
  }

  #explain(reason: RefusalReason, count: number, example: Labels | undefined): string {
    const some = `${count} samples, of ${seriesName(example)} for one,`;
    const { maxSeries, outOfOrderMs } = this.#limits;
    return reason === "too_old"
      ? `${some} are more than ${formatDuration(outOfOrderMs)} older than the newest sample (telemetry.out_of_order_window)`
      : `${some} belong to new series although ${maxSeries} are active (limits.series); drop labels that have many values, which /api/cardinality shows, or raise the limit`;
  }
}

function spanOf(times: Float64Array): { readonly oldest: number; readonly newest: number } {
  let [oldest, newest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const time of times) {
    if (time < oldest) oldest = time;
    if (time > newest) newest = time;
  }
  return { oldest, newest };
}
