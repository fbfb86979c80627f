import { ProtoReader, tagOf, WIRE } from "../protobuf.ts";

/**
 * OpenTelemetry's attributes (common.proto: KeyValue, AnyValue), from protobuf and from OTLP's JSON,
 * as flat texts: maps are flattened with dots, lists are JSON, bytes are base64.
 */

/** An AnyValue. */
export type AnyValue = string | number | boolean | null | readonly AnyValue[] | AnyMap;
export interface AnyMap {
  readonly [key: string]: AnyValue;
}

/** Attributes by name, before they are flattened. */
export type Attributes = Record<string, AnyValue>;

/** What nests deeper becomes null: nobody writes that by hand. */
const MAX_DEPTH = 16;

const KEY = tagOf(1, WIRE.bytes);
const VALUE = tagOf(2, WIRE.bytes);
const STRING = tagOf(1, WIRE.bytes);
const BOOL = tagOf(2, WIRE.varint);
const INT = tagOf(3, WIRE.varint);
const DOUBLE = tagOf(4, WIRE.fixed64);
const ARRAY = tagOf(5, WIRE.bytes);
const KVLIST = tagOf(6, WIRE.bytes);
const BYTES = tagOf(7, WIRE.bytes);
const ELEMENT = tagOf(1, WIRE.bytes);

/** Reads the KeyValue message here into `into`. */
export function readKeyValue(reader: ProtoReader, into: Attributes, depth = 0): void {
  const outer = reader.open();
  let key = "";
  let value: AnyValue = null;
  while (reader.more) {
    const tag = reader.nextTag();
    if (tag === KEY) key = reader.string();
    else if (tag === VALUE) value = readAnyValue(reader, depth);
    else reader.skip(tag);
  }
  reader.close(outer);
  if (key !== "" && key !== "__proto__") into[key] = value;
}

/** Reads the AnyValue message here. */
export function readAnyValue(reader: ProtoReader, depth = 0): AnyValue {
  const outer = reader.open();
  let value: AnyValue = null;
  const tooDeep = depth >= MAX_DEPTH;
  while (reader.more) {
    const tag = reader.nextTag();
    if (tooDeep) reader.skip(tag);
    else if (tag === STRING) value = reader.string();
    else if (tag === BOOL) value = reader.uint32() !== 0;
    else if (tag === INT) value = wholeNumber(reader.bigInt64());
    else if (tag === DOUBLE) value = reader.double();
    else if (tag === ARRAY) value = readList(reader, depth + 1);
    else if (tag === KVLIST) value = readMap(reader, depth + 1);
    else if (tag === BYTES) value = reader.blob().toString("base64");
    else reader.skip(tag);
  }
  reader.close(outer);
  return value;
}

function readList(reader: ProtoReader, depth: number): AnyValue[] {
  const outer = reader.open();
  const list: AnyValue[] = [];
  while (reader.more) {
    const tag = reader.nextTag();
    if (tag === ELEMENT) list.push(readAnyValue(reader, depth));
    else reader.skip(tag);
  }
  reader.close(outer);
  return list;
}

function readMap(reader: ProtoReader, depth: number): AnyMap {
  const outer = reader.open();
  const map: Attributes = {};
  while (reader.more) {
    const tag = reader.nextTag();
    if (tag === ELEMENT) readKeyValue(reader, map, depth);
    else reader.skip(tag);
  }
  reader.close(outer);
  return map;
}

/** Attributes from OTLP's JSON: a list of `{key, value: {stringValue: …}}`. What is none is left out. */
export function attributesOfJson(list: unknown, depth = 0): Attributes {
  const attributes: Attributes = {};
  if (!Array.isArray(list)) return attributes;
  for (const entry of list as unknown[]) {
    const { key, value } = (entry ?? {}) as { key?: unknown; value?: unknown };
    if (typeof key === "string" && key !== "" && key !== "__proto__") {
      attributes[key] = anyValueOfJson(value, depth);
    }
  }
  return attributes;
}

/** An AnyValue from OTLP's JSON. 64-bit integers may come as texts. */
export function anyValueOfJson(value: unknown, depth = 0): AnyValue {
  if (typeof value !== "object" || value === null || depth >= MAX_DEPTH) return null;
  const given = value as Readonly<Record<string, unknown>>;
  const { stringValue, boolValue, intValue, doubleValue, bytesValue } = given;
  if (typeof stringValue === "string") return stringValue;
  if (typeof boolValue === "boolean") return boolValue;
  if (typeof intValue === "number") return intValue;
  if (typeof intValue === "string") {
    return /^-?\d{1,20}$/.test(intValue) ? wholeNumber(BigInt(intValue)) : Number(intValue);
  }
  if (typeof doubleValue === "number" || typeof doubleValue === "string")
    return Number(doubleValue);
  if (typeof bytesValue === "string") return bytesValue;
  const list = (given["arrayValue"] as { values?: unknown } | null | undefined)?.values;
  if (Array.isArray(list))
    return (list as unknown[]).map((item) => anyValueOfJson(item, depth + 1));
  const map = given["kvlistValue"] as { values?: unknown } | null | undefined;
  if (map !== undefined && map !== null) return attributesOfJson(map.values, depth + 1);
  return null;
}

/** A whole number; beyond 2^53 a text, which keeps every digit (ids are such numbers). */
function wholeNumber(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}

/** An attribute's value as one text. */
export function textOf(value: AnyValue): string {
  if (value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** How many flattened attributes one holder may have, and how long all names and values may be. */
export interface FlatLimits {
  readonly count: number;
  readonly length: number;
}

/**
 * Flattened attributes in the making: `{a: {b: 1}}` becomes `a.b` = "1"; empty ones are left out. What
 * goes beyond the limits ends it, with so many in it that the limits show: a long name above many others
 * is written out before each of them, and a small request would become a large one.
 */
export class FlatAttributes {
  readonly texts: Record<string, string>;
  readonly #limits: FlatLimits;
  readonly #nameOf: (name: string) => string;
  #count: number;
  #length: number;

  /** `nameOf`: how names are written. `shared`: attributes that it begins with. */
  constructor(limits: FlatLimits, nameOf = (name: string) => name, shared?: FlatAttributes) {
    this.#limits = limits;
    this.#nameOf = nameOf;
    this.texts = { ...shared?.texts };
    this.#count = shared === undefined ? 0 : shared.#count;
    this.#length = shared === undefined ? 0 : shared.#length;
  }

  get count(): number {
    return this.#count;
  }

  get length(): number {
    return this.#length;
  }

  get isOver(): boolean {
    return this.#count > this.#limits.count || this.#length > this.#limits.length;
  }

  /** Sets one that is flat. */
  put(given: string, value: string): void {
    if (value === "" || this.isOver) return;
    const name = this.#nameOf(given);
    const before = this.texts[name];
    if (before === undefined) this.#count += 1;
    this.#length += value.length - (before === undefined ? -name.length : before.length);
    this.texts[name] = value;
  }

  /** Adds attributes, flattened. */
  add(attributes: AnyMap, prefix = ""): this {
    for (const key in attributes) {
      if (this.isOver) break;
      const value = attributes[key] ?? null;
      if (typeof value === "object" && value !== null && !Array.isArray(value)) {
        this.add(value as AnyMap, `${prefix}${key}.`);
      } else this.put(prefix + key, textOf(value));
    }
    return this;
  }
}
