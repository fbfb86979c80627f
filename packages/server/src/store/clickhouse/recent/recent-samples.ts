import { RecentMemory, RecentSeries } from "./recent-series.ts";
import type { SampleColumns, SampleSpace } from "./sample-space.ts";

/** What of the newest samples is in memory. */
export interface RecentReader {
  /** Whether memory has every float sample from startMs on. */
  covers(startMs: number): boolean;
  /**
   * A series' float samples from startMs to endMs, both inclusive; undefined when it has none. They are
   * put into `space`, and last until it is cleared; without one they last.
   */
  read(
    series: bigint,
    startMs: number,
    endMs: number,
    space?: SampleSpace,
  ): SampleColumns | undefined;
  /**
   * Writes the bits of a series' last sample after `afterMs` and up to `throughMs` into `out`, at two
   * times `at`, the low half first; false when there is none.
   */
  last(series: bigint, afterMs: number, throughMs: number, out: Uint32Array, at: number): boolean;
}

/** A stretch of time too short to be of use to the usual five minutes. */
const MIN_SPAN_MS = 330_000;
/** How long memory stays empty after it was found to be too small; ms of samples' time. */
const PAUSE_MS = 3_600_000;
/** What is left of the bytes once memory was full. */
const LEFT = 0.9;
/** What of the bytes the open tails of all series may take. */
const TAILS = 0.25;
const [LEAST_TAIL, MOST_TAIL] = [8, 64];
const TAIL_SAMPLE_BYTES = 16;
/** Samples that may wait while memory is filled from the tables; 32 bytes each. */
const MOST_WAITING = 2_000_000;

/** Memory while it is filled from the tables. */
interface Filling {
  /** What is committed meanwhile. */
  readonly waiting: (() => void)[];
  samples: number;
}

/**
 * The newest samples, beside the tables: rules and dashboards ask of the last hours again and again,
 * and what is in memory is evaluated sooner than the engine hands it over. Holds all float samples from
 * some moment on, which moves ahead when there are too many; what it holds has been committed.
 */
export class RecentSamples implements RecentReader {
  /** What it may take of memory. */
  readonly maxBytes: number;
  #memory = new RecentMemory();
  readonly #series = new Map<bigint, RecentSeries>();
  #from: number;
  #newest: number;
  #filling: Filling | undefined;

  /** `from`: nothing from then on is in the tables; ms. */
  constructor(maxBytes: number, from: number) {
    this.maxBytes = maxBytes;
    this.#from = from;
    this.#newest = from;
  }

  /** What it takes of memory. */
  get bytes(): number {
    return this.#memory.bytes;
  }

  /** From when on it has everything; ms. */
  get from(): number {
    return this.#from;
  }

  covers(startMs: number): boolean {
    return this.#filling === undefined && startMs >= this.#from;
  }

  read(
    series: bigint,
    startMs: number,
    endMs: number,
    space?: SampleSpace,
  ): SampleColumns | undefined {
    const { scratch } = this.#memory;
    if (space === undefined) scratch.clear();
    const into = space ?? scratch;
    const found = this.#series.get(series)?.read(startMs, endMs, into);
    if (found === undefined) return undefined;
    const { times, values } = into.columns(found.from, found.to);
    return space === undefined
      ? { times: times.slice(), values: values.slice() }
      : { times, values };
  }

  last(series: bigint, afterMs: number, throughMs: number, out: Uint32Array, at: number): boolean {
    return this.#series.get(series)?.last(afterMs, throughMs, out, at) ?? false;
  }

  /** The place for a series' samples, good until it is dropped. */
  of(series: bigint): RecentSeries {
    let found = this.#series.get(series);
    if (found === undefined) {
      found = new RecentSeries(this.#memory);
      this.#series.set(series, found);
    }
    return found;
  }

  /** Adds a committed sample: its time in ms, and the halves of its value's bits. */
  add(series: RecentSeries, time: number, low: number, high: number): void {
    if (time < this.#from) return;
    series.add(time, low, high);
    if (time > this.#newest) this.#newest = time;
  }

  /** Gives up the oldest when there is too much; to be called after each commit. */
  trim(): void {
    const memory = this.#memory;
    if (memory.bytes <= this.maxBytes) return;
    const fitting = (this.maxBytes * TAILS) / TAIL_SAMPLE_BYTES / Math.max(1, this.#series.size);
    memory.tailSamples = Math.min(
      MOST_TAIL,
      Math.max(LEAST_TAIL, 2 ** Math.floor(Math.log2(fitting))),
    );
    for (const series of this.#series.values()) series.tidy();
    while (memory.bytes > this.maxBytes * LEFT) {
      const gone = memory.chunks.dropPage();
      if (gone === undefined || this.#newest - gone < MIN_SPAN_MS) {
        this.restart(this.#newest + PAUSE_MS);
        return;
      }
      this.#from = Math.max(this.#from, gone + 1);
    }
    for (const [id, series] of this.#series) {
      if (series.newest >= this.#from) continue;
      series.drop();
      this.#series.delete(id);
    }
  }

  /**
   * Empties it, to be filled with all that the tables have from some time on; until `endFill` it covers
   * nothing. Answers whether it has been emptied since, so that filling it is pointless.
   */
  beginFill(): () => boolean {
    this.restart(this.next);
    const filling = { waiting: [], samples: 0 };
    this.#filling = filling;
    return () => this.#filling !== filling;
  }

  /** What is added is from this time on; ms. */
  fillFrom(from: number): void {
    this.#from = from;
  }

  endFill(): void {
    const { waiting = [] } = this.#filling ?? {};
    this.#filling = undefined;
    for (const add of waiting) add();
  }

  /** Calls `add`, which adds so many committed samples up to `newest` (ms): now, or once it is filled. */
  take(samples: number, newest: number, add: () => void): void {
    if (this.#filling === undefined) {
      add();
      return;
    }
    this.#newest = Math.max(this.#newest, newest);
    this.#filling.waiting.push(add);
    this.#filling.samples += samples;
    if (this.#filling.samples > MOST_WAITING) this.restart(this.next);
  }

  /** Forgets everything: the tables have changed, or have everything before `from`. */
  restart(from: number): void {
    this.#filling = undefined;
    for (const series of this.#series.values()) series.drop();
    this.#series.clear();
    this.#memory = new RecentMemory();
    this.#from = from;
  }

  /** One later than the newest sample that was seen. */
  get next(): number {
    return this.#newest + 1;
  }
}
