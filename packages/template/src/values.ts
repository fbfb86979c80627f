import type { DurationValue, TimeValue } from "./time.ts";

/**
 * What a template computes with. Go's types are told apart so that comparisons and printing are Go's:
 * `bigint` is an int, `number` a float64, `null` the nil interface, `undefined` no value at all (an
 * absent map key). Data is given in these values alone: a template reaches the entries, fields and
 * methods that a value lists, and nothing else of JavaScript.
 */
export type Value =
  | undefined
  | null
  | boolean
  | string
  | number
  | bigint
  | ListValue
  | MapValue
  | StructValue
  | TimeValue
  | DurationValue
  | FunctionValue;

export type Methods = Readonly<Record<string, Callable>>;

const NO_METHODS: Methods = {};

/** A slice. `typeName` is what `%T` and error messages say. */
export class ListValue {
  readonly kind = "list";
  readonly items: readonly Value[];
  readonly typeName: string;
  readonly methods: Methods;

  constructor(items: readonly Value[], typeName = "[]interface {}", methods = NO_METHODS) {
    this.items = items;
    this.typeName = typeName;
    this.methods = methods;
  }
}

/** A map with string keys. `zero` is what an absent key gives where Go gives the element's zero value. */
export class MapValue {
  readonly kind = "map";
  readonly entries: ReadonlyMap<string, Value>;
  readonly zero: Value;
  readonly typeName: string;
  readonly methods: Methods;

  constructor(
    entries: ReadonlyMap<string, Value>,
    options: {
      readonly zero?: Value;
      readonly typeName?: string;
      readonly methods?: Methods;
    } = {},
  ) {
    this.entries = entries;
    this.zero = options.zero ?? null;
    this.typeName =
      options.typeName ??
      (typeof this.zero === "string" ? "map[string]string" : "map[string]interface {}");
    this.methods = options.methods ?? NO_METHODS;
  }

  /** The keys in the order in which Go ranges over and prints a map. */
  sortedKeys(): string[] {
    return [...this.entries.keys()].sort(compareUtf8);
  }
}

/** A struct: an unknown field is an error, not an absent value. */
export class StructValue {
  readonly kind = "struct";
  readonly fields: ReadonlyMap<string, Value>;
  readonly typeName: string;
  readonly methods: Methods;
  /** How it prints, for types with a String method. */
  readonly text: string | undefined;
  /** What fields are called in JSON, where that is not their name. */
  readonly jsonNames: Readonly<Record<string, string>>;

  constructor(
    typeName: string,
    fields: Readonly<Record<string, Value>>,
    options: {
      readonly methods?: Methods;
      readonly text?: string;
      readonly jsonNames?: Readonly<Record<string, string>>;
    } = {},
  ) {
    this.typeName = typeName;
    this.fields = new Map(Object.entries(fields));
    this.methods = options.methods ?? NO_METHODS;
    this.text = options.text;
    this.jsonNames = options.jsonNames ?? {};
  }
}

/** The type of text that a template vouches for: it is put into HTML as it is. */
export const SAFE_HTML = "template.HTML";

/** A function as a value, for `call`. */
export class FunctionValue {
  readonly kind = "func";
  readonly typeName = "func";
  readonly callable: Callable;

  constructor(callable: Callable) {
    this.callable = callable;
  }
}

/** The parameter types that functions declare, as Go names them. */
export interface ParameterValues {
  any: Value;
  string: string;
  int: bigint;
  float64: number;
  bool: boolean;
  "time.Time": TimeValue;
  "time.Duration": DurationValue;
  "[]string": StringList;
  list: ListValue;
  map: MapValue;
  struct: StructValue;
}

/** A list whose items are all strings. */
export interface StringList extends ListValue {
  readonly items: readonly string[];
}

export type ParameterType = keyof ParameterValues;

/** What a function may ask of the execution that calls it. */
export interface Run {
  /** Pays for work that grows with its input; throws when the execution has used up its steps. */
  charge(characters: number): void;
  /** The most characters that a string may have. */
  readonly maxString: number;
  /** Whether what is printed becomes part of HTML. */
  readonly html: boolean;
  /**
   * The result of an asynchronous load. The first time, execution stops and starts over once the load
   * has finished, so the same `key` must mean the same load. Throws where execution is synchronous.
   */
  load(key: string, start: () => Promise<Value>): Value;
}

/** A function that templates can call. Its arguments have been checked against `parameters`. */
export interface Callable {
  readonly parameters: readonly ParameterType[];
  /** The type of further arguments, where the function takes any number of them. */
  readonly rest: ParameterType | undefined;
  call(args: readonly Value[], run: Run): Value;
}

/** Functions by name. */
export type FunctionSet = Readonly<Record<string, Callable>>;

/** A map[string]string, e.g. labels. Absent keys give the empty string where missing keys give zero. */
export function stringMap(
  entries: Readonly<Record<string, string>>,
  options: { readonly typeName?: string; readonly methods?: Methods } = {},
): MapValue {
  return new MapValue(new Map(Object.entries(entries)), { zero: "", ...options });
}

/** A []string. */
export function stringList(
  items: readonly string[],
  typeName = "[]string",
  methods = NO_METHODS,
): ListValue {
  return new ListValue(items, typeName, methods);
}

/** How deep `toValue` follows data before it gives up. */
const MAX_DATA_DEPTH = 64;

/**
 * Plain JSON-like data as a value: objects become map[string]interface{}, arrays []interface{},
 * numbers float64. Only own enumerable properties are read. Throws RangeError for data that is too
 * deep (or circular) and TypeError for what JSON does not have.
 */
export function toValue(data: unknown, depth = 0): Value {
  if (depth > MAX_DATA_DEPTH) throw new RangeError(`data is more than ${MAX_DATA_DEPTH} deep`);
  if (data === undefined || data === null) return null;
  if (isScalar(data)) return data;
  if (Array.isArray(data)) return new ListValue(data.map((item) => toValue(item, depth + 1)));
  if (typeof data === "object") {
    const entries = Object.entries(data).map(
      ([key, item]) => [key, toValue(item, depth + 1)] as const,
    );
    return new MapValue(new Map(entries));
  }
  throw new TypeError(`a ${typeof data} is not data`);
}

function isScalar(data: unknown): data is boolean | string | number | bigint {
  return (
    typeof data === "boolean" ||
    typeof data === "string" ||
    typeof data === "number" ||
    typeof data === "bigint"
  );
}

/** The Go name of a value's type. */
export function typeName(value: Value): string {
  switch (typeof value) {
    case "undefined":
      return "<nil>";
    case "boolean":
      return "bool";
    case "string":
      return "string";
    case "number":
      return "float64";
    case "bigint":
      return "int";
    default:
      return value === null ? "interface {}" : value.typeName;
  }
}

/** Whether a condition holds for the value: non-zero and non-empty. Structs always hold. */
export function isTrue(value: Value): boolean {
  switch (typeof value) {
    case "undefined":
      return false;
    case "boolean":
      return value;
    case "string":
      return value !== "";
    case "number":
      return value !== 0;
    case "bigint":
      return value !== 0n;
    default:
      if (value === null) return false;
      if (value.kind === "list") return value.items.length > 0;
      if (value.kind === "map") return value.entries.size > 0;
      if (value.kind === "duration") return value.nanoseconds !== 0n;
      return true;
  }
}

/** Orders strings by their UTF-8 bytes, as Go does; UTF-16 order differs above U+FFFF. */
export function compareUtf8(a: string, b: string): number {
  if (a === b) return 0;
  let i = 0;
  while (i < a.length && i < b.length && a.charCodeAt(i) === b.charCodeAt(i)) i += 1;
  const x = a.charCodeAt(i);
  const y = b.charCodeAt(i);
  if (Number.isNaN(x)) return -1;
  if (Number.isNaN(y)) return 1;
  // Surrogates stand for code points above every other unit.
  const isHigh = (unit: number) => unit >= 0xd800 && unit <= 0xdfff;
  if (isHigh(x) !== isHigh(y)) return isHigh(x) ? 1 : -1;
  return x < y ? -1 : 1;
}
