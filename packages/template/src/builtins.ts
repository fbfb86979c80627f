import { fn, variadic } from "./callable.ts";
import { equal, lessThan } from "./compare.ts";
import { FunctionError } from "./errors.ts";
import { escapeHtml, escapeJs, escapeQuery } from "./escape.ts";
import { sprint, sprintln } from "./print.ts";
import { sprintf } from "./printf.ts";
import { isTrue, ListValue, typeName } from "./values.ts";
import type { Callable, FunctionSet, Value } from "./values.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * The functions that every template has. `and` and `or` are here for their parameters; the executor
 * evaluates their arguments only as far as needed. `call` is the executor's as well.
 */
export const BUILTINS: FunctionSet = {
  and: variadic(["any"], "any", ([first], more) => lastOrFirst(first, more, false)),
  or: variadic(["any"], "any", ([first], more) => lastOrFirst(first, more, true)),
  not: fn(["any"], ([value]) => !isTrue(value)),
  len: fn(["any"], ([value]) => BigInt(lengthOf(value))),
  index: variadic(["any"], "any", ([item], indexes) =>
    indexes.reduce(indexOnce, present(item, "index")),
  ),
  slice: variadic(["any"], "any", ([item], indexes) => slice(present(item, "slice"), indexes)),
  eq: variadic(["any"], "any", ([first], more) => {
    if (more.length === 0) throw new FunctionError("missing argument for comparison");
    return more.some((other) => equal(first, other));
  }),
  ne: fn(["any", "any"], ([a, b]) => !equal(a, b)),
  lt: fn(["any", "any"], ([a, b]) => lessThan(a, b)),
  le: fn(["any", "any"], ([a, b]) => lessThan(a, b) || equal(a, b)),
  gt: fn(["any", "any"], ([a, b]) => !(lessThan(a, b) || equal(a, b))),
  ge: fn(["any", "any"], ([a, b]) => !lessThan(a, b)),
  print: variadic([], "any", (_, operands, run) => sprint(operands, run.maxString)),
  println: variadic([], "any", (_, operands, run) => sprintln(operands, run.maxString)),
  printf: variadic(["string"], "any", ([format], args, run) =>
    sprintf(format, args, run.maxString),
  ),
  html: escaper(escapeHtml),
  js: escaper(escapeJs),
  urlquery: escaper(escapeQuery),
  call: variadic(["any"], "any", () => {
    throw new FunctionError("call is evaluated by the executor");
  }),
};

function escaper(escape: (text: string) => string): Callable {
  return variadic([], "any", (_, operands, run) => escape(sprint(operands, run.maxString)));
}

function lastOrFirst(first: Value, more: readonly Value[], stopAt: boolean): Value {
  let value = first;
  for (const next of more) {
    if (isTrue(value) === stopAt) return value;
    value = next;
  }
  return value;
}

function present(item: Value, verb: "index" | "slice"): Value {
  if (item === undefined || item === null) throw new FunctionError(`${verb} of untyped nil`);
  return item;
}

function lengthOf(value: Value): number {
  if (typeof value === "string") return byteLength(value);
  if (value instanceof ListValue) return value.items.length;
  if (value === undefined || value === null) throw new FunctionError("len of nil pointer");
  if (typeof value === "object" && value.kind === "map") return value.entries.size;
  throw new FunctionError(`len of type ${typeName(value)}`);
}

/** Strings are bytes to Go: `len`, `index` and `slice` count UTF-8. */
function byteLength(text: string): number {
  return isAscii(text) ? text.length : encoder.encode(text).length;
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i += 1) if (text.charCodeAt(i) > 127) return false;
  return true;
}

function indexOnce(item: Value, index: Value): Value {
  if (typeof item === "string") {
    const bytes = encoder.encode(item);
    return BigInt(bytes[position(index, bytes.length - 1)] ?? 0);
  }
  if (item instanceof ListValue) return item.items[position(index, item.items.length - 1)];
  if (item !== null && typeof item === "object" && item.kind === "map") {
    if (index === undefined || index === null)
      throw new FunctionError("value is nil; should be of type string");
    if (typeof index !== "string")
      throw new FunctionError(`value has type ${typeName(index)}; should be string`);
    return item.entries.has(index) ? item.entries.get(index) : item.zero;
  }
  if (item === undefined || item === null) throw new FunctionError("index of nil pointer");
  throw new FunctionError(`can't index item of type ${typeName(item)}`);
}

function slice(item: Value, indexes: readonly Value[]): Value {
  if (indexes.length > 3) throw new FunctionError(`too many slice indexes: ${indexes.length}`);
  const isString = typeof item === "string";
  if (!isString && !(item instanceof ListValue))
    throw new FunctionError(`can't slice item of type ${typeName(item)}`);
  if (isString && indexes.length === 3) throw new FunctionError("cannot 3-index slice a string");
  const size = isString ? byteLength(item) : item.items.length;
  const places = indexes.map((index) => position(index, size));
  const from = places[0] ?? 0;
  const to = places[1] ?? size;
  if (from > to) throw new FunctionError(`invalid slice index: ${from} > ${to}`);
  const cap = places[2];
  if (cap !== undefined && to > cap) throw new FunctionError(`invalid slice index: ${to} > ${cap}`);
  if (isString) return decoder.decode(encoder.encode(item).slice(from, to));
  return new ListValue(item.items.slice(from, to), item.typeName, item.methods);
}

function position(index: Value, max: number): number {
  if (index === undefined || index === null)
    throw new FunctionError("cannot index slice/array with nil");
  if (typeof index !== "bigint")
    throw new FunctionError(`cannot index slice/array with type ${typeName(index)}`);
  if (index < 0n || index > BigInt(max)) throw new FunctionError(`index out of range: ${index}`);
  return Number(index);
}
