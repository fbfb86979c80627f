/** A positive number as decimal digits: 0.DIGITS × 10^point. */
interface Decimal {
  readonly digits: string;
  readonly point: number;
}

/**
 * Formats a float64 as Go's strconv.FormatFloat does. `precision` -1 asks for the fewest digits that
 * read back as the same number. Rounding is exact (half to even on the binary value).
 */
export function formatFloat(
  value: number,
  format: "e" | "f" | "g",
  precision: number,
  /** From which decimal exponent on shortest `g` writes an exponent; Go's JSON encoder uses 21. */
  exponentFrom = 6,
): string {
  if (Number.isNaN(value)) return "NaN";
  if (value === Infinity) return "+Inf";
  if (value === -Infinity) return "-Inf";
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  const abs = Math.abs(value);
  const isShortest = precision < 0;
  if (format === "g") {
    const wanted = precision === 0 ? 1 : precision;
    const decimal = isShortest ? shortest(abs) : roundDigits(exact(abs), wanted);
    const count = decimal.digits.length;
    let limit = wanted;
    if (isShortest) limit = exponentFrom;
    else if (limit > count && count >= decimal.point) limit = count;
    const exponent = abs === 0 ? 0 : decimal.point - 1;
    if (exponent < -4 || exponent >= limit) return sign + scientific(decimal, count - 1);
    return sign + positional(decimal, Math.max(count - decimal.point, 0));
  }
  if (format === "e") {
    const decimal = isShortest ? shortest(abs) : roundDigits(exact(abs), precision + 1);
    return sign + scientific(decimal, isShortest ? decimal.digits.length - 1 : precision);
  }
  if (isShortest) {
    const decimal = shortest(abs);
    return sign + positional(decimal, Math.max(decimal.digits.length - decimal.point, 0));
  }
  const decimal = exact(abs);
  return sign + positional(roundDigits(decimal, decimal.point + precision), precision);
}

function shortest(abs: number): Decimal {
  if (abs === 0) return { digits: "0", point: 1 };
  const [mantissa = "", exponent = "0"] = abs.toExponential().split("e");
  return { digits: mantissa.replace(".", ""), point: Number(exponent) + 1 };
}

/** All digits of the binary value; at most some 770 of them. */
function exact(abs: number): Decimal {
  if (abs === 0) return { digits: "0", point: 1 };
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, abs);
  const raw = bits.getBigUint64(0);
  const biased = Number(raw >> 52n);
  const fraction = raw & ((1n << 52n) - 1n);
  const mantissa = biased === 0 ? fraction : fraction | (1n << 52n);
  const exponent = (biased === 0 ? 1 : biased) - 1075;
  // mantissa × 2^exponent; below one, 2^-n = 5^n / 10^n.
  const scaled = exponent >= 0 ? mantissa << BigInt(exponent) : mantissa * 5n ** BigInt(-exponent);
  const text = scaled.toString();
  const point = exponent >= 0 ? text.length : text.length + exponent;
  const digits = text.replace(/0+$/, "");
  return { digits: digits === "" ? "0" : digits, point };
}

/** Rounds to `count` significant digits, half to even, without trailing zeros. */
function roundDigits(decimal: Decimal, count: number): Decimal {
  const { digits, point } = decimal;
  if (count >= digits.length) return decimal;
  if (count < 0) return { digits: "0", point: 1 };
  const kept = digits.slice(0, count);
  const rest = digits.slice(count);
  const next = rest.charCodeAt(0) - 48;
  const isTie = next === 5 && /^50*$/.test(rest);
  const lastIsOdd = count > 0 && (kept.charCodeAt(count - 1) - 48) % 2 === 1;
  const up = isTie ? lastIsOdd : next >= 5;
  if (!up) {
    const trimmed = kept.replace(/0+$/, "");
    return trimmed === "" ? { digits: "0", point: 1 } : { digits: trimmed, point };
  }
  const raised = (BigInt(`0${kept}`) + 1n).toString().padStart(count, "0");
  const carried = raised.length > count;
  return { digits: raised.replace(/0+$/, ""), point: carried ? point + 1 : point };
}

function positional(decimal: Decimal, places: number): string {
  const { digits, point } = decimal;
  const whole = point <= 0 ? "0" : digits.slice(0, point).padEnd(point, "0");
  if (places <= 0) return whole;
  const leading = point < 0 ? "0".repeat(Math.min(-point, places)) : "";
  const fraction = (leading + digits.slice(Math.max(point, 0))).slice(0, places);
  return `${whole}.${fraction.padEnd(places, "0")}`;
}

function scientific(decimal: Decimal, places: number): string {
  const { digits, point } = decimal;
  const exponent = digits === "0" ? 0 : point - 1;
  const fraction = digits.slice(1).padEnd(places, "0");
  const sign = exponent < 0 ? "-" : "+";
  const size = String(Math.abs(exponent)).padStart(2, "0");
  return `${digits.slice(0, 1)}${places > 0 ? `.${fraction}` : ""}e${sign}${size}`;
}
