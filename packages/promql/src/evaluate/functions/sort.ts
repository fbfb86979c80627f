import { compareLabels } from "../../labels.ts";
import { FLOAT } from "../../source.ts";
import type { Column } from "../column.ts";

/** Orders an instant vector by value, NaN last either way; histograms are left out. */
export function sortByValue(columns: readonly Column[], descending: boolean): Column[] {
  return columns
    .filter((column) => column.kinds[0] === FLOAT)
    .sort((a, b) => {
      const left = a.values[0] ?? 0;
      const right = b.values[0] ?? 0;
      if (Number.isNaN(left) || Number.isNaN(right)) {
        return Number(Number.isNaN(left)) - Number(Number.isNaN(right));
      }
      return descending ? right - left : left - right;
    });
}

/** Orders an instant vector by labels, numbers in them by size; then by all labels. */
export function sortByLabels(
  columns: readonly Column[],
  names: readonly string[],
  descending: boolean,
): Column[] {
  const sign = descending ? -1 : 1;
  return [...columns].sort((a, b) => {
    for (const name of names) {
      const order = compareNaturally(a.labels.get(name), b.labels.get(name));
      if (order !== 0) return sign * order;
    }
    return sign * compareLabels(a.labels, b.labels);
  });
}

/** Compares texts with the runs of digits in them as numbers: `4m5` before `4m600`. */
function compareNaturally(a: string, b: string): number {
  if (a === b) return 0;
  const left = chunks(a);
  const right = chunks(b);
  const shared = Math.min(left.length, right.length);
  for (let i = 0; i < shared; i += 1) {
    const x = left[i] ?? "";
    const y = right[i] ?? "";
    if (x === y) continue;
    if (/^\d/.test(x) && /^\d/.test(y)) {
      const difference = BigInt(x) - BigInt(y);
      if (difference !== 0n) return difference < 0n ? -1 : 1;
    }
    return x < y ? -1 : 1;
  }
  return left.length - right.length;
}

function chunks(text: string): string[] {
  return text.match(/\d+|\D+/g) ?? [];
}
