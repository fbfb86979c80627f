/** Float samples of one series in a stretch of time, ascending, each time once. */
export interface SampleColumns {
  readonly times: Float64Array;
  readonly values: Float64Array;
}

/** What of the newest samples is in memory. */
export interface RecentReader {
  /** Whether memory has every float sample from startMs on. */
  covers(startMs: number): boolean;
  /** A series' float samples from startMs to endMs, both inclusive; undefined when it has none. */
  read(series: bigint, startMs: number, endMs: number): SampleColumns | undefined;
  /**
   * Writes the bits of a series' last sample after `afterMs` and up to `throughMs` into `out`, at two
   * times `at`, the low half first; false when there is none.
   */
  last(series: bigint, afterMs: number, throughMs: number, out: Uint32Array, at: number): boolean;
}

/** A stretch of time too short to be of use to the usual five minutes. */
const MIN_SPAN_MS = 330_000;
/** How much of its span memory gives up when it is full. */
const GIVEN_UP = 0.25;
/** How long memory stays empty after it was found to be too small; ms of samples' time. */
const PAUSE_MS = 3_600_000;
/** So small that the engine keeps the arrays beside their objects, without a buffer each. */
const FIRST_CAPACITY = 4;
const NO_TIMES = new Float64Array(0);
const NO_HALVES = new Uint32Array(0);
/** Samples that came late are put in their places at the latest when there are so many. */
const MOST_LATE = 1024;

/**
 * The newest samples, beside the tables: rules and dashboards ask of the last minutes again and again,
 * and planning a statement takes the engine longer than the answer. Holds all float samples from some
 * moment on, which moves ahead when there are too many; what it holds has been committed.
 */
export class RecentSamples implements RecentReader {
  readonly #maxSamples: number;
  readonly #series = new Map<bigint, RecentSeries>();
  #from: number;
  #newest: number;
  #samples = 0;

  /** `from`: nothing from then on is in the tables; ms. */
  constructor(maxSamples: number, from: number) {
    this.#maxSamples = maxSamples;
    this.#from = from;
    this.#newest = from;
  }

  covers(startMs: number): boolean {
    return startMs >= this.#from;
  }

  read(series: bigint, startMs: number, endMs: number): SampleColumns | undefined {
    return this.#series.get(series)?.read(startMs, endMs);
  }

  last(series: bigint, afterMs: number, throughMs: number, out: Uint32Array, at: number): boolean {
    return this.#series.get(series)?.last(afterMs, throughMs, out, at) ?? false;
  }

  /** The place for a series' samples, good until it is dropped. */
  of(series: bigint): RecentSeries {
    let found = this.#series.get(series);
    if (found === undefined) {
      found = new RecentSeries();
      this.#series.set(series, found);
    }
    return found;
  }

  /** Adds a committed sample: its time in ms, and the halves of its value's bits. */
  add(series: RecentSeries, time: number, low: number, high: number): void {
    if (time < this.#from || !series.add(time, low, high)) return;
    this.#samples += 1;
    if (time > this.#newest) this.#newest = time;
  }

  /** Gives up the oldest when there are too many; to be called after each commit. */
  trim(): void {
    while (this.#samples > this.#maxSamples) {
      const oldest = Math.max(this.#from, this.#oldest());
      this.#from = Math.ceil(oldest + (this.#newest - oldest) * GIVEN_UP);
      if (this.#newest - this.#from < MIN_SPAN_MS) {
        this.restart(this.#newest + PAUSE_MS);
        return;
      }
      this.#samples = 0;
      for (const [id, series] of this.#series) {
        const left = series.dropBefore(this.#from);
        this.#samples += left;
        if (left > 0) continue;
        series.drop();
        this.#series.delete(id);
      }
    }
  }

  /** Forgets everything: the tables have changed, or have everything before `from`. */
  restart(from: number): void {
    for (const series of this.#series.values()) series.drop();
    this.#series.clear();
    this.#samples = 0;
    this.#from = from;
  }

  /** One later than the newest sample that was seen. */
  get next(): number {
    return this.#newest + 1;
  }

  #oldest(): number {
    let oldest = this.#newest;
    for (const series of this.#series.values()) oldest = Math.min(oldest, series.first);
    return oldest;
  }
}

/** The samples of one series. Arrays that have been read are never changed where they were read. */
export class RecentSeries {
  #isDropped = false;
  #times = NO_TIMES;
  /** Two for each sample, the low half first: a NaN's payload must not pass through a number. */
  #halves = NO_HALVES;
  #size = 0;
  /** What came after later ones and is not in its place yet: time, low half, high half of each. */
  #late: number[] | undefined;

  /** What is added here will not be read any more. */
  get isDropped(): boolean {
    return this.#isDropped;
  }

  /** Lets go of its samples: who writes the series may hold it for long. */
  drop(): void {
    this.#isDropped = true;
    this.#times = NO_TIMES;
    this.#halves = NO_HALVES;
    this.#size = 0;
    this.#late = undefined;
  }

  get first(): number {
    this.#settle();
    return this.#size === 0 ? Number.POSITIVE_INFINITY : (this.#times[0] ?? 0);
  }

  /** Whether it may be new: of two samples at one time the first stays. */
  add(time: number, low: number, high: number): boolean {
    const last = this.#size === 0 ? Number.NEGATIVE_INFINITY : (this.#times[this.#size - 1] ?? 0);
    if (time > last) {
      if (this.#size === this.#times.length)
        this.#move(0, Math.max(FIRST_CAPACITY, this.#size * 2));
      this.#times[this.#size] = time;
      this.#halves[2 * this.#size] = low;
      this.#halves[2 * this.#size + 1] = high;
      this.#size += 1;
      return true;
    }
    if (time === last) return false;
    this.#late ??= [];
    this.#late.push(time, low, high);
    if (this.#late.length / 3 >= Math.max(MOST_LATE, this.#size)) this.#settle();
    return true;
  }

  read(startMs: number, endMs: number): SampleColumns | undefined {
    this.#settle();
    const from = this.#firstFrom(startMs);
    const to = this.#firstFrom(Math.floor(endMs) + 1);
    if (from >= to) return undefined;
    return {
      times: this.#times.subarray(from, to),
      values: new Float64Array(this.#halves.buffer, from * 8, to - from),
    };
  }

  /** See RecentReader. */
  last(afterMs: number, throughMs: number, out: Uint32Array, at: number): boolean {
    this.#settle();
    const index = this.#firstFrom(Math.floor(throughMs) + 1) - 1;
    if (index < 0 || (this.#times[index] ?? 0) <= afterMs) return false;
    out[2 * at] = this.#halves[2 * index] ?? 0;
    out[2 * at + 1] = this.#halves[2 * index + 1] ?? 0;
    return true;
  }

  /** Answers how many are left. */
  dropBefore(time: number): number {
    this.#settle();
    const from = this.#firstFrom(time);
    if (from > 0) this.#move(from, Math.max(FIRST_CAPACITY, this.#size - from));
    return this.#size;
  }

  /** The first sample that is not before `time` (whole ms), by bisection. */
  #firstFrom(time: number): number {
    let low = 0;
    let high = this.#size;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#times[middle] ?? 0) < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Into new arrays, without the samples before `from`. */
  #move(from: number, capacity: number): void {
    const times = new Float64Array(capacity);
    const halves = new Uint32Array(capacity * 2);
    times.set(this.#times.subarray(from, this.#size));
    halves.set(this.#halves.subarray(2 * from, 2 * this.#size));
    this.#size -= from;
    this.#times = times;
    this.#halves = halves;
  }

  /** Puts what came late in its place, all at once: one by one, a backfill would take its square. */
  #settle(): void {
    const late = this.#late;
    if (late === undefined) return;
    this.#late = undefined;
    const [times, halves, size] = [this.#times, this.#halves, this.#size];
    const order = Array.from({ length: late.length / 3 }, (_, index) => 3 * index);
    order.sort((a, b) => (late[a] ?? 0) - (late[b] ?? 0) || a - b);
    this.#times = new Float64Array(size + order.length);
    this.#halves = new Uint32Array(2 * this.#times.length);
    this.#size = 0;
    let next = 0;
    const append = (time: number, low: number, high: number) => {
      if (this.#size > 0 && this.#times[this.#size - 1] === time) return;
      this.#times[this.#size] = time;
      this.#halves[2 * this.#size] = low;
      this.#halves[2 * this.#size + 1] = high;
      this.#size += 1;
    };
    const keepUpTo = (time: number) => {
      for (; next < size && (times[next] ?? 0) <= time; next += 1) {
        append(times[next] ?? 0, halves[2 * next] ?? 0, halves[2 * next + 1] ?? 0);
      }
    };
    for (const at of order) {
      const time = late[at] ?? 0;
      keepUpTo(time);
      append(time, late[at + 1] ?? 0, late[at + 2] ?? 0);
    }
    keepUpTo(Number.POSITIVE_INFINITY);
  }
}
