/** How a label's text is read as a number. */
export type Unit = "number" | "duration";

/** A label that is compared as a number. */
export interface NumberLabel {
  readonly present: string;
  readonly value: string;
}

/** Labels that a parser finds, as expressions over a row of `logs`. */
export interface ParsedLabels {
  /** A label's value, empty for none; undefined when it cannot be told. */
  text(name: string): string | undefined;
  /** A label as a number, of a duration its seconds; undefined when it cannot be told. */
  number(name: string, unit: Unit): NumberLabel | undefined;
  /** Lets lines that the parser fails on be filtered out, as a condition; what follows meets none. */
  withoutError(): string;
  /** Where the parser fails: comparisons let such a line through. Undefined where that is `irregular`. */
  readonly failed: string | undefined;
  /** What expressions may be wrong about, of all that has been asked for so far. */
  readonly irregular: readonly string[];
}

/** Lines that only the pipeline itself can tell about, if conditions let them through. */
export function doubtful(parsed: ParsedLabels | undefined): readonly string[] {
  if (parsed === undefined) return [];
  return parsed.failed === undefined ? parsed.irregular : [...parsed.irregular, parsed.failed];
}

/** Numbers as they are plainly written: what else LogQL may take for one is left to it. */
const DIGITS = "[0-9]+([.][0-9]+)?";
const PLAIN: Readonly<Record<Unit, string>> = {
  number: `'^-?${DIGITS}([eE][+-]?[0-9]+)?$'`,
  duration: `'^(0|${DIGITS}(ns|us|µs|μs|ms)|(${DIGITS}h)?(${DIGITS}m)?(${DIGITS}s)?)$'`,
};

/** Under which settings texts become the numbers that they are. */
export const NUMBER_SETTINGS = { precise_float_parsing: 1 };

/** A label's text as a number; where that would not be right is added to `irregular`. */
export function numberOf(
  text: string | undefined,
  unit: Unit,
  irregular: Set<string>,
): NumberLabel | undefined {
  if (text === undefined) return undefined;
  irregular.add(`(${text} != '' AND NOT match(${text}, ${PLAIN[unit]}))`);
  const value = unit === "number" ? `toFloat64OrZero(${text})` : secondsOf(text);
  return { present: `(${text} != '')`, value };
}

function secondsOf(text: string): string {
  const part = (pattern: string) => `toFloat64OrZero(extract(${text}, '${pattern}'))`;
  const factor = `multiIf(endsWith(${text}, 'ms'), 1e-3, endsWith(${text}, 'ns'), 1e-9, 1e-6)`;
  const units = [`${part("([0-9.]+)h")} * 3600`, `${part("([0-9.]+)m")} * 60`, part("([0-9.]+)s")];
  return `if(match(${text}, '[^0-9.]s$'), ${part("^[0-9.]+")} * ${factor}, ${units.join(" + ")})`;
}
