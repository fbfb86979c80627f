import type { Unit } from "../values/quantity.ts";

const metricName = /[a-zA-Z_:][\w:]*(?=\s*[[{)\s]|$)/g;
const counter = /_(?:total|count|bucket)$/;

function namesIn(expression: string): string[] {
  const bare = expression
    .replace(/\{[^}]*\}/g, "{")
    .replace(/\b(?:by|without|on|ignoring)\s*\([^)]*\)/g, " ");
  return bare.match(metricName) ?? [];
}

/** Splits at the first division outside of brackets; null when there is none. */
function division(expression: string): readonly [string, string] | null {
  let depth = 0;
  for (let i = 0; i < expression.length; i += 1) {
    const c = expression[i];
    if (c === "(" || c === "[" || c === "{") depth += 1;
    else if (c === ")" || c === "]" || c === "}") depth -= 1;
    else if (c === "/" && depth === 0) return [expression.slice(0, i), expression.slice(i + 1)];
  }
  return null;
}

function isRate(expression: string): boolean {
  return /\b(?:rate|irate|deriv)\s*\(/.test(expression);
}

/**
 * Guesses what an expression measures from the names in it, by the naming rules of Prometheus
 * (base units, `_total`). When in doubt there is no unit: a wrong one is worse than none.
 */
export function unitOf(expression: string): Unit {
  const text = expression.trim();
  if (/^\(?\s*(?:count|group|sgn|absent|changes|resets)\b/.test(text)) return "none";
  if (/\bhistogram_quantile\s*\(/.test(text))
    return /_seconds_bucket\b/.test(text)
      ? "seconds"
      : /_bytes_bucket\b/.test(text)
        ? "bytes"
        : "none";
  const parts = division(text);
  if (parts !== null) return unitOfDivision(...parts);
  if (/[*^%]/.test(text.replace(/\{[^}]*\}/g, ""))) return "none";
  const names = namesIn(text);
  if (isRate(text)) {
    if (names.some((name) => /_bytes(?:_total|_sum)?$/.test(name))) return "bytesPerSecond";
    // Seconds of CPU a second have no unit.
    return names.some((name) => counter.test(name) && !name.endsWith("_seconds_total"))
      ? "perSecond"
      : "none";
  }
  if (names.some((name) => name.endsWith("_seconds"))) return "seconds";
  if (names.some((name) => name.endsWith("_bytes"))) return "bytes";
  if (names.some((name) => name.endsWith("_ratio"))) return "share";
  return "none";
}

function unitOfDivision(over: string, under: string): Unit {
  if (/_seconds_sum\b/.test(over) && /_count\b/.test(under)) return "seconds";
  const sameKind = (a: string, b: string) =>
    (isRate(a) && isRate(b)) || (/\bincrease\s*\(/.test(a) && /\bincrease\s*\(/.test(b));
  const [top] = namesIn(over).filter((name) => counter.test(name));
  const [bottom] = namesIn(under).filter((name) => counter.test(name));
  if (sameKind(over, under) && top !== undefined && bottom !== undefined) return "share";
  const gauge = /_bytes\b/;
  return gauge.test(over) && gauge.test(under) && !isRate(over) ? "share" : "none";
}
