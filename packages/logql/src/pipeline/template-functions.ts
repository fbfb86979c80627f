import {
  alertmanagerFunctions,
  fn,
  FunctionError,
  ListValue,
  MapValue,
  TimeValue,
  variadic,
} from "@seaworthy/template";
import type { FunctionSet, Value } from "@seaworthy/template";
import { parseBytes, parseDuration, parseFloat64 } from "../units.ts";

/** What the functions of a template see of the line that it is executed for. */
export interface LineContext {
  line: string;
  timeNs: bigint;
}

/** The functions of line_format and label_format. They see the line by `context`. */
export function templateFunctions(context: LineContext): FunctionSet {
  const { reReplaceAll, toUpper, toLower, title } = alertmanagerFunctions({ now: () => 0 });
  return {
    ...TEXT,
    ...NUMBERS,
    ...(reReplaceAll === undefined
      ? {}
      : { regexReplaceAll: rotated(reReplaceAll), regexReplaceAllLiteral: rotated(reReplaceAll) }),
    ...(toUpper === undefined ? {} : { ToUpper: toUpper, upper: toUpper }),
    ...(toLower === undefined ? {} : { ToLower: toLower, lower: toLower }),
    ...(title === undefined ? {} : { title }),
    __line__: fn([], () => context.line),
    __timestamp__: fn([], () => timeOf(context.timeNs)),
  };
}

/** Go's regexp functions take the text in the middle: `regexReplaceAll pattern text replacement`. */
function rotated(replaceAll: NonNullable<FunctionSet[string]>): NonNullable<FunctionSet[string]> {
  return fn(["string", "string", "string"], ([pattern, text, replacement], run) =>
    replaceAll.call([pattern, replacement, text], run),
  );
}

const timeOf = (ns: bigint) => new TimeValue(Number(ns / 1_000_000n));

const TEXT: FunctionSet = {
  Replace: fn(["string", "string", "string", "int"], ([text, from, to, count]) =>
    replace(text, from, to, Number(count)),
  ),
  replace: fn(["string", "string", "string"], ([from, to, text]) => replace(text, from, to, -1)),
  Trim: fn(["string", "string"], ([text, set]) => trimSet(text, set, true, true)),
  TrimLeft: fn(["string", "string"], ([text, set]) => trimSet(text, set, true, false)),
  TrimRight: fn(["string", "string"], ([text, set]) => trimSet(text, set, false, true)),
  TrimPrefix: fn(["string", "string"], ([text, front]) => withoutPrefix(text, front)),
  TrimSuffix: fn(["string", "string"], ([text, back]) => withoutSuffix(text, back)),
  TrimSpace: fn(["string"], ([text]) => text.trim()),
  trim: fn(["string"], ([text]) => text.trim()),
  trimAll: fn(["string", "string"], ([set, text]) => trimSet(text, set, true, true)),
  trimPrefix: fn(["string", "string"], ([front, text]) => withoutPrefix(text, front)),
  trimSuffix: fn(["string", "string"], ([back, text]) => withoutSuffix(text, back)),
  contains: fn(["string", "string"], ([part, text]) => text.includes(part)),
  hasPrefix: fn(["string", "string"], ([part, text]) => text.startsWith(part)),
  hasSuffix: fn(["string", "string"], ([part, text]) => text.endsWith(part)),
  repeat: fn(["int", "string"], ([count, text], run) => {
    const times = Math.max(0, Number(count));
    if (times * text.length > run.maxString) throw new FunctionError("the text becomes too long");
    run.charge(times * text.length);
    return text.repeat(times);
  }),
  indent: fn(["int", "string"], ([spaces, text]) => indent(Number(spaces), text)),
  nindent: fn(["int", "string"], ([spaces, text]) => `\n${indent(Number(spaces), text)}`),
  substr: fn(["int", "int", "string"], ([start, end, text]) => {
    const from = Math.max(0, Number(start));
    return text.slice(from, Number(end) < from ? undefined : Number(end));
  }),
  trunc: fn(["int", "string"], ([count, text]) => {
    const length = Number(count);
    return length < 0 ? text.slice(length) : text.slice(0, length);
  }),
  alignLeft: fn(["int", "string"], ([width, text]) =>
    bounded(text.slice(0, Number(width)).padEnd(wide(width))),
  ),
  alignRight: fn(["int", "string"], ([width, text]) =>
    bounded(text.slice(-wide(width)).padStart(wide(width))),
  ),
  default: fn(["string", "string"], ([otherwise, text]) => (text === "" ? otherwise : text)),
  b64enc: fn(["string"], ([text]) => Buffer.from(text).toString("base64")),
  b64dec: fn(["string"], ([text]) => Buffer.from(text, "base64").toString("utf8")),
  urlencode: fn(["string"], ([text]) => encodeURIComponent(text).replaceAll("%20", "+")),
  urldecode: fn(["string"], ([text]) => {
    try {
      return decodeURIComponent(text.replaceAll("+", " "));
    } catch {
      throw new FunctionError(`invalid URL escape in ${JSON.stringify(text)}`);
    }
  }),
  fromJson: fn(["string"], ([text]) => {
    try {
      return valueOf(JSON.parse(text) as unknown);
    } catch {
      return "";
    }
  }),
  bytes: fn(["string"], ([text]) => {
    const bytes = parseBytes(text);
    if (bytes === undefined) throw new FunctionError(`${JSON.stringify(text)} is no size`);
    return bytes;
  }),
  duration: fn(["string"], ([text]) => seconds(text)),
  duration_seconds: fn(["string"], ([text]) => seconds(text)),
  unixEpoch: fn(["time.Time"], ([time]) => String(Math.floor(time.ms / 1000))),
  unixEpochMillis: fn(["time.Time"], ([time]) => String(time.ms)),
  unixToTime: fn(["string"], ([text]) => {
    const unit = { 10: 1000, 13: 1, 16: 1e-3, 19: 1e-6 }[text.length];
    if (unit === undefined || !/^\d+$/.test(text)) {
      throw new FunctionError(`${JSON.stringify(text)} is no Unix time`);
    }
    return new TimeValue(Math.floor(Number(text) * unit));
  }),
  date: fn(["string", "time.Time"], ([layout, time]) => time.format(layout)),
};

const wide = (width: bigint) => Math.min(10_000, Math.max(0, Number(width)));
const bounded = (text: string) => text.slice(0, 10_000);

const NUMBERS: FunctionSet = {
  int: fn(["any"], ([value]) => BigInt(Math.trunc(numberOf(value)) || 0)),
  float64: fn(["any"], ([value]) => numberOf(value)),
  add: variadic([], "any", (_, values) => integers(values).reduce((a, b) => a + b, 0n)),
  sub: fn(["any", "any"], ([a, b]) => integer(a) - integer(b)),
  mul: variadic([], "any", (_, values) => integers(values).reduce((a, b) => a * b, 1n)),
  div: fn(["any", "any"], ([a, b]) => integer(a) / nonZero(integer(b))),
  mod: fn(["any", "any"], ([a, b]) => integer(a) % nonZero(integer(b))),
  max: variadic([], "any", (_, values) => integers(values).reduce((a, b) => (a > b ? a : b))),
  min: variadic([], "any", (_, values) => integers(values).reduce((a, b) => (a < b ? a : b))),
  addf: variadic([], "any", (_, values) => values.map(numberOf).reduce((a, b) => a + b, 0)),
  subf: fn(["any", "any"], ([a, b]) => numberOf(a) - numberOf(b)),
  mulf: variadic([], "any", (_, values) => values.map(numberOf).reduce((a, b) => a * b, 1)),
  divf: fn(["any", "any"], ([a, b]) => numberOf(a) / numberOf(b)),
  maxf: variadic([], "any", (_, values) => Math.max(...values.map(numberOf))),
  minf: variadic([], "any", (_, values) => Math.min(...values.map(numberOf))),
  ceil: fn(["any"], ([value]) => Math.ceil(numberOf(value))),
  floor: fn(["any"], ([value]) => Math.floor(numberOf(value))),
  round: fn(["any", "int"], ([value, places]) => {
    const factor = 10 ** Number(places);
    return Math.round(numberOf(value) * factor) / factor;
  }),
};

function replace(text: string, from: string, to: string, count: number): string {
  if (count < 0) return text.replaceAll(from, () => to);
  const parts = text.split(from);
  const head = parts.slice(0, count + 1).join(to);
  const tail = parts.slice(count + 1);
  return [head, ...tail].join(from);
}

function trimSet(text: string, set: string, left: boolean, right: boolean): string {
  let start = 0;
  let end = text.length;
  if (left) while (start < end && set.includes(text[start] ?? "")) start += 1;
  if (right) while (end > start && set.includes(text[end - 1] ?? "")) end -= 1;
  return text.slice(start, end);
}

const withoutPrefix = (text: string, front: string) =>
  text.startsWith(front) ? text.slice(front.length) : text;
const withoutSuffix = (text: string, back: string) =>
  back !== "" && text.endsWith(back) ? text.slice(0, -back.length) : text;

function indent(spaces: number, text: string): string {
  const pad = " ".repeat(Math.min(Math.max(0, spaces), 1000));
  return pad + text.replaceAll("\n", `\n${pad}`);
}

function seconds(text: string): number {
  const value = parseDuration(text);
  if (value === undefined) throw new FunctionError(`${JSON.stringify(text)} is no duration`);
  return value;
}

function numberOf(value: Value): number {
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return Number(value);
  if (typeof value === "string") return parseFloat64(value) ?? 0;
  return value === true ? 1 : 0;
}

function integer(value: Value): bigint {
  const number = numberOf(value);
  return Number.isFinite(number) ? BigInt(Math.trunc(number)) : 0n;
}

const integers = (values: readonly Value[]) => values.map(integer);

function nonZero(value: bigint): bigint {
  if (value === 0n) throw new FunctionError("division by zero");
  return value;
}

/** JSON as a template sees it. */
function valueOf(json: unknown): Value {
  if (Array.isArray(json)) return new ListValue(json.map(valueOf));
  if (typeof json === "object" && json !== null) {
    return new MapValue(new Map(Object.entries(json).map(([key, value]) => [key, valueOf(value)])));
  }
  if (typeof json === "string" || typeof json === "number" || typeof json === "boolean")
    return json;
  return null;
}
