import type { EdgeModifier } from "../../parse/ast.ts";
import { anchoredCount, extendedRate } from "./extended.ts";
import {
  countOverTime,
  firstOverTime,
  lastOverTime,
  madOverTime,
  maxOverTime,
  minOverTime,
  presentOverTime,
  quantileOverTime,
  stddevOverTime,
  stdvarOverTime,
  timeOfFirst,
  timeOfLast,
  timeOfMax,
  timeOfMin,
} from "./over-time.ts";
import { delta, idelta, increase, irate, rate } from "./rate.ts";
import { deriv, doubleExponentialSmoothing, predictLinear } from "./regression.ts";
import { avgOverTime, sumOverTime } from "./sums.ts";
import { changes, resets } from "./transitions.ts";
import type { WindowFunction } from "./window.ts";

const FUNCTIONS: Readonly<Record<string, WindowFunction>> = {
  avg_over_time: avgOverTime,
  changes,
  count_over_time: countOverTime,
  delta,
  deriv,
  double_exponential_smoothing: doubleExponentialSmoothing,
  first_over_time: firstOverTime,
  idelta,
  increase,
  irate,
  last_over_time: lastOverTime,
  mad_over_time: madOverTime,
  predict_linear: predictLinear,
  present_over_time: presentOverTime,
  quantile_over_time: quantileOverTime,
  rate,
  resets,
  stddev_over_time: stddevOverTime,
  stdvar_over_time: stdvarOverTime,
  sum_over_time: sumOverTime,
  ts_of_first_over_time: timeOfFirst,
  ts_of_last_over_time: timeOfLast,
  ts_of_max_over_time: timeOfMax,
  ts_of_min_over_time: timeOfMin,
};

const STATEFUL: Readonly<Record<string, () => WindowFunction>> = {
  max_over_time: maxOverTime,
  min_over_time: minOverTime,
};

const EXTENDED: Readonly<Record<string, { counter: boolean; perSecond: boolean }>> = {
  rate: { counter: true, perSecond: true },
  increase: { counter: true, perSecond: false },
  delta: { counter: false, perSecond: false },
};

/** The function of this name over windows, for plain ranges or those with an edge modifier. */
export function windowFunction(
  name: string,
  edges: EdgeModifier | undefined,
): WindowFunction | undefined {
  const plain = STATEFUL[name]?.() ?? FUNCTIONS[name];
  if (edges === undefined || plain === undefined) return plain;
  const extended = EXTENDED[name];
  if (extended === undefined) return anchoredCount(plain);
  return extendedRate({ ...extended, smoothed: edges === "smoothed" });
}

/** Functions whose result still is the metric: the only ones that keep its name. */
export const KEEPS_NAME: ReadonlySet<string> = new Set(["last_over_time", "first_over_time"]);

/** Functions that only make sense on counters. */
export const FOR_COUNTERS: ReadonlySet<string> = new Set(["rate", "increase"]);
