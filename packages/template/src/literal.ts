const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  a: "\u0007",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  "'": "'",
  '"': '"',
};

const ESCAPE =
  /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|([\s\S]))|[^\\]+/gu;

/** The value of a double-quoted Go string. Throws SyntaxError. */
export function parseQuoted(source: string): string {
  return unescape(source, '"');
}

/** The value of a character constant such as `'a'`: its code point. Throws SyntaxError. */
export function parseChar(source: string): NumberValue {
  const chars = Array.from(unescape(source, "'"));
  const [char] = chars;
  if (char === undefined || chars.length !== 1)
    throw new SyntaxError(`malformed character constant: ${source}`);
  const code = char.codePointAt(0) ?? 0;
  return { int: BigInt(code), float: code, isFloat: false };
}

export interface NumberValue {
  readonly int: bigint | undefined;
  readonly float: number;
  readonly isFloat: boolean;
}

const INT64_MAX = (1n << 63n) - 1n;
const INT64_MIN = -(1n << 63n);

/** The value of a number as Go writes them, underscores and base prefixes included. Throws SyntaxError. */
export function parseNumber(source: string): NumberValue {
  if (source.endsWith("i"))
    throw new SyntaxError(`complex numbers are not supported: ${quoted(source)}`);
  const int = parseInteger(source);
  if (int !== undefined) {
    if (int > INT64_MAX || int < INT64_MIN)
      throw new SyntaxError(`integer overflow: ${quoted(source)}`);
    return { int, float: Number(int), isFloat: false };
  }
  const float = parseFloat64(source);
  if (float === undefined) throw new SyntaxError(`illegal number syntax: ${quoted(source)}`);
  if (!Number.isFinite(float)) throw new SyntaxError(`illegal number syntax: ${quoted(source)}`);
  // A float without a fraction may be given where an int is wanted.
  const whole = Number.isInteger(float) && Math.abs(float) < 2 ** 63;
  return { int: whole ? BigInt(float) : undefined, float, isFloat: true };
}

const INTEGER =
  /^([+-]?)(?:0[xX](?:_?([0-9a-fA-F]+))+|0[bB](?:_?[01]+)+|0[oO]?(?:_?[0-7]+)+|0|[1-9][0-9]*(?:_[0-9]+)*)$/;

function parseInteger(source: string): bigint | undefined {
  const match = INTEGER.exec(source);
  if (match === null) return undefined;
  const digits = source
    .slice((match[1] ?? "").length)
    .replaceAll("_", "")
    .toLowerCase();
  const octal = /^0[0-7]+$/.test(digits);
  const value = BigInt(octal ? `0o${digits.slice(1)}` : digits);
  return match[1] === "-" ? -value : value;
}

/** A float64 from Go's syntax for floats (ParseFloat), hexadecimal floats included. */
export function parseFloat64(source: string): number | undefined {
  if (/^[+-]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(source))
    return Number(source.replaceAll("_", ""));
  const hex = /^([+-]?)0[xX]([0-9a-fA-F_]*)(?:\.([0-9a-fA-F_]*))?[pP]([+-]?\d+)$/.exec(source);
  if (hex === null) return undefined;
  const [, sign, whole = "", fraction = "", exponent = "0"] = hex;
  const digits = (whole + fraction).replaceAll("_", "");
  if (digits === "") return undefined;
  const mantissa = Number(BigInt(`0x${digits}`));
  const value = mantissa * 2 ** (Number(exponent) - 4 * fraction.replaceAll("_", "").length);
  return sign === "-" ? -value : value;
}

/** Reads the inside of a quoted literal; `\x` and octal escapes are bytes, read as UTF-8 together. */
function unescape(source: string, mark: string): string {
  const body = source.slice(1, -1);
  if (!body.includes("\\")) return body;
  let value = "";
  let bytes: number[] = [];
  const flush = () => {
    if (bytes.length > 0) value += new TextDecoder().decode(Uint8Array.from(bytes));
    bytes = [];
  };
  for (const match of body.matchAll(ESCAPE)) {
    const [whole, hex, short, long, octal, simple] = match;
    const byte = hex === undefined ? octal : hex;
    if (byte !== undefined) {
      const code = Number.parseInt(byte, hex === undefined ? 8 : 16);
      if (code > 255) throw new SyntaxError("invalid syntax");
      bytes.push(code);
      continue;
    }
    flush();
    const point = short ?? long;
    if (point !== undefined) {
      const code = Number.parseInt(point, 16);
      if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        throw new SyntaxError("invalid syntax");
      value += String.fromCodePoint(code);
    } else if (simple !== undefined) {
      const char = SIMPLE_ESCAPES[simple];
      const wrongQuote = (simple === "'" || simple === '"') && simple !== mark;
      if (char === undefined || wrongQuote) throw new SyntaxError("invalid syntax");
      value += char;
    } else value += whole;
  }
  flush();
  return value;
}

function quoted(source: string): string {
  return JSON.stringify(source);
}
