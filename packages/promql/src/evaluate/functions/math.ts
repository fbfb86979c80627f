import { FLOAT } from "../../source.ts";
import { Column } from "../column.ts";

const SIMPLE: Readonly<Record<string, (value: number) => number>> = {
  abs: Math.abs,
  acos: Math.acos,
  acosh: Math.acosh,
  asin: Math.asin,
  asinh: Math.asinh,
  atan: Math.atan,
  atanh: Math.atanh,
  ceil: Math.ceil,
  cos: Math.cos,
  cosh: Math.cosh,
  deg: (value) => (value * 180) / Math.PI,
  exp: Math.exp,
  floor: Math.floor,
  ln: Math.log,
  log10: Math.log10,
  log2: Math.log2,
  rad: (value) => (value * Math.PI) / 180,
  sgn: Math.sign,
  sin: Math.sin,
  sinh: Math.sinh,
  sqrt: Math.sqrt,
  tan: Math.tan,
  tanh: Math.tanh,
};

/** The smaller float; as in Go, −Inf is smaller than even NaN. */
export function least(a: number, b: number): number {
  const lowest = Number.NEGATIVE_INFINITY;
  return a === lowest || b === lowest ? lowest : Math.min(a, b);
}

/** The larger float; as in Go, +Inf is larger than even NaN. */
export function most(a: number, b: number): number {
  const highest = Number.POSITIVE_INFINITY;
  return a === highest || b === highest ? highest : Math.max(a, b);
}

/** The function of one float of this name. */
export function simpleFunction(name: string): ((value: number) => number) | undefined {
  return SIMPLE[name];
}

/** Applies a function to every float; histograms are left out. */
export function mapFloats(
  columns: readonly Column[],
  steps: number,
  change: (value: number, step: number) => number,
): Column[] {
  const mapped: Column[] = [];
  for (const column of columns) {
    const result = Column.empty(column.labels, steps, column.dropName);
    const { kinds, values } = column;
    let any = false;
    for (let step = 0; step < steps; step += 1) {
      if (kinds[step] !== FLOAT) continue;
      result.kinds[step] = FLOAT;
      result.values[step] = change(values[step] ?? 0, step);
      any = true;
    }
    if (any) mapped.push(result);
  }
  return mapped;
}

/** round(v, to): to the nearest multiple, halves up. */
export function round(columns: readonly Column[], steps: number, to?: Float64Array): Column[] {
  return mapFloats(columns, steps, (value, step) => {
    const inverse = 1 / (to?.[step] ?? 1);
    return Math.floor(value * inverse + 0.5) / inverse;
  });
}

/** clamp(v, min, max): nothing at the steps where min is above max. */
export function clamp(
  columns: readonly Column[],
  steps: number,
  lower: Float64Array,
  upper: Float64Array,
): Column[] {
  const clamped = mapFloats(columns, steps, (value, step) =>
    most(lower[step] ?? 0, least(upper[step] ?? 0, value)),
  );
  for (const column of clamped) {
    for (let step = 0; step < steps; step += 1) {
      if ((upper[step] ?? 0) < (lower[step] ?? 0)) column.kinds[step] = 0;
    }
  }
  return clamped.filter((column) => !column.isEmpty);
}
