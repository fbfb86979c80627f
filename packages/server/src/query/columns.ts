import type { Block } from "../store/index.ts";

/** A block's column of texts. */
export function textsOf(block: Block, name: string): readonly string[] {
  const column = block.columns.get(name);
  if (column?.kind === "strings") return column.data;
  throw new RangeError(`the answer has no texts called ${name}`);
}

/** A block's column of numbers. */
export function numbersOf(block: Block, name: string): ArrayLike<number | bigint> {
  const column = block.columns.get(name);
  if (column?.kind === "numbers") return column.data;
  throw new RangeError(`the answer has no numbers called ${name}`);
}

/** A block's column of lists of numbers. */
export function arraysOf(block: Block, name: string): number[][] {
  const column = block.columns.get(name);
  if (column?.kind !== "array" || column.values.kind !== "numbers") {
    throw new RangeError(`the answer has no lists called ${name}`);
  }
  const { ends, values } = column;
  return Array.from({ length: block.rows }, (_, row) =>
    Array.from(values.data.slice(row === 0 ? 0 : (ends[row - 1] ?? 0), ends[row]), Number),
  );
}

/** A block's column of maps. */
export function mapsOf(block: Block, name: string): Record<string, string>[] {
  const column = block.columns.get(name);
  if (
    column?.kind !== "map" ||
    column.keys.kind !== "strings" ||
    column.values.kind !== "strings"
  ) {
    throw new RangeError(`the answer has no maps called ${name}`);
  }
  const { ends, keys, values } = column;
  const maps: Record<string, string>[] = [];
  let at = 0;
  for (let row = 0; row < block.rows; row += 1) {
    const map: Record<string, string> = {};
    for (; at < (ends[row] ?? 0); at += 1) map[keys.data[at] ?? ""] = values.data[at] ?? "";
    maps.push(map);
  }
  return maps;
}
