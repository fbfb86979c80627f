import type { Json } from "./json.ts";

/** A time in ns of decimal digits; undefined for anything else, and beyond what 64 bits hold. */
export function nanoseconds(text: string): bigint | undefined {
  if (!/^-?\d{1,19}$/.test(text)) return undefined;
  const time = BigInt(text);
  return BigInt.asIntN(64, time) === time ? time : undefined;
}

/**
 * A time as JSON log lines carry one: RFC 3339, or a number since 1970 whose size tells its unit
 * (seconds with a fraction, ms, µs or ns). Undefined for anything else.
 */
export function readTime(value: Json | undefined): bigint | undefined {
  if (typeof value === "string" && !/^\d+(?:\.\d+)?$/.test(value)) return rfc3339(value);
  const number = typeof value === "string" ? Number(value) : value;
  if (typeof number !== "number" || !Number.isFinite(number) || number <= 0) return undefined;
  if (typeof value === "string" && number >= 1e17) return nanoseconds(value);
  if (number < 1e11) return BigInt(Math.round(number * 1e6)) * 1000n;
  if (number < 1e14) return BigInt(Math.round(number * 1e3)) * 1000n;
  if (number < 1e17) return BigInt(Math.round(number)) * 1000n;
  return number < 9.2e18 ? BigInt(number) : undefined;
}

const RFC3339 =
  /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9})\d*)?(Z|z|[+-]\d\d:?\d\d)?$/;

/** Keeps what is finer than a millisecond. Without an offset it is UTC. */
function rfc3339(text: string): bigint | undefined {
  const [, date, time, fraction = "", zone = "Z"] = RFC3339.exec(text) ?? [];
  if (date === undefined || time === undefined) return undefined;
  const offset = zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone.toUpperCase();
  const ms = Date.parse(`${date}T${time}${offset}`);
  if (Number.isNaN(ms)) return undefined;
  return BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, "0"));
}

/** A time in ns as people read it; beyond what a calendar has, as the number that it is. */
export function timeText(time: bigint): string {
  const ms = Number(time / 1_000_000n);
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : `${time} ns`;
}
