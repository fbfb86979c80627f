/**
 * Numbers as Go's strconv.ParseFloat reads them, without the hexadecimal and underscore forms that
 * Prometheus turns off. Answers undefined for what is not a number or does not fit a double.
 */
export function parseFloat64(text: string): number | undefined {
  if (DECIMAL.test(text)) {
    const value = Number(text);
    return Number.isFinite(value) ? value : undefined;
  }
  switch (text.toLowerCase()) {
    case "nan":
      return Number.NaN;
    case "inf":
    case "+inf":
    case "infinity":
    case "+infinity":
      return Number.POSITIVE_INFINITY;
    case "-inf":
    case "-infinity":
      return Number.NEGATIVE_INFINITY;
    default:
      return undefined;
  }
}

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** Powers of ten that a double holds exactly. */
const POWERS = Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));
const MAX_DIGITS = 15;

/**
 * Reads the number in bytes [start, end). Most samples are short decimals: up to 15 digits and a
 * power of ten up to 22 are both exact in a double, so one multiplication or division rounds
 * correctly and no text need be made.
 */
export function readFloat64(bytes: Buffer, start: number, end: number): number | undefined {
  let at = start;
  let sign = 1;
  if (bytes[at] === 0x2d) {
    sign = -1;
    at += 1;
  }
  let mantissa = 0;
  let digits = 0;
  let power = 0;
  let seenPoint = false;
  for (; at < end; at += 1) {
    const byte = bytes[at] as number;
    if (byte >= 0x30 && byte <= 0x39) {
      mantissa = mantissa * 10 + (byte - 0x30);
      digits += 1;
      if (seenPoint) power -= 1;
    } else if (byte === 0x2e && !seenPoint) seenPoint = true;
    else break;
  }
  if (
    digits > 0 &&
    digits <= MAX_DIGITS &&
    at < end &&
    (bytes[at] === 0x65 || bytes[at] === 0x45)
  ) {
    at += 1;
    const negative = bytes[at] === 0x2d;
    if (negative || bytes[at] === 0x2b) at += 1;
    let exponent = 0;
    const first = at;
    for (; at < end && at - first < 4; at += 1) {
      const byte = bytes[at] as number;
      if (byte < 0x30 || byte > 0x39) break;
      exponent = exponent * 10 + (byte - 0x30);
    }
    if (at === first) return undefined;
    power += negative ? -exponent : exponent;
  }
  if (at !== end || digits === 0 || digits > MAX_DIGITS || power > 22 || power < -22) {
    return parseFloat64(bytes.toString("latin1", start, end));
  }
  // 0 * -1 is -0, as the text says.
  const scale = POWERS[Math.abs(power)] as number;
  return sign * (power < 0 ? mantissa / scale : mantissa * scale);
}
