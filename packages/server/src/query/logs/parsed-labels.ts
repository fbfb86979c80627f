/** A label that is compared as a number. */
export interface NumberLabel {
  readonly present: string;
  readonly value: string;
}

/** Labels that a parser finds, as expressions over a row of `logs`. */
export interface ParsedLabels {
  /** A label's value, empty for none; undefined when it cannot be told. */
  text(name: string): string | undefined;
  /** A label as a number; undefined when it cannot be told. */
  number(name: string): NumberLabel | undefined;
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

/** A number as it is plainly written: what else LogQL may take for one is left to it. */
const PLAIN_NUMBER = "'^-?[0-9]+([.][0-9]+)?([eE][+-]?[0-9]+)?$'";

/** Under which settings texts become the numbers that they are. */
export const NUMBER_SETTINGS = { precise_float_parsing: 1 };

/** A label's text as a number, and where that would not be right. */
export function numberOf(text: string): {
  readonly number: NumberLabel;
  readonly irregular: string;
} {
  return {
    number: { present: `(${text} != '')`, value: `toFloat64OrZero(${text})` },
    irregular: `(${text} != '' AND NOT match(${text}, ${PLAIN_NUMBER}))`,
  };
}
