/**
 * Parses a number the way Go's strconv does for Prometheus: decimal and hexadecimal integers,
 * octal with a leading 0, floats, `Inf`, `NaN` in any case, underscores between digits.
 * undefined when the text is not a number.
 */
export function parseNumber(text: string): number | undefined {
  const match = /^([+-]?)(.*)$/s.exec(text);
  const sign = match?.[1] === "-" ? -1 : 1;
  const body = (match?.[2] ?? "").toLowerCase();
  if (body === "inf" || body === "infinity") return sign * Number.POSITIVE_INFINITY;
  if (body === "nan") return Number.NaN;
  if (/^_|__|_$|_[.e]|[.e]_/.test(body)) return undefined;
  const digits = body.replaceAll("_", "");
  if (/^0x[0-9a-f]+$/.test(digits)) return sign * Number(digits);
  if (/^0[0-7]+$/.test(digits)) return sign * Number.parseInt(digits, 8);
  if (!/^(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/.test(digits)) return undefined;
  return sign * Number(digits);
}

/**
 * Prints a sample's value as Prometheus's JSON API does: `+Inf`, `-Inf`, `NaN`, otherwise the
 * shortest decimal that reads back the same, with an exponent below 1e-6 and from 1e21.
 */
export function formatValue(value: number): string {
  const special = formatSpecial(value);
  if (special !== undefined) return special;
  // JavaScript changes to exponents at the same sizes; only the exponent's digits differ.
  return String(value).replace(/e([+-])(\d)$/, "e$10$2");
}

/** Go's format 'f' with the shortest precision: never an exponent. What count_values makes labels of. */
export function formatDecimal(value: number): string {
  const special = formatSpecial(value);
  if (special !== undefined) return special;
  const text = String(value);
  return text.includes("e") ? withoutExponent(text) : text;
}

function formatSpecial(value: number): string | undefined {
  if (Number.isNaN(value)) return "NaN";
  if (value === Number.POSITIVE_INFINITY) return "+Inf";
  if (value === Number.NEGATIVE_INFINITY) return "-Inf";
  return Object.is(value, -0) ? "-0" : undefined;
}

function withoutExponent(text: string): string {
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (match === null) return text;
  const [, sign = "", first = "", fraction = "", exponentText = "0"] = match;
  const digits = first + fraction;
  const point = 1 + Number(exponentText);
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  if (point >= digits.length) return `${sign}${digits}${"0".repeat(point - digits.length)}`;
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/**
 * Go's format 'g' with the shortest precision, what `%v` prints: an exponent below 1e-4 and from
 * 1e6: `0.1`, `999999`, `1e+06`, `1.23456789e+08`, `+Inf`.
 */
export function formatCompact(value: number): string {
  const special = formatSpecial(value);
  if (special !== undefined || value === 0) return special ?? "0";
  const [mantissa = "", exponentText = "0"] = value.toExponential().split("e");
  const exponent = Number(exponentText);
  if (exponent >= -4 && exponent < 6) return formatDecimal(value);
  const size = String(Math.abs(exponent)).padStart(2, "0");
  return `${mantissa}e${exponent < 0 ? "-" : "+"}${size}`;
}

/** As OpenMetrics writes the numbers of labels: whole numbers with a point (`1.0`). */
export function formatOpenMetrics(value: number): string {
  const text = formatCompact(value);
  return /[e.a-zA-Z]/.test(text) ? text : `${text}.0`;
}

/** A float as Go's strconv reads it, undefined when the whole text is not one. */
export function parseFloatStrictly(text: string): number | undefined {
  return /^[+-]?0[0-7]/.test(text) ? Number(text) : parseNumber(text);
}
