/**
 * OpenTelemetry's names as Prometheus's: the rules of the compatibility specification, as Prometheus
 * applies them to what it receives over OTLP.
 * https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/
 */

/** Prometheus's `otlp.translation_strategy`. */
export type TranslationStrategy =
  | "UnderscoreEscapingWithSuffixes"
  | "UnderscoreEscapingWithoutSuffixes"
  | "NoUTF8EscapingWithSuffixes"
  | "NoTranslation";

/** What a metric's name depends on besides the name. */
export type NamedType = "counter" | "gauge" | "other";

/** Makes names. */
export interface Namer {
  /** Answers undefined for a name of which nothing is left. */
  metric(name: string, unit: string, type: NamedType): string | undefined;
  /** Answers undefined for a name of which nothing is left. */
  label(name: string): string | undefined;
}

const UNITS: ReadonlyMap<string, string> = new Map([
  ["d", "days"],
  ["h", "hours"],
  ["min", "minutes"],
  ["s", "seconds"],
  ["ms", "milliseconds"],
  ["us", "microseconds"],
  ["ns", "nanoseconds"],
  ["By", "bytes"],
  ["KiBy", "kibibytes"],
  ["MiBy", "mebibytes"],
  ["GiBy", "gibibytes"],
  ["TiBy", "tibibytes"],
  ["KBy", "kilobytes"],
  ["MBy", "megabytes"],
  ["GBy", "gigabytes"],
  ["TBy", "terabytes"],
  ["m", "meters"],
  ["V", "volts"],
  ["A", "amperes"],
  ["J", "joules"],
  ["W", "watts"],
  ["g", "grams"],
  ["Cel", "celsius"],
  ["Hz", "hertz"],
  ["1", ""],
  ["%", "percent"],
]);

const PER_UNITS: ReadonlyMap<string, string> = new Map([
  ["s", "second"],
  ["m", "minute"],
  ["h", "hour"],
  ["d", "day"],
  ["w", "week"],
  ["mo", "month"],
  ["y", "year"],
]);

/** The namer of a strategy. */
export function createNamer(strategy: TranslationStrategy): Namer {
  const suffixes = strategy.endsWith("WithSuffixes");
  if (strategy.startsWith("Underscore")) {
    return { metric: suffixes ? escapedWithSuffixes : escapedPlain, label: escapedLabel };
  }
  return {
    metric: (name, unit, type) => (suffixes ? withSuffixes(name, unit, type) : name) || undefined,
    label: (name) => name || undefined,
  };
}

/** A unit as it is written at the end of a name: `seconds`, `bytes_per_second`; empty for none. */
export function unitSuffix(unit: string): string {
  return unitParts(unit).filter(Boolean).join("_");
}

/** The two halves of a unit in words; braces are annotations, which say nothing. */
function unitParts(unit: string): [main: string, per: string] {
  const slash = unit.indexOf("/");
  const main = (slash < 0 ? unit : unit.slice(0, slash)).trim();
  const per = slash < 0 ? "" : unit.slice(slash + 1).trim();
  const word = (given: string, words: ReadonlyMap<string, string>) =>
    /[{}]/.test(given) ? "" : (words.get(given) ?? given);
  const perWord = word(per, PER_UNITS);
  return [word(main, UNITS), perWord === "" ? "" : `per_${perWord}`];
}

function escapedPlain(name: string): string | undefined {
  return afterDigit(
    name
      .split(/[^a-zA-Z0-9:_]+/)
      .filter(Boolean)
      .join("_"),
    name,
  );
}

function escapedWithSuffixes(name: string, unit: string, type: NamedType): string | undefined {
  let tokens = name.split(/[^a-zA-Z0-9:]+/).filter(Boolean);
  const [main, per] = unitParts(unit).map((part) =>
    part.replaceAll(/[^a-zA-Z0-9:]+/g, "_").replace(/^_/, ""),
  );
  const mainToken = tokens.includes(main ?? "") ? "" : (main ?? "");
  const perToken = (per ?? "").replace(/_$/, "");
  const addsPer = perToken !== "" && perToken !== "per" && !tokens.includes(perToken);
  if (mainToken !== "") tokens.push(addsPer ? mainToken.replace(/_$/, "") : mainToken);
  if (addsPer) tokens.push(perToken);
  const last = lastToken(unit, type);
  if (last !== "") tokens = [...tokens.filter((token) => token !== last), last];
  return afterDigit(tokens.join("_"), name);
}

/** What every name of this type ends with. */
function lastToken(unit: string, type: NamedType): string {
  if (type === "counter") return "total";
  return type === "gauge" && unit === "1" ? "ratio" : "";
}

/** A name may not begin with a digit, and has to have something that was not escaped. */
function afterDigit(made: string, name: string): string | undefined {
  if (made === "" || (made !== name && /^_*$/.test(made))) return undefined;
  return /^\d/.test(made) ? `_${made}` : made;
}

function withSuffixes(name: string, unit: string, type: NamedType): string {
  const [main, per] = unitParts(unit);
  const last = lastToken(unit, type);
  let made = name;
  for (const suffix of [last, per]) made = withoutSuffix(made, suffix);
  if (main !== "" && !made.endsWith(main)) made += `_${main}`;
  for (const suffix of [per, last]) if (suffix !== "") made += `_${suffix}`;
  return made;
}

/** `name` without the suffix and the character before it. */
function withoutSuffix(name: string, suffix: string): string {
  const rest = name.length - suffix.length - 1;
  return suffix !== "" && rest > 0 && name.endsWith(suffix) ? name.slice(0, rest) : name;
}

function escapedLabel(name: string): string | undefined {
  // By code point: an emoji becomes one underscore.
  const made = name.replaceAll(/[^a-zA-Z0-9_]/gu, "_");
  if (made === "" || (made !== name && /^_*$/.test(made))) return undefined;
  if (/^\d/.test(made)) return `key_${made}`;
  return made.startsWith("_") && !made.startsWith("__") ? `key${made}` : made;
}
