import { FunctionError } from "./errors.ts";
import { sprint } from "./print.ts";
import { compareUtf8, typeName } from "./values.ts";
import type { Value } from "./values.ts";

/** The most characters of a value that an error message repeats. */
const MAX_SHOWN = 1000;

type Kind = "bool" | "float" | "int" | "string" | "other";

/** Go's `==` as templates have it: only values of one kind compare; nil equals nil. */
export function equal(a: Value, b: Value): boolean {
  const isNil = (value: Value) => value === undefined || value === null;
  if (isNil(a) || isNil(b)) return isNil(a) && isNil(b);
  const kind = kindOf(a);
  if (kind !== kindOf(b)) throw new FunctionError("incompatible types for comparison");
  if (kind === "other") return equalObjects(a, b);
  return raw(a) === raw(b);
}

function equalObjects(a: Value, b: Value): boolean {
  const isTime = (value: Value) =>
    typeof value === "object" && value !== null && value.kind === "time" ? value : undefined;
  const left = isTime(a);
  const right = isTime(b);
  if (left !== undefined && right !== undefined)
    return left.ms === right.ms && left.zone === right.zone;
  throw new FunctionError(
    typeName(a) === typeName(b)
      ? `non-comparable type ${shown(a)}: ${typeName(a)}`
      : `non-comparable types ${shown(a)}: ${typeName(a)}, ${shown(b)}: ${typeName(b)}`,
  );
}

function shown(value: Value): string {
  return sprint([value], MAX_SHOWN);
}

/** Go's `<` as templates have it: numbers of one kind and strings. */
export function lessThan(a: Value, b: Value): boolean {
  const kind = kindOf(a);
  const other = kindOf(b);
  if (kind === "other" || other === "other") throw new FunctionError("invalid type for comparison");
  if (kind !== other) throw new FunctionError("incompatible types for comparison");
  if (kind === "bool") throw new FunctionError("invalid type for comparison");
  const left = raw(a);
  const right = raw(b);
  if (typeof left === "string" && typeof right === "string") return compareUtf8(left, right) < 0;
  return (left ?? 0) < (right ?? 0);
}

function kindOf(value: Value): Kind {
  switch (typeof value) {
    case "boolean":
      return "bool";
    case "number":
      return "float";
    case "bigint":
      return "int";
    case "string":
      return "string";
    default:
      // A duration's kind is an int.
      return value !== null && value !== undefined && value.kind === "duration" ? "int" : "other";
  }
}

function raw(value: Value): string | number | bigint | boolean | undefined {
  if (typeof value !== "object") return value;
  return value !== null && value.kind === "duration" ? value.nanoseconds : undefined;
}
