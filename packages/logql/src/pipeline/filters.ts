import { RE2JS } from "re2js";
import type { CompareOperator, Filter, LineFilter, Matcher } from "../ast.ts";
import { parseBytes, parseDuration, parseFloat64 } from "../units.ts";
import { compileIp, findsIp } from "./ip.ts";
import type { LineLabels } from "./line-labels.ts";
import { compilePattern } from "./pattern.ts";

const PLAIN = /^[A-Za-z0-9_ :;@%=,<>&~'"!#/-]*$/;

/** A test for an RE2 expression that matches the whole value. */
export function compileMatcher({ operator, value }: Matcher): (value: string) => boolean {
  if (operator === "=") return (given) => given === value;
  if (operator === "!=") return (given) => given !== value;
  const wanted = operator === "=~";
  const words = value.split("|");
  if (words.every((word) => PLAIN.test(word))) {
    const set = new Set(words);
    return (given) => set.has(given) === wanted;
  }
  const pattern = RE2JS.compile(`^(?s:${value})$`);
  return (given) => pattern.matcher(given).matches() === wanted;
}

/** A test for a line. Throws an Error for a pattern that cannot be. */
export function compileLineFilter({
  operator,
  alternatives,
}: LineFilter): (line: string) => boolean {
  const tests = alternatives.map(({ text, ip }): ((line: string) => boolean) => {
    if (ip) {
      const test = compileIp(text);
      return (line) => findsIp(line, test);
    }
    if (operator === "|>" || operator === "!>") {
      const pattern = compilePattern(text, { captures: false });
      return (line) => pattern.matches(line);
    }
    if (operator.endsWith("~") && !PLAIN.test(text)) {
      const pattern = RE2JS.compile(text);
      return (line) => pattern.matcher(line).find();
    }
    return (line) => line.includes(text);
  });
  const [only] = tests;
  const found =
    tests.length === 1 && only !== undefined
      ? only
      : (line: string) => tests.some((test) => test(line));
  return operator.startsWith("!") ? (line) => !found(line) : found;
}

/** Compiles a label filter. What a line's labels cannot be compared by marks the line with an error. */
export function compileFilter(filter: Filter): (labels: LineLabels) => boolean {
  switch (filter.kind) {
    case "and": {
      const [left, right] = [compileFilter(filter.left), compileFilter(filter.right)];
      return (labels) => left(labels) && right(labels);
    }
    case "or": {
      const [left, right] = [compileFilter(filter.left), compileFilter(filter.right)];
      return (labels) => left(labels) || right(labels);
    }
    case "match": {
      const test = compileMatcher(filter);
      return (labels) => test(labels.get(filter.name));
    }
    case "ip": {
      const test = compileIp(filter.pattern);
      const wanted = filter.operator === "=";
      return (labels) => {
        if (labels.error !== "") return true;
        const value = labels.get(filter.name);
        return value !== "" && test(value) === wanted;
      };
    }
    default:
      return compileComparison(filter);
  }
}

const READ = { number: parseFloat64, duration: parseDuration, bytes: parseBytes } as const;

function compileComparison(filter: Extract<Filter, { kind: "compare" }>) {
  const { name, operator, value, unit } = filter;
  const read = READ[unit];
  const compare = COMPARE[operator];
  return (labels: LineLabels): boolean => {
    // A line with an error goes through, so that only __error__ decides about it.
    if (labels.error !== "") return true;
    const text = labels.get(name);
    if (text === "") return false;
    const found = read(text);
    if (found === undefined) {
      labels.fail("LabelFilterErr", `${JSON.stringify(text.slice(0, 100))} is no ${unit}`);
      return true;
    }
    return compare(found, value);
  };
}

export const COMPARE: Readonly<Record<CompareOperator, (a: number, b: number) => boolean>> = {
  "==": (a, b) => a === b,
  "!=": (a, b) => a !== b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
};
