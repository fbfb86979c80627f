import { ListValue } from "./values.ts";
import type { ParameterType, Value } from "./values.ts";

/** How Go names each parameter type, and whether nil may be given for it. */
export const PARAMETER_NAMES: Readonly<
  Record<ParameterType, { readonly name: string; readonly nilable: boolean }>
> = {
  any: { name: "interface {}", nilable: true },
  string: { name: "string", nilable: false },
  int: { name: "int", nilable: false },
  float64: { name: "float64", nilable: false },
  bool: { name: "bool", nilable: false },
  "time.Time": { name: "time.Time", nilable: false },
  "time.Duration": { name: "time.Duration", nilable: false },
  "[]string": { name: "[]string", nilable: true },
  list: { name: "[]interface {}", nilable: true },
  map: { name: "map[string]interface {}", nilable: true },
  struct: { name: "struct", nilable: false },
};

type Converted = { readonly ok: true; readonly value: Value } | { readonly ok: false };

const NO: Converted = { ok: false };

/** Checks that a value may be given where `type` is wanted. A nil []string becomes an empty list. */
export function convert(value: Value, type: ParameterType): Converted {
  const yes = { ok: true, value } as const;
  if (type === "any") return yes;
  if (value === undefined || value === null)
    return type === "[]string" ? { ok: true, value: new ListValue([], "[]string") } : NO;
  switch (type) {
    case "string":
      return typeof value === "string" ? yes : NO;
    case "int":
      return typeof value === "bigint" ? yes : NO;
    case "float64":
      return typeof value === "number" ? yes : NO;
    case "bool":
      return typeof value === "boolean" ? yes : NO;
    case "[]string": {
      const isStrings =
        value instanceof ListValue && value.items.every((item) => typeof item === "string");
      return isStrings ? yes : NO;
    }
    default:
      return typeof value === "object" && value.kind === KINDS[type] ? yes : NO;
  }
}

const KINDS = {
  "time.Time": "time",
  "time.Duration": "duration",
  list: "list",
  map: "map",
  struct: "struct",
} as const;
