import { FunctionError } from "../errors.ts";
import { parseFloat64 } from "../literal.ts";
import { formatFloat } from "../float.ts";
import { TimeValue } from "../time.ts";
import { typeName } from "../values.ts";
import type { Value } from "../values.ts";

const LARGE = ["k", "M", "G", "T", "P", "E", "Z", "Y"];
const SMALL = ["m", "u", "n", "p", "f", "a", "z", "y"];
const BINARY = ["ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"];

/** The number that a value stands for: floats, ints, durations (in seconds) and numeric strings. */
export function toFloat(value: Value): number {
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return Number(value);
  if (typeof value === "string") return floatOf(value);
  if (value !== null && typeof value === "object" && value.kind === "duration")
    return value.seconds;
  throw new FunctionError(`can't convert ${typeName(value)} to float`);
}

function floatOf(text: string): number {
  const special = /^([+-]?)(inf|infinity|nan)$/i.exec(text);
  if (special !== null) {
    if (special[2]?.toLowerCase() === "nan") return Number.NaN;
    return special[1] === "-" ? -Infinity : Infinity;
  }
  const value = parseFloat64(text);
  if (value === undefined)
    throw new FunctionError(`strconv.ParseFloat: parsing ${JSON.stringify(text)}: invalid syntax`);
  return value;
}

const four = (value: number): string => formatFloat(value, "g", 4);

/** `1234567` as `1.235M`. */
export function humanize(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return four(value);
  return Math.abs(value) >= 1 ? scaleDown(value, LARGE, 1000) : scaleUp(value);
}

/** `1048576` as `1Mi`. */
export function humanize1024(value: number): string {
  if (Math.abs(value) <= 1 || !Number.isFinite(value)) return four(value);
  return scaleDown(value, BINARY, 1024);
}

function scaleDown(value: number, prefixes: readonly string[], step: number): string {
  let scaled = value;
  let prefix = "";
  for (const next of prefixes) {
    if (Math.abs(scaled) < step) break;
    prefix = next;
    scaled /= step;
  }
  return four(scaled) + prefix;
}

function scaleUp(value: number): string {
  let scaled = value;
  let prefix = "";
  for (const next of SMALL) {
    if (Math.abs(scaled) >= 1) break;
    prefix = next;
    scaled *= 1000;
  }
  return four(scaled) + prefix;
}

/** Seconds as `1d 2h 3m 4s`, `1.5s`, `20ms`. */
export function humanizeDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return four(seconds);
  if (seconds === 0) return "0s";
  if (Math.abs(seconds) < 1) return `${scaleUp(seconds)}s`;
  const sign = seconds < 0 ? "-" : "";
  const abs = Math.abs(seconds);
  const whole = Math.floor(abs);
  const [d, h, m, s] = [
    Math.floor(whole / 86_400),
    Math.floor(whole / 3600) % 24,
    Math.floor(whole / 60) % 60,
    whole % 60,
  ];
  if (d !== 0) return `${sign}${d}d ${h}h ${m}m ${s}s`;
  if (h !== 0) return `${sign}${h}h ${m}m ${s}s`;
  if (m !== 0) return `${sign}${m}m ${s}s`;
  return `${sign}${four(abs)}s`;
}

/** `0.1234` as `12.34%`. */
export function humanizePercentage(ratio: number): string {
  return `${four(ratio * 100)}%`;
}

/** Seconds since 1970 as `2006-01-02 15:04:05 +0000 UTC`. */
export function humanizeTimestamp(seconds: number): string {
  return Number.isFinite(seconds) ? toTime(seconds).toString() : four(seconds);
}

/** The instant of seconds since 1970. */
export function toTime(seconds: number): TimeValue {
  // Beyond this JavaScript's dates end; Go's are refused a little later.
  if (!(Math.abs(seconds) <= 8.64e12))
    throw new FunctionError(`cannot convert ${four(seconds)} to time: it would overflow`);
  return new TimeValue(seconds * 1000);
}
