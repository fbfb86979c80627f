import type { RawSeries } from "@seaworthy/promql";
import type { Block } from "../../store/index.ts";
import { ascending } from "./ascending.ts";
import { freeBuffer } from "./free-buffer.ts";
import type { IndexedSeries } from "./series-index.ts";

/** A block's columns `series`, `ms` and `value`, 8 bytes a row at any offset. */
interface Rows {
  readonly rows: number;
  readonly ids: Uint8Array;
  readonly times: Uint8Array;
  readonly values: Uint8Array;
}

/** From so many rows on a run is copied sooner as a whole than number by number. */
const LONG_RUN = 64;

/**
 * Room for the samples of one portion after the other. Fresh arrays of megabytes cost more than what
 * is done with them: the system clears their pages, and the collector hurries to free them.
 */
export class SampleArrays {
  #times = new Float64Array(0);
  #values = new Float64Array(0);

  get bytes(): number {
    return this.#times.byteLength + this.#values.byteLength;
  }

  /** Arrays that hold at least so many samples, of which nothing that is in them stays. */
  take(size: number): { readonly times: Float64Array; readonly values: Float64Array } {
    if (this.#times.length < size) {
      this.#times = new Float64Array(size);
      this.#values = new Float64Array(size);
    }
    return { times: this.#times, values: this.#values };
  }
}

/**
 * Sorts rows of `samples` (series, ms, value, in the table's order) by series, ascending in time and
 * each time once. Rows of a series lie together for half an hour, so series are looked up by run.
 * Series that were not asked for are passed over.
 */
export class SampleGatherer {
  readonly #wanted: readonly IndexedSeries[];
  /** The halves of the wanted series' ids, the low one first. */
  readonly #ids: Uint32Array;
  readonly #arrays: SampleArrays;
  #places: Map<bigint, number> | undefined;

  /** `arrays`: where the samples go; what was gathered into them before is gone then. */
  constructor(wanted: readonly IndexedSeries[], arrays = new SampleArrays()) {
    this.#wanted = wanted;
    this.#arrays = arrays;
    this.#ids = new Uint32Array(BigUint64Array.from(wanted, ({ id }) => id).buffer);
  }

  /** May be called once, and uses the blocks up: their memory is freed. */
  *gather(blocks: readonly Block[]): Generator<RawSeries> {
    const parts = blocks.map((block) => rowsOf(block));
    const counts = new Uint32Array(this.#wanted.length);
    // Counting first gives each series its place in two arrays for all: an array a series would be
    // thousands of allocations, which cost more than the sorting.
    const runs = parts.map((part) => this.#runs(part, counts));
    const ends = new Uint32Array(counts.length);
    let size = 0;
    for (let i = 0; i < counts.length; i += 1) {
      ends[i] = size;
      size += counts[i] ?? 0;
    }
    const { times, values } = this.#arrays.take(size);
    parts.forEach((part, i) => {
      const places = startsOf(runs[i] ?? [], ends);
      copyRuns(part.times, runs[i] ?? [], places, times);
      copyRuns(part.values, runs[i] ?? [], places, values);
    });
    for (const { ids } of parts) freeBuffer(ids.buffer);
    for (let i = 0; i < counts.length; i += 1) {
      const series = this.#wanted[i];
      const end = ends[i] ?? 0;
      const start = end - (counts[i] ?? 0);
      if (series === undefined || start === end) continue;
      const found = { times: times.subarray(start, end), values: values.subarray(start, end) };
      const sorted = isAscending(times, start, end) ? found : ascending(found.times, found.values);
      yield { labels: series.labels, times: sorted.times, values: sorted.values };
    }
  }

  /** The runs of wanted series as triples: the series' place, its first row, the row after its last. */
  #runs({ rows, ids: bytes }: Rows, counts: Uint32Array): number[] {
    const ids = halvesOf(bytes);
    const runs: number[] = [];
    let place = -1;
    for (let from = 0; from < rows;) {
      const low = ids[2 * from] ?? 0;
      const high = ids[2 * from + 1] ?? 0;
      let to = from + 1;
      while (to < rows && ids[2 * to] === low && ids[2 * to + 1] === high) to += 1;
      place = this.#placeOf(low, high, place);
      if (place >= 0) {
        runs.push(place, from, to);
        counts[place] = (counts[place] ?? 0) + to - from;
      }
      from = to;
    }
    return runs;
  }

  /** Where a series is among the wanted ones, -1 if nowhere: mostly right after the one before it. */
  #placeOf(low: number, high: number, before: number): number {
    if (this.#isAt(before + 1, low, high)) return before + 1;
    if (this.#isAt(0, low, high)) return 0;
    this.#places ??= new Map(this.#wanted.map(({ id }, place) => [id, place]));
    return this.#places.get((BigInt(high) << 32n) | BigInt(low)) ?? -1;
  }

  #isAt(place: number, low: number, high: number): boolean {
    return this.#ids[2 * place] === low && this.#ids[2 * place + 1] === high;
  }
}

/** Where each run begins in its series' samples; moves the series' ends behind it. */
function startsOf(runs: readonly number[], ends: Uint32Array): Uint32Array {
  const starts = new Uint32Array(runs.length / 3);
  for (let run = 0; run < starts.length; run += 1) {
    const place = runs[3 * run] ?? 0;
    const start = ends[place] ?? 0;
    starts[run] = start;
    ends[place] = start + (runs[3 * run + 2] ?? 0) - (runs[3 * run + 1] ?? 0);
  }
  return starts;
}

/** Copies the runs of a column to their places; as bytes or halves, so that a NaN keeps its payload. */
function copyRuns(
  from: Uint8Array,
  runs: readonly number[],
  starts: Uint32Array,
  into: Float64Array,
): void {
  const bytes = new Uint8Array(into.buffer);
  const halves = new Uint32Array(into.buffer);
  const aligned = halvesOf(from);
  for (let run = 0; run < starts.length; run += 1) {
    const row = runs[3 * run + 1] ?? 0;
    const to = runs[3 * run + 2] ?? 0;
    const start = starts[run] ?? 0;
    if (to - row >= LONG_RUN) {
      bytes.set(from.subarray(8 * row, 8 * to), 8 * start);
      continue;
    }
    // Shorter than a call and its two views.
    for (let i = 2 * row, at = 2 * start; i < 2 * to; i += 1, at += 1) halves[at] = aligned[i] ?? 0;
  }
}

/** What `halvesOf` answers; it is made anew for each column. */
let scratch = new Uint32Array(0);

/** Numbers of 64 bits as two of 32, the low one first. Good until the next call. */
function halvesOf(bytes: Uint8Array): Uint32Array {
  if (scratch.byteLength < bytes.length) scratch = new Uint32Array(bytes.length / 4);
  new Uint8Array(scratch.buffer).set(bytes);
  return scratch;
}

function isAscending(times: Float64Array, start: number, end: number): boolean {
  for (let i = start + 1; i < end; i += 1) {
    if ((times[i] ?? 0) <= (times[i - 1] ?? 0)) return false;
  }
  return true;
}

function rowsOf({ rows, columns }: Block): Rows {
  const bytesOf = (name: string): Uint8Array => {
    const column = columns.get(name);
    if (column?.kind !== "numbers") throw new TypeError(`the answer lacks its column ${name}`);
    return column.bytes;
  };
  return { rows, ids: bytesOf("series"), times: bytesOf("ms"), values: bytesOf("value") };
}
