/**
 * ClickHouse's Native format: blocks of columns as they lie in the engine's memory, little endian.
 * Numbers go in and come out as typed arrays, so that a float keeps its bits (a staleness marker is
 * a NaN with a payload) and nothing is printed or parsed.
 * https://clickhouse.com/docs/interfaces/formats/Native
 */

/** One column on its way in. */
export type ColumnInput =
  | { readonly name: string; readonly type: "UInt8"; readonly data: Uint8Array }
  | { readonly name: string; readonly type: "Int8"; readonly data: Int8Array }
  | { readonly name: string; readonly type: "UInt32"; readonly data: Uint32Array }
  | { readonly name: string; readonly type: "UInt64"; readonly data: BigUint64Array }
  | { readonly name: string; readonly type: "Float64"; readonly data: Float64Array }
  /** Whole nanoseconds since 1970. */
  | { readonly name: string; readonly type: "DateTime64(9, 'UTC')"; readonly data: BigInt64Array }
  /** Whole seconds since 1970. */
  | { readonly name: string; readonly type: "DateTime('UTC')"; readonly data: Uint32Array }
  /** Whole milliseconds since 1970. */
  | { readonly name: string; readonly type: "DateTime64(3, 'UTC')"; readonly data: Float64Array }
  /** Days since 1970. */
  | { readonly name: string; readonly type: "Date"; readonly data: Uint16Array }
  | { readonly name: string; readonly type: "String"; readonly data: readonly string[] }
  | { readonly name: string; readonly type: "Array(Int32)"; readonly data: readonly Int32Array[] }
  | {
      readonly name: string;
      readonly type: "Array(Float64)";
      readonly data: readonly Float64Array[];
    }
  | {
      readonly name: string;
      readonly type: "Map(String, String)";
      readonly data: readonly Readonly<Record<string, string>>[];
    };

type NumberArray =
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array;

/** Row i of an array column is `values` from `ends[i − 1]` (0 for the first) up to `ends[i]`. */
export interface ArrayColumn {
  readonly kind: "array";
  readonly ends: Float64Array;
  readonly values: Column;
}

/** Row i of a map column is the entries from `ends[i − 1]` up to `ends[i]`. */
export interface MapColumn {
  readonly kind: "map";
  readonly ends: Float64Array;
  readonly keys: Column;
  readonly values: Column;
}

/** Row i is absent where `nulls[i]` is 1; `values` holds something there all the same. */
export interface NullableColumn {
  readonly kind: "nullable";
  readonly nulls: Uint8Array;
  readonly values: Column;
}

/** Numbers: as they came, little endian at any offset, and as an array, which is made when asked for. */
export interface NumbersColumn {
  readonly kind: "numbers";
  readonly bytes: Uint8Array;
  readonly data: NumberArray;
}

/** One column on its way out. Times are 64-bit ticks, dates are days since 1970. */
export type Column =
  | NumbersColumn
  | { readonly kind: "strings"; readonly data: readonly string[] }
  | NullableColumn
  | ArrayColumn
  | MapColumn;

/** Some rows of an answer: its columns by name. An answer is any number of blocks. */
export interface Block {
  readonly rows: number;
  readonly columns: ReadonlyMap<string, Column>;
}

/** Encodes columns of equal length as one block. */
export function encodeBlock(rows: number, columns: readonly ColumnInput[]): Buffer {
  const parts: Uint8Array[] = [varint(columns.length), varint(rows)];
  for (const column of columns) {
    if (column.data.length !== rows) {
      throw new RangeError(`column ${column.name} has ${column.data.length} of ${rows} rows`);
    }
    parts.push(text(column.name), text(column.type), ...encodeColumn(column));
  }
  return Buffer.concat(parts);
}

function encodeColumn(column: ColumnInput): Uint8Array[] {
  switch (column.type) {
    case "String":
      return [texts(column.data)];
    case "Map(String, String)":
      return encodeMaps(column.data);
    case "DateTime64(3, 'UTC')":
      return [bytesOf(int64(column.data))];
    case "Array(Int32)":
    case "Array(Float64)":
      return encodeArrays(column.data);
    default:
      return [bytesOf(column.data)];
  }
}

function encodeArrays(arrays: readonly (Int32Array | Float64Array)[]): Uint8Array[] {
  let end = 0;
  const ends = BigUint64Array.from(arrays, ({ length }) => BigInt((end += length)));
  return [bytesOf(ends), ...arrays.map((array) => bytesOf(array))];
}

function encodeMaps(maps: readonly Readonly<Record<string, string>>[]): Uint8Array[] {
  const ends = new BigUint64Array(maps.length);
  const keys: string[] = [];
  const values: string[] = [];
  maps.forEach((map, row) => {
    for (const [key, value] of Object.entries(map)) {
      keys.push(key);
      values.push(value);
    }
    ends[row] = BigInt(keys.length);
  });
  return [bytesOf(ends), texts(keys), texts(values)];
}

function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

const TWO_32 = 0x1_0000_0000;

/** Whole numbers as 64-bit two's complement, without a BigInt each. */
function int64(numbers: Float64Array): Uint32Array {
  const halves = new Uint32Array(numbers.length * 2);
  for (let i = 0; i < numbers.length; i += 1) {
    const number = numbers[i] ?? 0;
    const high = Math.floor(number / TWO_32);
    halves[2 * i] = number - high * TWO_32;
    halves[2 * i + 1] = high;
  }
  return halves;
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

function text(value: string): Uint8Array {
  const bytes = Buffer.from(value, "utf8");
  return Buffer.concat([varint(bytes.length), bytes]);
}

/** In one buffer: columns of log lines have many. */
function texts(values: readonly string[]): Uint8Array {
  const lengths = new Uint32Array(values.length);
  let total = 0;
  for (let i = 0; i < values.length; i += 1) {
    const length = Buffer.byteLength(values[i] ?? "", "utf8");
    lengths[i] = length;
    total += length + varintSize(length);
  }
  const bytes = Buffer.allocUnsafe(total);
  let at = 0;
  for (let i = 0; i < values.length; i += 1) {
    let length = lengths[i] ?? 0;
    for (; length > 0x7f; length >>>= 7) bytes[at++] = (length & 0x7f) | 0x80;
    bytes[at++] = length;
    at += bytes.write(values[i] ?? "", at, "utf8");
  }
  return bytes;
}

function varintSize(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x20_0000) return 3;
  return value < 0x1000_0000 ? 4 : 5;
}

/** Decodes an answer. Throws RangeError when the bytes are cut short or of a type not read here. */
export function decodeBlocks(bytes: Uint8Array): Block[] {
  const reader = new Reader(bytes);
  const blocks: Block[] = [];
  while (!reader.done) {
    const width = reader.varint();
    const rows = reader.varint();
    const columns = new Map<string, Column>();
    for (let i = 0; i < width; i += 1) {
      const name = reader.text();
      columns.set(name, decodeColumn(reader, reader.text(), rows));
    }
    if (rows > 0) blocks.push({ rows, columns });
  }
  return blocks;
}

function decodeColumn(reader: Reader, type: string, rows: number): Column {
  if (type === "String") {
    return { kind: "strings", data: Array.from({ length: rows }, () => reader.text()) };
  }
  const nullable = /^Nullable\((.+)\)$/.exec(type)?.[1];
  if (nullable !== undefined) {
    const nulls = new Uint8Array(reader.bytes(rows));
    return { kind: "nullable", nulls, values: decodeColumn(reader, nullable, rows) };
  }
  const element = /^Array\((.+)\)$/.exec(type)?.[1];
  if (element !== undefined) {
    const ends = reader.ends(rows);
    return { kind: "array", ends, values: decodeColumn(reader, element, ends[rows - 1] ?? 0) };
  }
  const [, key, value] = /^Map\((\w+), (.+)\)$/.exec(type) ?? [];
  if (key !== undefined && value !== undefined) {
    const ends = reader.ends(rows);
    const entries = ends[rows - 1] ?? 0;
    return {
      kind: "map",
      ends,
      keys: decodeColumn(reader, key, entries),
      values: decodeColumn(reader, value, entries),
    };
  }
  const numbers = NUMBERS[type.replace(/\(.*$/, "")];
  if (numbers === undefined) {
    throw new RangeError(`answers of type ${type} are not read; cast them`);
  }
  return numbersColumn(reader.bytes(rows * numbers.size), numbers.make);
}

/** Most columns of long answers are copied to where they belong: an array of each would be a copy more. */
function numbersColumn(bytes: Uint8Array, make: (buffer: ArrayBuffer) => NumberArray): Column {
  let data: NumberArray | undefined;
  return {
    kind: "numbers",
    bytes,
    get data() {
      // A typed array begins at a multiple of its width; in the answer, numbers begin anywhere.
      data ??= make(new Uint8Array(bytes).buffer);
      return data;
    },
  };
}

interface NumberType {
  /** Bytes of one number. */
  readonly size: number;
  readonly make: (buffer: ArrayBuffer) => NumberArray;
}

const NUMBERS: Readonly<Record<string, NumberType>> = {
  UInt8: { size: 1, make: (buffer) => new Uint8Array(buffer) },
  Bool: { size: 1, make: (buffer) => new Uint8Array(buffer) },
  UInt16: { size: 2, make: (buffer) => new Uint16Array(buffer) },
  Date: { size: 2, make: (buffer) => new Uint16Array(buffer) },
  UInt32: { size: 4, make: (buffer) => new Uint32Array(buffer) },
  DateTime: { size: 4, make: (buffer) => new Uint32Array(buffer) },
  UInt64: { size: 8, make: (buffer) => new BigUint64Array(buffer) },
  Int8: { size: 1, make: (buffer) => new Int8Array(buffer) },
  Int16: { size: 2, make: (buffer) => new Int16Array(buffer) },
  Int32: { size: 4, make: (buffer) => new Int32Array(buffer) },
  Int64: { size: 8, make: (buffer) => new BigInt64Array(buffer) },
  DateTime64: { size: 8, make: (buffer) => new BigInt64Array(buffer) },
  Float32: { size: 4, make: (buffer) => new Float32Array(buffer) },
  Float64: { size: 8, make: (buffer) => new Float64Array(buffer) },
};

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  varint(): number {
    let value = 0;
    for (let factor = 1; factor <= 2 ** 49; factor *= 128) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) throw new RangeError("the answer is cut short");
      this.#at += 1;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
    throw new RangeError("the answer holds a length out of range");
  }

  text(): string {
    const end = this.#take(this.varint());
    return this.#bytes.toString("utf8", end.start, end.stop);
  }

  /** A view of the answer. */
  bytes(length: number): Uint8Array {
    const { start, stop } = this.#take(length);
    // Not a Buffer, whose own views cost several times as much.
    return new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset + start, stop - start);
  }

  ends(rows: number): Float64Array {
    const raw = new Uint32Array(new Uint8Array(this.bytes(rows * 8)).buffer);
    return Float64Array.from(
      { length: rows },
      (_, i) => (raw[2 * i] ?? 0) + (raw[2 * i + 1] ?? 0) * TWO_32,
    );
  }

  #take(length: number): { start: number; stop: number } {
    const start = this.#at;
    const stop = start + length;
    if (stop > this.#bytes.length) throw new RangeError("the answer is cut short");
    this.#at = stop;
    return { start, stop };
  }
}
