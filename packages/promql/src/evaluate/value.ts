import type { Column } from "./column.ts";

/** What a plan node evaluates to, on its grid. */
export type Value =
  | { readonly type: "scalar"; readonly values: Float64Array }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "vector"; readonly columns: Column[] };

export function vector(columns: Column[]): Value {
  return { type: "vector", columns };
}

/** The columns of a value that the check has made sure is a vector. */
export function columnsOf(value: Value | undefined): Column[] {
  if (value?.type !== "vector") throw new TypeError("expected an instant vector");
  return value.columns;
}

export function scalarsOf(value: Value | undefined): Float64Array {
  if (value?.type !== "scalar") throw new TypeError("expected a scalar");
  return value.values;
}

export function stringOf(value: Value | undefined): string {
  if (value?.type !== "string") throw new TypeError("expected a string");
  return value.value;
}
