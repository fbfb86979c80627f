import { Chunks, NO_CHUNK } from "./chunks.ts";
import { firstFrom, SampleSpace } from "./sample-space.ts";

/** So small that the engine keeps the arrays beside their objects, without a buffer each. */
const FIRST_CAPACITY = 4;
const GROWTH = 4;
const NO_TIMES = new Float64Array(0);
const NO_HALVES = new Uint32Array(0);
/** Samples that came late are put in their places at the latest when there are so many. */
const MOST_LATE = 1024;
const LATE_BYTES = 24;
const SAMPLE_BYTES = 16;
/** A series without its samples: its objects, and its place in the maps. */
const SERIES_BYTES = 250;
/** A full tail keeps so much of itself open: what is asked for most is there without decoding. */
const KEPT_OPEN = 0.25;

/** What the series of a memory share. */
export class RecentMemory {
  readonly chunks = new Chunks();
  /** The most samples of a series that are not in a chunk yet. */
  tailSamples = 64;
  /** Bytes of series and their samples that are in no chunk. */
  openBytes = 0;
  /** For what is read to be put together anew. */
  readonly scratch = new SampleSpace();

  get bytes(): number {
    return this.chunks.bytes + this.openBytes;
  }
}

/** A series' samples in memory: the newest in a tail of its own, those before in chunks. */
export class RecentSeries {
  readonly #memory: RecentMemory;
  #isDropped = false;
  /** The newest chunk; all of it is before the tail, which has a sample if there is a chunk. */
  #chunk = NO_CHUNK;
  #times = NO_TIMES;
  /** Two for each sample, the low half first: a NaN's payload must not pass through a number. */
  #halves = NO_HALVES;
  #size = 0;
  /** What came after later ones and is not in its place yet: time, low half, high half of each. */
  #late: number[] | undefined;

  constructor(memory: RecentMemory) {
    this.#memory = memory;
    memory.openBytes += SERIES_BYTES;
  }

  /** What is added here will not be read any more. */
  get isDropped(): boolean {
    return this.#isDropped;
  }

  /** The time of the newest sample, ms. */
  get newest(): number {
    return this.#size === 0 ? Number.NEGATIVE_INFINITY : (this.#times[this.#size - 1] ?? 0);
  }

  /** Lets go of its samples: who writes the series may hold it for long. */
  drop(): void {
    const late = (this.#late?.length ?? 0) / 3;
    this.#memory.openBytes -= SERIES_BYTES + this.#times.length * SAMPLE_BYTES + late * LATE_BYTES;
    this.#isDropped = true;
    this.#late = undefined;
    this.#chunk = NO_CHUNK;
    this.#times = NO_TIMES;
    this.#halves = NO_HALVES;
    this.#size = 0;
  }

  /** Of two samples at one time the first stays. */
  add(time: number, low: number, high: number): void {
    const { newest } = this;
    if (time > newest) {
      this.#append(time, low, high);
      return;
    }
    if (time === newest) return;
    this.#late ??= [];
    this.#late.push(time, low, high);
    this.#memory.openBytes += LATE_BYTES;
    if (this.#late.length / 3 >= MOST_LATE) this.#settle();
  }

  /** Puts its samples from startMs to endMs, both inclusive, behind those in `space`: from where to where. */
  read(
    startMs: number,
    endMs: number,
    space: SampleSpace,
  ): { readonly from: number; readonly to: number } | undefined {
    this.#settle();
    const { chunks } = this.#memory;
    const wanted: number[] = [];
    let samples = this.#size;
    let chunk = this.#chunk;
    if (this.#size > 0 && (this.#times[0] ?? 0) <= startMs) chunk = NO_CHUNK;
    for (; chunks.has(chunk) && chunks.last(chunk) >= startMs; chunk = chunks.previous(chunk)) {
      if (chunks.first(chunk) > endMs) continue;
      wanted.push(chunk);
      samples += chunks.size(chunk);
    }
    space.reserve(samples);
    const begin = space.size;
    for (let i = wanted.length - 1; i >= 0; i -= 1) chunks.read(wanted[i] ?? 0, space);
    if ((this.#times[0] ?? 0) <= endMs) this.#readTail(space);
    const from = firstFrom(space.times, begin, space.size, startMs);
    const to = firstFrom(space.times, from, space.size, Math.floor(endMs) + 1);
    return from < to ? { from, to } : undefined;
  }

  /** See RecentReader. */
  last(afterMs: number, throughMs: number, out: Uint32Array, at: number): boolean {
    this.#settle();
    let [times, halves] = [this.#times, this.#halves];
    let index = firstFrom(times, 0, this.#size, Math.floor(throughMs) + 1) - 1;
    if (index < 0) {
      const { chunks, scratch } = this.#memory;
      let chunk = this.#chunk;
      while (chunks.has(chunk) && chunks.first(chunk) > throughMs) chunk = chunks.previous(chunk);
      if (!chunks.has(chunk) || chunks.last(chunk) <= afterMs) return false;
      scratch.clear();
      scratch.reserve(chunks.size(chunk));
      chunks.read(chunk, scratch);
      ({ times, halves } = scratch);
      index = firstFrom(times, 0, scratch.size, Math.floor(throughMs) + 1) - 1;
    }
    if ((times[index] ?? 0) <= afterMs) return false;
    out[2 * at] = halves[2 * index] ?? 0;
    out[2 * at + 1] = halves[2 * index + 1] ?? 0;
    return true;
  }

  /** Puts what came late in its place, and no more in the tail than a series may have there. */
  tidy(): void {
    this.#settle();
    if (this.#times.length > this.#memory.tailSamples) this.#close();
  }

  #append(time: number, low: number, high: number): void {
    const { tailSamples } = this.#memory;
    if (this.#size === this.#times.length) {
      if (this.#size < tailSamples) this.#resize(this.#grown(tailSamples), 0);
      else this.#close();
    }
    this.#times[this.#size] = time;
    this.#halves[2 * this.#size] = low;
    this.#halves[2 * this.#size + 1] = high;
    this.#size += 1;
  }

  /** Few steps to a full tail: each is two allocations, and the old arrays' end, of every series. */
  #grown(tailSamples: number): number {
    if (this.#size === 0) return FIRST_CAPACITY;
    return Math.max(FIRST_CAPACITY, Math.min(tailSamples, this.#size * GROWTH));
  }

  /** Moves the older part of the tail into chunks. */
  #close(): void {
    const { chunks, tailSamples } = this.#memory;
    const kept = Math.max(1, Math.floor(Math.min(this.#size, tailSamples) * KEPT_OPEN));
    let from = 0;
    while (from < this.#size - kept) {
      const times = this.#times.subarray(from);
      const halves = this.#halves.subarray(2 * from);
      const written = chunks.write(times, halves, this.#size - kept - from, this.#chunk);
      this.#chunk = written.address;
      from += written.size;
    }
    this.#resize(Math.max(FIRST_CAPACITY, tailSamples), from);
  }

  /** Without the samples before `from`. */
  #resize(capacity: number, from: number): void {
    const [times, halves] = [this.#times, this.#halves];
    if (capacity === times.length) {
      times.copyWithin(0, from, this.#size);
      halves.copyWithin(0, 2 * from, 2 * this.#size);
    } else {
      this.#times = new Float64Array(capacity);
      this.#halves = new Uint32Array(capacity * 2);
      this.#times.set(times.subarray(from, this.#size));
      this.#halves.set(halves.subarray(2 * from, 2 * this.#size));
      this.#memory.openBytes += (capacity - times.length) * SAMPLE_BYTES;
    }
    this.#size -= from;
  }

  #readTail(space: SampleSpace): void {
    const { size } = space;
    for (let i = 0; i < this.#size; i += 1) {
      space.times[size + i] = this.#times[i] ?? 0;
      space.halves[2 * (size + i)] = this.#halves[2 * i] ?? 0;
      space.halves[2 * (size + i) + 1] = this.#halves[2 * i + 1] ?? 0;
    }
    space.size += this.#size;
  }

  /** Puts what came late in its place, all at once: one by one, a backfill would take its square. */
  #settle(): void {
    const late = this.#late;
    if (late === undefined) return;
    this.#late = undefined;
    this.#memory.openBytes -= (late.length / 3) * LATE_BYTES;
    const order = Array.from({ length: late.length / 3 }, (_, index) => 3 * index);
    order.sort((a, b) => (late[a] ?? 0) - (late[b] ?? 0) || a - b);
    const { times, halves, size } = this.#takeFrom(late[order[0] ?? 0] ?? 0);
    let next = 0;
    const append = (time: number, low: number, high: number) => {
      if (time > this.newest || this.#size === 0) this.#append(time, low, high);
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

  /** Takes out the tail, and the chunks that have a sample from this time on. */
  #takeFrom(time: number): SampleSpace {
    const { chunks } = this.#memory;
    const taken: number[] = [];
    let samples = this.#size;
    for (; chunks.has(this.#chunk); this.#chunk = chunks.previous(this.#chunk)) {
      if (chunks.last(this.#chunk) < time) break;
      taken.push(this.#chunk);
      samples += chunks.size(this.#chunk);
    }
    const space = new SampleSpace();
    space.reserve(samples);
    for (let i = taken.length - 1; i >= 0; i -= 1) chunks.read(taken[i] ?? 0, space);
    this.#readTail(space);
    this.#size = 0;
    return space;
  }
}
