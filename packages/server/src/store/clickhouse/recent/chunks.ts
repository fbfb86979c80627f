import type { SampleSpace } from "./sample-space.ts";

/** Bytes of a page; a chunk lies within one. */
const PAGE_BYTES = 256 << 10;
/** A chunk's head: its predecessor's address, its first time, its first value, its span and shape. */
const HEAD_BYTES = 32;
/** Samples of one chunk. */
const MOST_SAMPLES = 255;
/** From a chunk's first to its last sample, ms. */
const MOST_SPAN_MS = 0xffff_ffff;
/** Greatest power of ten by which values are made whole. */
const MOST_DECIMALS = 9;
const POWERS = Float64Array.from({ length: MOST_DECIMALS + 1 }, (_, i) => 10 ** i);
/** How a column is written: nothing but its course, or differences of 1, 2 or 4 bytes, or as it is. */
const [NOTHING, ONE, TWO, FOUR, EIGHT] = [0, 1, 2, 3, 4];
const BYTES = [0, 1, 2, 4, 8];

/** There is no chunk before this one, or none that is still there. */
export const NO_CHUNK = -1;

class Page {
  readonly floats: Float64Array;
  readonly halves: Uint32Array;
  readonly words: Int32Array;
  readonly shorts: Int16Array;
  readonly bytes: Int8Array;
  used = 0;
  /** The time of the newest sample in it. */
  newest = Number.NEGATIVE_INFINITY;

  constructor() {
    const buffer = new ArrayBuffer(PAGE_BYTES);
    this.floats = new Float64Array(buffer);
    this.halves = new Uint32Array(buffer);
    this.words = new Int32Array(buffer);
    this.shorts = new Int16Array(buffer);
    this.bytes = new Int8Array(buffer);
  }
}

/**
 * Float samples in chunks of one series each, in two to four bytes a sample: times as what they differ
 * from an even course by, values as differences of whole numbers, decimals times a power of ten. Every
 * bit comes back as it was. What has no such shape (staleness markers, sums of fractions) is kept as it is.
 *
 * Chunks are written one behind the other on pages, so that the oldest page holds the oldest chunks,
 * and know the chunk of their series before them. A chunk's address is good until its page is dropped.
 */
export class Chunks {
  #pages: Page[] = [];
  /** Pages that were dropped: the number of the first one that is there. */
  #dropped = 0;
  readonly #wholes = new Float64Array(MOST_SAMPLES);

  get bytes(): number {
    return this.#pages.length * PAGE_BYTES;
  }

  has(address: number): boolean {
    return address >= this.#dropped * PAGE_BYTES;
  }

  previous(address: number): number {
    const before = this.#page(address).floats[(address % PAGE_BYTES) / 8] ?? NO_CHUNK;
    return this.has(before) ? before : NO_CHUNK;
  }

  first(address: number): number {
    return this.#page(address).floats[(address % PAGE_BYTES) / 8 + 1] ?? 0;
  }

  last(address: number): number {
    const { floats, halves } = this.#page(address);
    const at = (address % PAGE_BYTES) / 8;
    return (floats[at + 1] ?? 0) + (halves[2 * at + 6] ?? 0);
  }

  size(address: number): number {
    return (this.#page(address).halves[(address % PAGE_BYTES) / 4 + 7] ?? 0) & 0xff;
  }

  /** Drops the oldest page; answers the newest time that was on it, undefined when there is no page. */
  dropPage(): number | undefined {
    const page = this.#pages.shift();
    if (page === undefined) return undefined;
    this.#dropped += 1;
    return page.newest;
  }

  clear(): void {
    this.#dropped += this.#pages.length;
    this.#pages = [];
  }

  /**
   * Writes the first samples of these arrays, at most `size` (which are 1 or more, ascending), behind
   * the chunk `previous` of their series.
   */
  write(
    times: Float64Array,
    halves: Uint32Array,
    size: number,
    previous: number,
  ): { readonly address: number; readonly size: number } {
    let count = Math.min(size, MOST_SAMPLES);
    const start = times[0] ?? 0;
    while ((times[count - 1] ?? 0) - start > MOST_SPAN_MS) count -= 1;
    const span = (times[count - 1] ?? 0) - start;
    const values = new Float64Array(halves.buffer, halves.byteOffset, count);
    const timeShape = shapeOfTimes(times, count);
    const decimals = decimalsOf(values, count, this.#wholes);
    const valueShape = decimals < 0 ? EIGHT : shapeOfWholes(this.#wholes, count);
    const bytes = columnBytes(timeShape, count) + columnBytes(valueShape, count);
    const { page, number } = this.#room(HEAD_BYTES + bytes);
    const offset = page.used;
    page.used += HEAD_BYTES + bytes;
    page.newest = Math.max(page.newest, start + span);
    const head = offset / 8;
    page.floats[head] = previous;
    page.floats[head + 1] = start;
    page.floats[head + 2] = decimals < 0 ? 0 : (this.#wholes[0] ?? 0);
    page.halves[2 * head + 6] = span;
    page.halves[2 * head + 7] =
      count | (timeShape << 8) | (valueShape << 12) | (Math.max(0, decimals) << 16);
    const timesAt = offset + HEAD_BYTES;
    writeTimes(page, timesAt, timeShape, times, count);
    const valuesAt = timesAt + columnBytes(timeShape, count);
    if (valueShape === EIGHT) page.halves.set(halves.subarray(0, 2 * count), valuesAt / 4);
    else writeWholes(page, valuesAt, valueShape, this.#wholes, count);
    return { address: number * PAGE_BYTES + offset, size: count };
  }

  /** Puts a chunk's samples behind those that are in `space`, which has room for them. */
  read(address: number, space: SampleSpace): void {
    const page = this.#page(address);
    const offset = address % PAGE_BYTES;
    const head = offset / 8;
    const shape = page.halves[2 * head + 7] ?? 0;
    const count = shape & 0xff;
    const timeShape = (shape >> 8) & 0xf;
    const valueShape = (shape >> 12) & 0xf;
    const timesAt = offset + HEAD_BYTES;
    readTimes(page, timesAt, timeShape, head, count, space);
    const valuesAt = timesAt + columnBytes(timeShape, count);
    if (valueShape === EIGHT) {
      const { halves, size } = space;
      const from = valuesAt / 4;
      for (let i = 0; i < 2 * count; i += 1) halves[2 * size + i] = page.halves[from + i] ?? 0;
    } else readWholes(page, valuesAt, valueShape, head, shape >> 16, count, space);
    space.size += count;
  }

  #page(address: number): Page {
    const page = this.#pages[Math.floor(address / PAGE_BYTES) - this.#dropped];
    if (page === undefined) throw new RangeError("the samples of this address were dropped");
    return page;
  }

  #room(bytes: number): { readonly page: Page; readonly number: number } {
    let page = this.#pages.at(-1);
    if (page === undefined || page.used + bytes > PAGE_BYTES) {
      page = new Page();
      this.#pages.push(page);
    }
    return { page, number: this.#dropped + this.#pages.length - 1 };
  }
}

/** The bytes of a column; the next one begins at eight again. */
function columnBytes(shape: number, count: number): number {
  return ((BYTES[shape] ?? 8) * count + 7) & ~7;
}

/** The time between two samples, were they even. */
function intervalOf(span: number, count: number): number {
  return count < 2 ? 0 : Math.round(span / (count - 1));
}

function shapeOfTimes(times: Float64Array, count: number): number {
  const start = times[0] ?? 0;
  const interval = intervalOf((times[count - 1] ?? 0) - start, count);
  let [least, most, whole] = [0, 0, true];
  for (let i = 0; i < count; i += 1) {
    const rest = (times[i] ?? 0) - start - i * interval;
    whole &&= Number.isInteger(rest);
    if (rest < least) least = rest;
    else if (rest > most) most = rest;
  }
  return whole && Number.isSafeInteger(start) ? shapeOf(least, most) : EIGHT;
}

/** The values as whole numbers, times ten to the number that is answered; -1 where they are none. */
function decimalsOf(values: Float64Array, count: number, wholes: Float64Array): number {
  let decimals = 0;
  for (let i = 0; i < count; i += 1) {
    const value = values[i] ?? 0;
    const power = POWERS[decimals] ?? 1;
    const whole = Math.round(value * power);
    // Not for -0, nor NaN: their bits would be lost.
    if (whole / power === value && Math.abs(whole) <= Number.MAX_SAFE_INTEGER) {
      if (whole === 0 && Object.is(value, -0)) return -1;
      // Rounded, a small negative number may be -0.
      wholes[i] = whole + 0;
      continue;
    }
    if (decimals === MOST_DECIMALS) return -1;
    decimals += 1;
    // From the start, with one more.
    i = -1;
  }
  return decimals;
}

function shapeOfWholes(wholes: Float64Array, count: number): number {
  let [least, most] = [0, 0];
  for (let i = 1; i < count; i += 1) {
    const step = (wholes[i] ?? 0) - (wholes[i - 1] ?? 0);
    if (step < least) least = step;
    else if (step > most) most = step;
  }
  return shapeOf(least, most);
}

function shapeOf(least: number, most: number): number {
  if (least === 0 && most === 0) return NOTHING;
  if (least >= -128 && most <= 127) return ONE;
  if (least >= -32_768 && most <= 32_767) return TWO;
  return least >= -2_147_483_648 && most <= 2_147_483_647 ? FOUR : EIGHT;
}

/** The numbers of this shape on a page, and where the one at `offset` is among them. */
function numbersOf(page: Page, offset: number, shape: number) {
  if (shape === ONE) return { numbers: page.bytes, at: offset };
  if (shape === TWO) return { numbers: page.shorts, at: offset / 2 };
  return { numbers: page.words, at: offset / 4 };
}

function writeTimes(
  page: Page,
  offset: number,
  shape: number,
  times: Float64Array,
  count: number,
): void {
  if (shape === NOTHING) return;
  if (shape === EIGHT) {
    page.floats.set(times.subarray(0, count), offset / 8);
    return;
  }
  const start = times[0] ?? 0;
  const interval = intervalOf((times[count - 1] ?? 0) - start, count);
  const { numbers, at } = numbersOf(page, offset, shape);
  for (let i = 0; i < count; i += 1) numbers[at + i] = (times[i] ?? 0) - start - i * interval;
}

function writeWholes(
  page: Page,
  offset: number,
  shape: number,
  wholes: Float64Array,
  count: number,
): void {
  if (shape === NOTHING) return;
  const { numbers, at } = numbersOf(page, offset, shape);
  numbers[at] = 0;
  for (let i = 1; i < count; i += 1) numbers[at + i] = (wholes[i] ?? 0) - (wholes[i - 1] ?? 0);
}

function readTimes(
  page: Page,
  offset: number,
  shape: number,
  head: number,
  count: number,
  { times, size }: SampleSpace,
): void {
  const start = page.floats[head + 1] ?? 0;
  const interval = intervalOf(page.halves[2 * head + 6] ?? 0, count);
  let even = start;
  // A loop for each kind of number: one for all would be several times slower.
  if (shape === NOTHING) {
    for (let i = 0; i < count; i += 1, even += interval) times[size + i] = even;
  } else if (shape === ONE) {
    const { bytes } = page;
    for (let i = 0; i < count; i += 1, even += interval)
      times[size + i] = even + (bytes[offset + i] ?? 0);
  } else if (shape === TWO) {
    const { shorts } = page;
    const at = offset / 2;
    for (let i = 0; i < count; i += 1, even += interval)
      times[size + i] = even + (shorts[at + i] ?? 0);
  } else if (shape === FOUR) {
    const { words } = page;
    const at = offset / 4;
    for (let i = 0; i < count; i += 1, even += interval)
      times[size + i] = even + (words[at + i] ?? 0);
  } else {
    const { floats } = page;
    const at = offset / 8;
    for (let i = 0; i < count; i += 1) times[size + i] = floats[at + i] ?? 0;
  }
}

function readWholes(
  page: Page,
  offset: number,
  shape: number,
  head: number,
  decimals: number,
  count: number,
  { values, size }: SampleSpace,
): void {
  let whole = page.floats[head + 2] ?? 0;
  const power = POWERS[decimals] ?? 1;
  if (shape === NOTHING) {
    const value = whole / power;
    for (let i = 0; i < count; i += 1) values[size + i] = value;
  } else if (shape === ONE) {
    const { bytes } = page;
    for (let i = 0; i < count; i += 1) {
      whole += bytes[offset + i] ?? 0;
      values[size + i] = whole;
    }
  } else if (shape === TWO) {
    const { shorts } = page;
    const at = offset / 2;
    for (let i = 0; i < count; i += 1) {
      whole += shorts[at + i] ?? 0;
      values[size + i] = whole;
    }
  } else {
    const { words } = page;
    const at = offset / 4;
    for (let i = 0; i < count; i += 1) {
      whole += words[at + i] ?? 0;
      values[size + i] = whole;
    }
  }
  if (shape === NOTHING || decimals === 0) return;
  for (let i = 0; i < count; i += 1) values[size + i] = (values[size + i] ?? 0) / power;
}
