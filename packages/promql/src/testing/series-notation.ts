import { HistogramAccumulator } from "../histogram/accumulator.ts";
import type { NativeHistogram } from "../histogram/histogram.ts";
import { Labels, METRIC_NAME } from "../labels.ts";
import { parseNumber } from "../number.ts";
import { tokenize } from "../parse/lexer.ts";
import { unquote } from "../parse/strings.ts";
import { parseHistogram } from "./histogram-notation.ts";
import type { SampleValue } from "./memory-source.ts";

/** A series as PromQL's test language and promtool's rule tests write it. */
export interface NotatedSeries {
  readonly labels: Labels;
  /** One value a step, undefined for a gap. */
  readonly values: (SampleValue | undefined)[];
}

const NUMBER = String.raw`[+-]?(?:(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[iI][nN][fF]|[nN][aA][nN])`;
const POINT = new RegExp(`^(${NUMBER})(?:([+-])(${NUMBER.replace("[+-]?", "")})x(\\d+)|x(\\d+))?$`);
const MAX_VALUES = 1_000_000;

/** Splits `metric{a="b"} 1 2+1x3` into the series and its points, still as text. */
export function splitSeries(line: string): { metric: string; points: string } {
  let braces = 0;
  let quote = "";
  for (let i = 0; i < line.length; i += 1) {
    const character = line[i] ?? "";
    if (quote !== "") {
      if (character === "\\" && quote !== "`") i += 1;
      else if (character === quote) quote = "";
    } else if (/["'`]/.test(character)) quote = character;
    else if (character === "{") braces += 1;
    else if (character === "}") braces -= 1;
    else if (braces === 0 && /\s/.test(character)) {
      const rest = line.slice(i).trim();
      // `name {a="b"} 1`: the labels may stand apart.
      if (rest.startsWith("{") && !rest.startsWith("{{") && !line.slice(0, i).includes("{")) {
        continue;
      }
      return { metric: line.slice(0, i).trim(), points: rest };
    }
  }
  return { metric: line.trim(), points: "" };
}

/** Reads a series of a test file. Throws an Error that quotes what it cannot read. */
export function parseSeries(line: string): NotatedSeries {
  const { metric, points } = splitSeries(line);
  return { labels: parseMetric(metric), values: parsePoints(points) };
}

/** `name{a="b"}` to labels; unlike a selector it may have no labels at all. */
export function parseMetric(text: string): Labels {
  const tokens = tokenize(text);
  const pairs: [string, string][] = [];
  let at = 0;
  const next = (): string => tokens[at]?.text ?? "";
  const first = tokens[0];
  if (first !== undefined && first.text !== "{" && first.kind !== "end") {
    pairs.push([METRIC_NAME, first.text]);
    at = 1;
  }
  if (next() === "{") {
    at += 1;
    while (next() !== "}") {
      const token = tokens[at];
      if (token === undefined || token.kind === "end") throw new Error(`bad metric: ${text}`);
      const name = token.kind === "string" ? (unquote(token.text) ?? "") : token.text;
      at += 1;
      if (next() === "=") {
        const value = unquote(tokens[at + 1]?.text ?? "");
        if (value === undefined) throw new Error(`bad label value in metric: ${text}`);
        pairs.push([name, value]);
        at += 2;
      } else pairs.push([METRIC_NAME, name]);
      if (next() === ",") at += 1;
    }
    at += 1;
  }
  if (tokens[at]?.kind !== "end") throw new Error(`bad metric: ${text}`);
  return Labels.of(pairs);
}

/** Reads points: `1`, `1+2x3`, `1x3`, `_`, `_x3`, `stale`, `{{…}}`, `{{…}}+{{…}}x3`. */
export function parsePoints(text: string): (SampleValue | undefined)[] {
  const values: (SampleValue | undefined)[] = [];
  for (const word of words(text)) {
    values.push(...parsePoint(word));
    if (values.length > MAX_VALUES) throw new Error(`more than ${MAX_VALUES} points in a series`);
  }
  return values;
}

/** Splits at white space outside histograms. */
function words(text: string): string[] {
  return text.match(/(?:\{\{[^}]*\}\}|[^\s{}])+/g) ?? [];
}

function parsePoint(word: string): (SampleValue | undefined)[] {
  if (word === "stale") return ["stale"];
  const gap = /^_(?:x(\d+))?$/.exec(word);
  if (gap !== null) return repeat(Number(gap[1] ?? 1), () => undefined);
  if (word.startsWith("{{")) return parseHistograms(word);
  const match = POINT.exec(word);
  if (match === null) throw new Error(`bad point ${JSON.stringify(word)}`);
  const [, startText = "", sign = "+", stepText, times, plainTimes] = match;
  const start = parseNumber(startText) ?? Number.NaN;
  const count = Number(times ?? plainTimes ?? 0) + 1;
  const step = (sign === "-" ? -1 : 1) * (parseNumber(stepText ?? "0") ?? 0);
  let value = start;
  return repeat(count, (i) => {
    // Added up rather than multiplied out, as Prometheus does it, rounding and all.
    if (i > 0) value += step;
    return value;
  });
}

function parseHistograms(word: string): (SampleValue | undefined)[] {
  const match = /^(\{\{[^}]*\}\})(?:([+-])(\{\{[^}]*\}\}))?(?:x(\d+))?$/.exec(word);
  if (match === null) throw new Error(`bad histogram point ${JSON.stringify(word)}`);
  const [, startText = "", sign, stepText, times] = match;
  const start = parseHistogram(startText);
  const count = Number(times ?? 0) + 1;
  if (stepText === undefined) return repeat(count, () => start);
  const step = parseHistogram(stepText);
  let value: NativeHistogram = start;
  return repeat(count, (i) => {
    if (i > 0) {
      const total = new HistogramAccumulator(value);
      total.add(step, sign === "-" ? -1 : 1);
      value = total.result(start.counterResetHint);
    }
    return value;
  });
}

function repeat<T>(count: number, make: (i: number) => T): T[] {
  if (count > MAX_VALUES) throw new Error(`more than ${MAX_VALUES} points in a series`);
  return Array.from({ length: count }, (_, i) => make(i));
}
