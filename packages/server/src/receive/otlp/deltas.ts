import type { HistogramSample } from "../../model/index.ts";
import { CumulativeStore } from "./cumulative.ts";
import type { CumulativeRequest } from "./cumulative.ts";

/** A histogram with explicit bounds. */
export interface ClassicHistogram {
  readonly bounds: readonly number[];
  /** One more than there are bounds, or none. */
  readonly counts: readonly number[];
  readonly count: number;
  readonly sum: number | undefined;
}

/** What one request adds to the running sums of series that are sent as deltas. */
export interface DeltaRequest {
  readonly numbers: CumulativeRequest<number>;
  readonly classic: CumulativeRequest<ClassicHistogram>;
  readonly native: CumulativeRequest<HistogramSample>;
}

/** A series that is sent as deltas and has been silent this long makes room for another, ms. */
const IDLE_MS = 10 * 60_000;

/**
 * The running sums of all series that are sent as deltas. Requests about the same resource, whose
 * series may be the same, take turns; others do not wait for each other's commits.
 */
export class Deltas {
  readonly #numbers: CumulativeStore<number>;
  readonly #classic: CumulativeStore<ClassicHistogram>;
  readonly #native: CumulativeStore<HistogramSample>;
  /** The last request of each resource, while it is at work. */
  readonly #last = new Map<string, Promise<unknown>>();

  /** `limit`: series of each kind that are kept. */
  constructor(limit: number) {
    this.#numbers = new CumulativeStore(limit, IDLE_MS);
    this.#classic = new CumulativeStore(limit, IDLE_MS);
    this.#native = new CumulativeStore(limit, IDLE_MS);
  }

  /** Lets `work` add a request's deltas; they are kept if it succeeds. `resources`: whose they are. */
  async run<T>(
    now: number,
    resources: readonly string[],
    work: (request: DeltaRequest) => Promise<T>,
  ): Promise<T> {
    const before = resources.flatMap((resource) => this.#last.get(resource) ?? []);
    const turn = Promise.all(before).then(async () => {
      const request = this.#begin(now);
      const result = await work(request);
      request.numbers.commit();
      request.classic.commit();
      request.native.commit();
      return result;
    });
    // Whether a request succeeds is not the next one's business.
    const ended = turn.then(
      () => {},
      () => {},
    );
    for (const resource of resources) this.#last.set(resource, ended);
    await ended;
    for (const resource of resources) {
      if (this.#last.get(resource) === ended) this.#last.delete(resource);
    }
    return turn;
  }

  /** A request that adds nothing; it waits for no other. */
  idle(): DeltaRequest {
    return this.#begin(0);
  }

  #begin(now: number): DeltaRequest {
    return {
      numbers: this.#numbers.begin(now),
      classic: this.#classic.begin(now),
      native: this.#native.begin(now),
    };
  }
}

/** Two histograms with explicit bounds as one; with other bounds, the second begins anew. */
export function addClassic(before: ClassicHistogram, delta: ClassicHistogram): ClassicHistogram {
  const same =
    before.bounds.length === delta.bounds.length &&
    before.counts.length === delta.counts.length &&
    before.bounds.every((bound, i) => bound === delta.bounds[i]);
  if (!same) return delta;
  const { sum: a } = before;
  const { sum: b } = delta;
  return {
    bounds: delta.bounds,
    counts: delta.counts.map((count, i) => count + (before.counts[i] ?? 0)),
    count: before.count + delta.count,
    sum: a === undefined || b === undefined ? undefined : a + b,
  };
}
