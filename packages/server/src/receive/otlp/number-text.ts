/**
 * A number as Go's strconv.FormatFloat(x, 'f', -1, 64) writes it, which is how Prometheus writes the
 * labels le and quantile of what comes over OTLP: the shortest decimals, never an exponent.
 */
export function decimal(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return "+Inf";
  if (value === Number.NEGATIVE_INFINITY) return "-Inf";
  if (Object.is(value, -0)) return "-0";
  const text = String(value);
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (match === null) return text;
  const [, sign = "", first = "", rest = "", exponent = ""] = match;
  const shift = Number(exponent);
  const digits = first + rest;
  return shift < 0
    ? `${sign}0.${"0".repeat(-shift - 1)}${digits}`
    : `${sign}${digits.padEnd(shift + 1, "0")}`;
}
