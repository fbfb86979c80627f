import { sortedNames } from "../../src/model/index.ts";

/** An answer of the API, as far as it is compared. */
interface Answer {
  readonly status?: string;
  readonly error?: string;
  readonly data?: { readonly resultType: string; readonly result: unknown };
}

/** How two answers differ, undefined where they agree. `size`: the largest relative difference. */
export interface Difference {
  readonly kind: "refused" | "series" | "points" | "values" | "rounding" | "ties";
  readonly what: string;
}

/** Relative differences up to this size come from the order in which floats are added up. */
const ROUNDING = 1e-9;

/** Compares two answers value by value. `chooses`: the expression takes the first few of its values. */
export function compareAnswers(
  ours: unknown,
  theirs: unknown,
  chooses: boolean,
): Difference | undefined {
  const difference = compareSeries(ours as Answer, theirs as Answer);
  if (!chooses || (difference?.kind !== "series" && difference?.kind !== "points")) {
    return difference;
  }
  const [a, b] = [ours as Answer, theirs as Answer].map((answer) => valuesByTime(answer));
  return JSON.stringify(a) === JSON.stringify(b)
    ? { kind: "ties", what: difference.what }
    : difference;
}

/** At each time the values alone, sorted. Rounded, so that a last digit makes no other order. */
function valuesByTime(answer: Answer): [string, string[]][] {
  const byTime = new Map<string, string[]>();
  for (const points of seriesOf(answer).values()) {
    for (const [time, value] of points) {
      const values = byTime.get(time) ?? [];
      byTime.set(time, values);
      values.push(Number(value).toPrecision(9));
    }
  }
  return [...byTime.keys()].sort().map((time) => [time, (byTime.get(time) ?? []).sort()]);
}

function compareSeries(a: Answer, b: Answer): Difference | undefined {
  if (a.status !== "success" || b.status !== "success") {
    if (a.status === b.status) return undefined;
    return {
      kind: "refused",
      what: `ours: ${a.error ?? "answered"}; theirs: ${b.error ?? "answered"}`,
    };
  }
  const [left, right] = [seriesOf(a), seriesOf(b)];
  const keys = new Set([...left.keys(), ...right.keys()]);
  let rounding: Difference | undefined;
  for (const key of keys) {
    const [x, y] = [left.get(key), right.get(key)];
    if (x === undefined || y === undefined) {
      return { kind: "series", what: `${key} is only in ${x === undefined ? "theirs" : "ours"}` };
    }
    const difference = comparePoints(key, x, y);
    if (difference !== undefined && difference.kind !== "rounding") return difference;
    rounding ??= difference;
  }
  return rounding;
}

type Points = ReadonlyMap<string, unknown>;

interface ShownSeries {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: readonly [number, unknown];
  readonly histogram?: readonly [number, unknown];
  readonly values?: readonly (readonly [number, unknown])[];
  readonly histograms?: readonly (readonly [number, unknown])[];
}

function seriesOf({ data }: Answer): Map<string, Points> {
  const found = new Map<string, Points>();
  if (data === undefined) return found;
  if (data.resultType === "scalar" || data.resultType === "string") {
    const [time, value] = data.result as [number, string];
    return found.set(data.resultType, new Map([[String(time), value]]));
  }
  for (const series of data.result as ShownSeries[]) {
    const { metric, value, histogram, values = [], histograms = [] } = series;
    const points = [value, histogram, ...values, ...histograms].filter((p) => p !== undefined);
    const key = JSON.stringify(sortedNames(metric).map((name) => [name, metric[name]]));
    found.set(key, new Map(points.map(([time, shown]) => [String(time), shown])));
  }
  return found;
}

function comparePoints(key: string, ours: Points, theirs: Points): Difference | undefined {
  let rounding: Difference | undefined;
  for (const time of new Set([...ours.keys(), ...theirs.keys()])) {
    const [a, b] = [ours.get(time), theirs.get(time)];
    const what = `${key} at ${time}: ours ${JSON.stringify(a)}, theirs ${JSON.stringify(b)}`;
    if (a === undefined || b === undefined) return { kind: "points", what };
    const size = distance(a, b);
    if (size > ROUNDING) return { kind: "values", what };
    if (size > 0) rounding ??= { kind: "rounding", what };
  }
  return rounding;
}

/** The largest relative difference of two values; infinite when their forms differ. */
function distance(a: unknown, b: unknown): number {
  if (a === b) return 0;
  if (typeof a === "number" && typeof b === "number") return relative(a, b);
  if (typeof a === "string" && typeof b === "string") return relative(numberOf(a), numberOf(b));
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length
      ? a.reduce((most: number, item, i) => Math.max(most, distance(item, b[i])), 0)
      : Number.POSITIVE_INFINITY;
  }
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) {
    return Number.POSITIVE_INFINITY;
  }
  const [left, right] = [new Map(Object.entries(a)), new Map(Object.entries(b))];
  const names = new Set([...left.keys(), ...right.keys()]);
  return [...names].reduce(
    (most, name) => Math.max(most, distance(left.get(name), right.get(name))),
    0,
  );
}

function numberOf(text: string): number {
  return text === "+Inf" ? Number.POSITIVE_INFINITY : Number(text.replace("-Inf", "-Infinity"));
}

function relative(a: number, b: number): number {
  if (Object.is(a, b) || (Number.isNaN(a) && Number.isNaN(b))) return 0;
  if (!Number.isFinite(a) || !Number.isFinite(b) || a === b) return Number.POSITIVE_INFINITY;
  return Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b), Number.MIN_VALUE);
}
