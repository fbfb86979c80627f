import { SeaworthyError } from "../../model/index.ts";
import { tagOf, WIRE } from "../protobuf.ts";
import type { ProtoReader } from "../protobuf.ts";

/**
 * OTLP's messages come as protobuf or as JSON. A message is declared once, as a table of its fields,
 * and read from either into the same object: every field present, with protobuf's default where it
 * was left out. https://opentelemetry.io/docs/specs/otlp/
 */

/** A request that is not what its schema says. `path` leads to the fault, as in JavaScript. */
export class OtlpError extends SeaworthyError {
  readonly code = "otlp_malformed";
  override readonly status = 400;

  constructor(path: string, reason: string) {
    super(`the request is malformed: ${path === "" ? "" : `${path}: `}${reason}`);
    this.name = "OtlpError";
  }
}

/** Bounds what one request may become in memory. */
export class Budget {
  #messages: number;
  readonly #limit: number;

  /** `messages`: how many messages, nested ones too, a request may hold. */
  constructor(messages: number) {
    this.#messages = messages;
    this.#limit = messages;
  }

  /** Takes one message. Throws OtlpError when there are too many. */
  take(): void {
    this.#messages -= 1;
    if (this.#messages < 0) {
      throw new OtlpError("", `it holds more than ${this.#limit} messages; send less at a time`);
    }
  }
}

type Wire = (typeof WIRE)[keyof typeof WIRE];

/** How one kind of value is read. */
export interface Kind<T> {
  readonly wire: Wire;
  /** What a field is when it was left out. */
  empty(): T;
  fromProtobuf(reader: ProtoReader, budget: Budget): T;
  fromJson(value: unknown, path: string, budget: Budget): T;
}

export interface Field<T> {
  readonly number: number;
  readonly kind: Kind<unknown>;
  readonly repeated: boolean;
  readonly empty: () => T;
}

type Fields = Readonly<Record<string, Field<unknown>>>;

type Message<F extends Fields> = { -readonly [Name in keyof F]: ReturnType<F[Name]["empty"]> };

/** The object that a kind reads. */
export type Read<K> = K extends Kind<infer T> ? T : never;

/** A field that is present always. */
export function one<T>(number: number, kind: Kind<T>): Field<T> {
  return { number, kind, repeated: false, empty: () => kind.empty() };
}

/** A field that may be absent: `optional`, part of a `oneof`, or a message. */
export function maybe<T>(number: number, kind: Kind<T>): Field<T | undefined> {
  return { number, kind, repeated: false, empty: () => undefined };
}

/** A field that may be there many times, packed too. */
export function many<T>(number: number, kind: Kind<T>): Field<T[]> {
  return { number, kind, repeated: true, empty: () => [] };
}

/** A message, which may also stand for itself, without its length in front. */
export interface MessageKind<T> extends Kind<T> {
  readFields(reader: ProtoReader, budget: Budget): T;
}

/** A message of these fields; in JSON they have these names. */
export function message<F extends Fields>(fields: F): MessageKind<Message<F>> {
  const names = Object.keys(fields) as (keyof F & string)[];
  const byTag = new Map<number, { readonly name: keyof F & string; readonly packed: boolean }>();
  for (const name of names) {
    const { number, kind, repeated } = fieldOf(fields, name);
    byTag.set(tagOf(number, kind.wire), { name, packed: false });
    if (repeated && kind.wire !== WIRE.bytes) {
      byTag.set(tagOf(number, WIRE.bytes), { name, packed: true });
    }
  }
  const empty = () => {
    const made: Record<string, unknown> = {};
    for (const name of names) made[name] = fieldOf(fields, name).empty();
    return made;
  };
  const readFields = (reader: ProtoReader, budget: Budget): Message<F> => {
    budget.take();
    const read = empty();
    while (reader.more) {
      const tag = reader.nextTag();
      const known = byTag.get(tag);
      if (known === undefined) {
        reader.skip(tag);
        continue;
      }
      const { kind, repeated } = fieldOf(fields, known.name);
      const list = read[known.name];
      if (!repeated || !Array.isArray(list)) {
        read[known.name] = kind.fromProtobuf(reader, budget);
      } else if (known.packed) {
        const end = reader.open();
        while (reader.more) list.push(kind.fromProtobuf(reader, budget));
        reader.close(end);
      } else list.push(kind.fromProtobuf(reader, budget));
    }
    return read as Message<F>;
  };
  return {
    wire: WIRE.bytes,
    empty: () => empty() as Message<F>,
    readFields,
    fromProtobuf(reader, budget) {
      const outer = reader.open();
      const read = readFields(reader, budget);
      reader.close(outer);
      return read;
    },
    fromJson(value, path, budget) {
      budget.take();
      if (!isObject(value)) throw new OtlpError(path, "an object is expected");
      const read = empty();
      for (const name of names) {
        const given = value[name];
        // JSON's null is a field that was left out.
        if (given === undefined || given === null) continue;
        const where = path === "" ? name : `${path}.${name}`;
        const { kind, repeated } = fieldOf(fields, name);
        if (!repeated) read[name] = kind.fromJson(given, where, budget);
        else if (Array.isArray(given)) {
          read[name] = given.map((each, i) => kind.fromJson(each, `${where}[${i}]`, budget));
        } else throw new OtlpError(where, "a list is expected");
      }
      return read as Message<F>;
    },
  };
}

function fieldOf<F extends Fields>(fields: F, name: keyof F & string): Field<unknown> {
  const field = fields[name];
  if (field === undefined) throw new RangeError(`there is no field ${name}`);
  return field;
}

/** Whether a JSON value is an object. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A kind that is one value, from the functions that read it. */
function scalar<T>(
  wire: Wire,
  zero: T,
  fromProtobuf: (reader: ProtoReader) => T,
  fromJson: (value: unknown) => T | undefined,
  expected: string,
): Kind<T> {
  return {
    wire,
    empty: () => zero,
    fromProtobuf,
    fromJson(value, path) {
      const read = fromJson(value);
      if (read === undefined) throw new OtlpError(path, `${expected} is expected`);
      return read;
    },
  };
}

const WHOLE = /^-?\d{1,20}$/;

function wholeOf(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isInteger(value) ? value : undefined;
  return typeof value === "string" && WHOLE.test(value) ? Number(value) : undefined;
}

function doubleOf(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value !== "string" || value.trim() === "") return undefined;
  const number = Number(value);
  return Number.isNaN(number) && value !== "NaN" ? undefined : number;
}

function nanosOf(value: unknown): number | undefined {
  if (typeof value === "string" && /^\d{1,20}$/.test(value)) {
    return Number(BigInt(value) / 1_000_000n);
  }
  return typeof value === "number" && value >= 0 ? Math.floor(value / 1e6) : undefined;
}

function exactNanosOf(value: unknown): bigint | undefined {
  if (typeof value === "string" && /^\d{1,19}$/.test(value))
    return BigInt.asIntN(64, BigInt(value));
  return typeof value === "number" && Number.isInteger(value) && value >= 0
    ? BigInt.asIntN(64, BigInt(value))
    : undefined;
}

const textOf = (value: unknown) => (typeof value === "string" ? value : undefined);

const A_NUMBER = "a whole number";
const { varint, fixed64, bytes } = WIRE;

export const text = scalar(bytes, "", (r) => r.string(), textOf, "a text");
export const double = scalar(fixed64, 0, (r) => r.double(), doubleOf, "a number");
export const uint32 = scalar(varint, 0, (r) => r.uint32(), wholeOf, A_NUMBER);
export const uint64 = scalar(varint, 0, (r) => r.uint64(), wholeOf, A_NUMBER);
export const sint32 = scalar(varint, 0, (r) => r.sint64(), wholeOf, A_NUMBER);
export const fixedUint64 = scalar(fixed64, 0, (r) => r.fixed64(), wholeOf, A_NUMBER);
export const fixedInt64 = scalar(fixed64, 0, (r) => r.sfixed64(), wholeOf, A_NUMBER);
/** Nanoseconds since 1970, read as whole milliseconds. */
export const nanoseconds = scalar(
  fixed64,
  0,
  (r) => r.nanoseconds(),
  nanosOf,
  "a time in nanoseconds",
);
/** Nanoseconds since 1970, all of them. */
export const exactNanoseconds = scalar(
  fixed64,
  0n,
  (r) => r.bigFixed64(),
  exactNanosOf,
  "a time in nanoseconds",
);
export const bool = scalar(
  varint,
  false,
  (r) => r.uint32() !== 0,
  (value) => (typeof value === "boolean" ? value : undefined),
  "true or false",
);
/** Bytes that OTLP's JSON writes in hexadecimal (ids), read as such. */
export const hex = scalar(bytes, "", (r) => r.blob().toString("hex"), textOf, "a text");
