import type { TraceDurations } from "@seaworthy/contract";

/** The rows of a picture of durations: each from `fromNs` to √2 times that, the shortest first. */
export interface DurationGrid {
  readonly rows: readonly number[];
  /** Most spans of a cell. */
  readonly most: number;
  readonly cells: readonly (TraceDurations["cells"][number] & { readonly row: number })[];
}

/** Fewer rows than this look like a mistake. */
const leastRows = 8;

const sizeOf = (ns: number) => Math.round(Math.log2(ns) * 2);

/** Puts cells on rows of durations, without gaps. */
export function gridOf({ cells }: TraceDurations): DurationGrid {
  if (cells.length === 0) return { rows: [], most: 0, cells: [] };
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  let most = 0;
  for (const { fromNs, spans } of cells) {
    low = Math.min(low, sizeOf(fromNs));
    high = Math.max(high, sizeOf(fromNs));
    most = Math.max(most, spans);
  }
  while (high - low + 1 < leastRows) {
    high += 1;
    if (high - low + 1 < leastRows && low > 0) low -= 1;
  }
  return {
    rows: Array.from({ length: high - low + 1 }, (_, row) => 2 ** ((low + row) / 2)),
    most,
    cells: cells.map((cell) => ({ ...cell, row: sizeOf(cell.fromNs) - low })),
  };
}

/** Which rows have a mark at their side: powers of ten, 1 ms and 10 ms and so on. */
export function ticksOf(
  rows: readonly number[],
): readonly { readonly ns: number; readonly at: number }[] {
  const [low = 1] = rows;
  const ticks: { ns: number; at: number }[] = [];
  for (let ns = 1; ns < low * 2 ** (rows.length / 2); ns *= 10) {
    const at = Math.log2(ns / low) * 2;
    if (at >= 0) ticks.push({ ns, at });
  }
  return ticks;
}

/** Nanoseconds as TraceQL writes them, short. */
export function writeNs(ns: number): string {
  const digits = (value: number) => String(Number(value.toPrecision(3)));
  if (ns >= 1e9) return `${digits(ns / 1e9)}s`;
  if (ns >= 1e6) return `${digits(ns / 1e6)}ms`;
  if (ns >= 1e3) return `${digits(ns / 1e3)}us`;
  return `${Math.round(ns)}ns`;
}
