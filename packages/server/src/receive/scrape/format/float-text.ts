import { parseFloat64 } from "./number.ts";

/**
 * A number as OpenMetrics writes it in labels: like Go's shortest form, and never without a point or
 * an exponent. `1` is `1.0`, a million `1e+06`.
 */
export function formatBound(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  if (value === 0) return "0.0";
  const [mantissa = "", exponent = "0"] = value.toExponential().split("e");
  const power = Number(exponent);
  if (power < -4 || power >= 6) {
    const digits = String(Math.abs(power)).padStart(2, "0");
    return `${mantissa}e${power < 0 ? "-" : "+"}${digits}`;
  }
  const text = String(value);
  return text.includes(".") ? text : `${text}.0`;
}

/** A bound's text in that form, so that `1` and `1.0` are one series; what is no number stays. */
export function normalizeBound(text: string): string {
  const value = parseFloat64(text);
  return value === undefined ? text : formatBound(value);
}
