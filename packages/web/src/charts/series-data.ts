import type { Series } from "../api/prometheus.ts";
import type { Span } from "../time/time-range.ts";

/** One line of a graph. */
export interface Line {
  /** Distinguishes it within its graph, and in the URL. */
  readonly key: string;
  /** What tells it apart from the others, for people. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** One value for each time of the graph; null where nothing is known. */
  readonly values: readonly (number | null)[];
  readonly last: number | null;
  readonly mean: number | null;
  readonly max: number | null;
}

export interface LineSet {
  /** Seconds since 1970, evenly spaced. */
  readonly times: readonly number[];
  readonly lines: readonly Line[];
}

/** The series written as PromQL writes them: `name{a="b"}`. */
export function seriesKey(labels: Readonly<Record<string, string>>): string {
  const { __name__: name = "", ...rest } = labels;
  const pairs = Object.entries(rest)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return pairs.length === 0 && name !== "" ? name : `${name}{${pairs.join(", ")}}`;
}

/** For each series the labels that not all of them share; the whole key when nothing is left. */
export function shortNames(all: readonly Readonly<Record<string, string>>[]): string[] {
  const [first, ...others] = all;
  if (first === undefined) return [];
  const common = new Set(
    Object.entries(first)
      .filter(([name, value]) => others.every((labels) => labels[name] === value))
      .map(([name]) => name),
  );
  return all.map((labels) => {
    if (others.length === 0) return seriesKey(labels) === "{}" ? "value" : loneName(labels);
    const own = Object.entries(labels).filter(([name]) => !common.has(name));
    if (own.length === 0) return seriesKey(labels);
    if (own.length === 1) return own[0]?.[1] || `no ${own[0]?.[0]}`;
    return own
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => (name === "__name__" ? value : `${name}=${value}`))
      .join(" ");
  });
}

function number(text: string): number | null {
  if (text === "+Inf" || text === "-Inf" || text === "NaN") return null;
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}

function loneName(labels: Readonly<Record<string, string>>): string {
  if (labels["__name__"] !== undefined) return seriesKey(labels);
  return Object.entries(labels)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join(" ");
}

/** Ends moved to whole steps, so that asking again a second later gives the same points. */
export function alignSpan({ start, end }: Span, step: number): Span {
  const ms = step * 1000;
  return { start: Math.floor(start / ms) * ms, end: Math.ceil(end / ms) * ms };
}

/**
 * Puts the answer of a range query on an even grid, so that a missing point is a gap and not a
 * bridge. `span` must be aligned to `step` (seconds).
 */
export function toLines(result: readonly Series[], span: Span, step: number, prefix = ""): LineSet {
  const start = span.start / 1000;
  const size = Math.max(1, Math.round((span.end / 1000 - start) / step) + 1);
  const times = Array.from({ length: size }, (_, i) => start + i * step);
  const names = shortNames(result.map((series) => series.metric));
  const lines = result.map((series, index): Line => {
    const values: (number | null)[] = Array.from({ length: size }, () => null);
    let sum = 0;
    let known = 0;
    let max: number | null = null;
    let last: number | null = null;
    for (const [at, text] of series.values) {
      const value = number(text);
      const slot = Math.round((at - start) / step);
      if (value === null || slot < 0 || slot >= size) continue;
      values[slot] = value;
      sum += value;
      known += 1;
      last = value;
      if (max === null || value > max) max = value;
    }
    return {
      key: prefix + seriesKey(series.metric),
      name: prefix + (names[index] ?? ""),
      labels: series.metric,
      values,
      last,
      mean: known === 0 ? null : sum / known,
      max,
    };
  });
  return { times, lines };
}

/** At most this many lines have a colour of their own. */
export const topLines = 8;

/** Largest first, by the greatest value; the order of lines in a graph and its legend. */
export function byMax(lines: readonly Line[]): Line[] {
  return [...lines].sort(
    (a, b) => (b.max ?? -Infinity) - (a.max ?? -Infinity) || (a.key < b.key ? -1 : 1),
  );
}
