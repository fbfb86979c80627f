import type { Difference } from "./compare.ts";
import { BUCKETS } from "./data.ts";

/** The bounds of the data's classic histograms. */
const BOUNDS = [0, ...BUCKETS.map(Number)];

function isBound(text: string | undefined): boolean {
  return BOUNDS.some((bound) => Math.abs(Number(text) - bound) < 1e-9);
}

/** A class of differences between the Prometheus beside us (2.42) and the newest one, which we follow. */
interface Explanation {
  readonly name: string;
  readonly reason: string;
  readonly covers: (expression: string, difference: Difference) => boolean;
}

export const EXPLANATIONS: readonly Explanation[] = [
  {
    name: "rounding",
    reason:
      "The same value but for its last digits: newer releases add up with compensation (Kahan, Welford), and Go's and JavaScript's mathematical functions may differ in the last bit.",
    covers: (_, { kind }) => kind === "rounding",
  },
  {
    name: "ties",
    reason:
      "Of equal values topk and bottomk may take any; at each time both took the same values.",
    covers: (_, { kind }) => kind === "ties",
  },
  {
    name: "atan2",
    reason: "atan2 dropped no metric name before 3.0.",
    covers: (expression, { kind }) => kind === "series" && expression.includes("atan2"),
  },
  {
    name: "overflow",
    reason:
      "A compensated sum that overflowed was NaN before 2.50, and is infinite since: the compensation is then left out.",
    covers: (expression, { kind, what }) =>
      kind === "values" &&
      /^std(?:dev|var)_over_time/.test(expression) &&
      what.endsWith('ours "+Inf", theirs "NaN"'),
  },
  {
    name: "edge of a bucket",
    reason:
      "The rank is the count of an empty bucket: the last digit of a sum decides on which of its sides the quantile lies. Both answers are bounds of buckets.",
    covers(expression, { kind, what }) {
      const [, ours, theirs] = /ours "(.+)", theirs "(.+)"$/.exec(what) ?? [];
      const classic =
        kind === "values" && /^histogram_quantile\(.*duration_bucket/.test(expression);
      return classic && isBound(ours) && isBound(theirs);
    },
  },
  {
    name: "exponential interpolation",
    reason: "Quantiles within an exponential bucket are interpolated exponentially since 3.0.",
    covers: (expression, { kind }) =>
      kind === "values" && /^histogram_(?:quantile|fraction)\(.*rate\(latency/.test(expression),
  },
  {
    name: "native histograms",
    reason:
      "In 2.42 native histograms were an experiment: their averages and sums over time were floats, avg and multiplication knew nothing of them.",
    covers: (expression) =>
      /(?:avg|sum)_over_time\(latency|avg\(latency|latency \*/.test(expression),
  },
];

/** The name of the class that a difference belongs to. */
export function explanationOf(expression: string, difference: Difference): string | undefined {
  return EXPLANATIONS.find(({ covers }) => covers(expression, difference))?.name;
}
