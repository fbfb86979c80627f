import { isStale } from "../../model/index.ts";
import type { HistogramEntry, HistogramSample, SampleBatch } from "../../model/index.ts";
import type { KnownSeries } from "./series-registry.ts";

/** A start that lies further back than this before the newest sample makes no zero; ms. */
const OLDEST_MS = 3_600_000;
const NO_BUCKETS = { indexes: new Int32Array(0), counts: new Float64Array(0) };

/** A batch with the zeros that its series begin with. */
interface Begun {
  readonly batch: SampleBatch;
  /** The batch was not stored: what comes again begins again. */
  undo(): void;
}

/**
 * Begins series with a zero at the time since when they count, so that what they counted before their
 * first sample is seen by `rate` and its like (Prometheus: `created-timestamp-zero-ingestion`). A zero
 * comes after every sample that its series has, and before the one that tells of it: the same start is
 * told with each sample and counts once.
 */
export class StartZeros {
  readonly #unknownBefore: number;

  /** `newest`: up to there the tables may have samples of series that this process has not met; ms. */
  constructor(newest: number) {
    this.#unknownBefore = newest;
  }

  /** `newest`: the newest sample of all series, this batch's too; ms. */
  begin(batch: SampleBatch, known: readonly (KnownSeries | undefined)[], newest: number): Begun {
    const { seriesOf, times, starts } = batch;
    const before: [KnownSeries, number | undefined][] = [];
    const floor = newest - OLDEST_MS;
    /** The samples that a zero comes before. */
    const first: number[] = [];
    for (let i = 0; i < times.length; i += 1) {
      const series = known[seriesOf[i] ?? 0];
      if (series === undefined) continue;
      const time = times[i] ?? 0;
      const start = starts?.[i] ?? Number.NaN;
      const last = series.newest ?? this.#unknownBefore;
      if (start > last && start >= floor && start < time && Number.isInteger(start)) {
        // The end of a series is no observation.
        if (!isStale(batch.values, i)) {
          first.push(i);
          before.push([series, series.newest]);
        }
      }
      if (!(time <= last)) series.newest = time;
    }
    return {
      batch: first.length === 0 ? batch : withZeros(batch, first),
      undo() {
        for (const [series, time] of before.toReversed()) series.newest = time;
      },
    };
  }
}

/** The batch with a zero before each of the samples in `first`, which ascend. */
function withZeros(batch: SampleBatch, first: readonly number[]): SampleBatch {
  const { times, histograms = [] } = batch;
  const size = times.length + first.length;
  const begun = {
    ...batch,
    seriesOf: new Uint32Array(size),
    times: new Float64Array(size),
    values: new Float64Array(size),
  };
  // As bits: a NaN's payload must not pass through a number.
  const [from, to] = [bitsOf(batch.values), bitsOf(begun.values)];
  const histogramOf = new Map(histograms.map(({ sample, histogram }) => [sample, histogram]));
  const moved: HistogramEntry[] = [];
  let next = 0;
  let place = 0;
  for (let i = 0; i < times.length; i += 1) {
    const histogram = histogramOf.get(i);
    if (first[next] === i) {
      next += 1;
      begun.seriesOf[place] = batch.seriesOf[i] ?? 0;
      begun.times[place] = batch.starts?.[i] ?? 0;
      if (histogram !== undefined) moved.push({ sample: place, histogram: zeroOf(histogram) });
      place += 1;
    }
    begun.seriesOf[place] = batch.seriesOf[i] ?? 0;
    begun.times[place] = times[i] ?? 0;
    to[place] = from[i] ?? 0n;
    if (histogram !== undefined) moved.push({ sample: place, histogram });
    place += 1;
  }
  const { starts: _done, ...rest } = begun;
  return { ...rest, histograms: moved };
}

/** The histogram before anything was observed, in the same buckets. */
function zeroOf({ schema, zeroThreshold, customValues, integer }: HistogramSample) {
  return {
    schema,
    zeroThreshold,
    customValues,
    integer,
    count: 0,
    sum: 0,
    zeroCount: 0,
    positive: NO_BUCKETS,
    negative: NO_BUCKETS,
    counterResetHint: "reset",
  } as const;
}

function bitsOf(values: Float64Array): BigUint64Array {
  return new BigUint64Array(values.buffer, values.byteOffset, values.length);
}
