import type { RawSeries } from "@seaworthy/promql";
import type { Block } from "../../store/index.ts";
import { ascending } from "./ascending.ts";
import type { IndexedSeries } from "./series-index.ts";

/** A block's columns `series`, `ms` and `value`. Of 64 bits that are no number, the low half first. */
interface Rows {
  readonly rows: number;
  readonly ids: Uint32Array;
  readonly times: Float64Array;
  readonly halves: Uint32Array;
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
  #places: Map<bigint, number> | undefined;

  constructor(wanted: readonly IndexedSeries[]) {
    this.#wanted = wanted;
    this.#ids = new Uint32Array(BigUint64Array.from(wanted, ({ id }) => id).buffer);
  }

  /** May be called once. */
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
    const times = new Float64Array(size);
    const values = new Float64Array(size);
    const halves = new Uint32Array(values.buffer);
    parts.forEach((part, i) => copyRuns(part, runs[i] ?? [], ends, times, halves));
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
  #runs({ rows, ids }: Rows, counts: Uint32Array): number[] {
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

/** Copies each run behind what its series has; values as halves, so that a NaN keeps its payload. */
function copyRuns(
  { times: fromTimes, halves: fromHalves }: Rows,
  runs: readonly number[],
  ends: Uint32Array,
  times: Float64Array,
  halves: Uint32Array,
): void {
  for (let run = 0; run < runs.length; run += 3) {
    const place = runs[run] ?? 0;
    const to = runs[run + 2] ?? 0;
    let at = ends[place] ?? 0;
    for (let row = runs[run + 1] ?? 0; row < to; row += 1, at += 1) {
      times[at] = fromTimes[row] ?? 0;
      halves[2 * at] = fromHalves[2 * row] ?? 0;
      halves[2 * at + 1] = fromHalves[2 * row + 1] ?? 0;
    }
    ends[place] = at;
  }
}

function isAscending(times: Float64Array, start: number, end: number): boolean {
  for (let i = start + 1; i < end; i += 1) {
    if ((times[i] ?? 0) <= (times[i - 1] ?? 0)) return false;
  }
  return true;
}

function rowsOf({ rows, columns }: Block): Rows {
  const [ids, times, values] = ["series", "ms", "value"].map((name) => {
    const column = columns.get(name);
    if (column?.kind !== "numbers") throw new TypeError(`the answer lacks its column ${name}`);
    return column.data.buffer;
  });
  return {
    rows,
    ids: new Uint32Array(ids ?? new ArrayBuffer()),
    times: new Float64Array(times ?? new ArrayBuffer()),
    halves: new Uint32Array(values ?? new ArrayBuffer()),
  };
}
