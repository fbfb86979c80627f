import type { RawSeries } from "@seaworthy/promql";
import type { Block } from "../../store/index.ts";
import { ascending } from "./ascending.ts";
import type { IndexedSeries } from "./series-index.ts";

const TWO_32 = 0x1_0000_0000;

/** The samples of one series while they are gathered. */
interface Gathered {
  readonly series: IndexedSeries;
  /** The last 32 bits of its id are where the table finds it; these are the first. */
  readonly high: number;
  /** Another series with the same last 32 bits. */
  readonly next: Gathered | undefined;
  /** Its samples lie from `start` to `end` in the arrays of all. */
  start: number;
  end: number;
}

/** A block's columns `series`, `time` and `value`, 64 bits a row each. */
interface Rows {
  readonly rows: number;
  /** Halves of ids and of times in ms, the low half first. */
  readonly ids: Uint32Array;
  readonly ticks: Uint32Array;
  readonly bits: BigUint64Array;
}

/**
 * Sorts rows of `samples` (series, time, value, in the table's order) by series, ascending in time
 * and each time once. Rows of a series lie together for half an hour, so series are looked up by run.
 * Series that were not asked for are passed over.
 */
export class SampleGatherer {
  readonly #byLow = new Map<number, Gathered>();
  readonly #all: Gathered[] = [];

  constructor(wanted: readonly IndexedSeries[]) {
    for (const series of wanted) {
      const low = Number(series.id & 0xffff_ffffn);
      const gathered: Gathered = {
        series,
        high: Number(series.id >> 32n),
        next: this.#byLow.get(low),
        start: 0,
        end: 0,
      };
      this.#byLow.set(low, gathered);
      this.#all.push(gathered);
    }
  }

  /** May be called once. */
  *gather(blocks: readonly Block[]): Generator<RawSeries> {
    const parts = blocks.map((block) => rowsOf(block));
    // Counting first gives each series its place in two arrays for all: an array a series would be
    // thousands of allocations, which cost more than the sorting.
    for (const part of parts) {
      this.#eachRun(part, (gathered, from, to) => {
        gathered.end += to - from;
      });
    }
    let size = 0;
    for (const gathered of this.#all) {
      gathered.start = size;
      size += gathered.end;
      gathered.end = gathered.start;
    }
    const times = new Float64Array(size);
    const bits = new BigUint64Array(size);
    for (const { rows, ids, ticks, bits: source } of parts) {
      this.#eachRun({ rows, ids }, (gathered, from, to) => {
        for (let row = from, at = gathered.end; row < to; row += 1, at += 1) {
          times[at] = (ticks[2 * row + 1] ?? 0) * TWO_32 + (ticks[2 * row] ?? 0);
        }
        bits.set(source.subarray(from, to), gathered.end);
        gathered.end += to - from;
      });
    }
    const values = new Float64Array(bits.buffer);
    for (const { series, start, end } of this.#all) {
      if (start === end) continue;
      const sorted = ascending(times.subarray(start, end), values.subarray(start, end));
      yield { labels: series.labels, ...sorted };
    }
  }

  #eachRun(
    { rows, ids }: Pick<Rows, "rows" | "ids">,
    use: (gathered: Gathered, from: number, to: number) => void,
  ): void {
    for (let from = 0; from < rows;) {
      const low = ids[2 * from] ?? 0;
      const high = ids[2 * from + 1] ?? 0;
      let to = from + 1;
      while (to < rows && ids[2 * to] === low && ids[2 * to + 1] === high) to += 1;
      let gathered = this.#byLow.get(low);
      while (gathered !== undefined && gathered.high !== high) gathered = gathered.next;
      if (gathered !== undefined) use(gathered, from, to);
      from = to;
    }
  }
}

function rowsOf({ rows, columns }: Block): Rows {
  const [ids, ticks, values] = ["series", "time", "value"].map((name) => {
    const column = columns.get(name);
    if (column?.kind !== "numbers") throw new TypeError(`the answer lacks its column ${name}`);
    return column.data.buffer;
  });
  return {
    rows,
    ids: new Uint32Array(ids ?? new ArrayBuffer()),
    ticks: new Uint32Array(ticks ?? new ArrayBuffer()),
    bits: new BigUint64Array(values ?? new ArrayBuffer()),
  };
}
