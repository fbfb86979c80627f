import type { ValueType } from "./parse/ast.ts";

/** What a PromQL function takes and gives. */
export interface FunctionSignature {
  readonly name: string;
  readonly args: readonly ValueType[];
  /**
   * 0: exactly `args`. n > 0: the last argument may be left out or repeated up to n times.
   * −1: the last argument may be left out or repeated without limit.
   */
  readonly variadic: number;
  readonly returns: ValueType;
  readonly experimental: boolean;
}

const signatures = new Map<string, FunctionSignature>();

function define(
  names: string,
  args: readonly ValueType[],
  returns: ValueType,
  { variadic = 0, experimental = false }: { variadic?: number; experimental?: boolean } = {},
): void {
  for (const name of names.split(" ")) {
    signatures.set(name, { name, args, variadic, returns, experimental });
  }
}

const experimental = true;
define(
  "abs absent acos acosh asin asinh atan atanh ceil cos cosh deg exp floor histogram_avg " +
    "histogram_count histogram_stddev histogram_stdvar histogram_sum ln log10 log2 rad sgn sin " +
    "sinh sort sort_desc sqrt tan tanh timestamp",
  ["vector"],
  "vector",
);
define(
  "absent_over_time avg_over_time changes count_over_time delta deriv idelta " +
    "increase irate last_over_time max_over_time min_over_time present_over_time rate resets " +
    "stddev_over_time stdvar_over_time sum_over_time",
  ["matrix"],
  "vector",
);
define(
  "first_over_time mad_over_time ts_of_first_over_time ts_of_last_over_time ts_of_max_over_time " +
    "ts_of_min_over_time",
  ["matrix"],
  "vector",
  { experimental },
);
define("start_timestamp", ["vector"], "vector", { experimental });
define(
  "day_of_month day_of_week day_of_year days_in_month hour minute month year",
  ["vector"],
  "vector",
  { variadic: 1 },
);
define("clamp", ["vector", "scalar", "scalar"], "vector");
define("clamp_max clamp_min", ["vector", "scalar"], "vector");
define("double_exponential_smoothing", ["matrix", "scalar", "scalar"], "vector", { experimental });
define("histogram_fraction", ["scalar", "scalar", "vector"], "vector");
define("histogram_quantile", ["scalar", "vector"], "vector");
define("histogram_quantiles", ["vector", "string", "scalar", "scalar"], "vector", {
  variadic: 9,
  experimental,
});
define("info", ["vector", "vector"], "vector", { variadic: 1, experimental });
define("label_join", ["vector", "string", "string", "string"], "vector", { variadic: -1 });
define("label_replace", ["vector", "string", "string", "string", "string"], "vector");
define("predict_linear", ["matrix", "scalar"], "vector");
define("quantile_over_time", ["scalar", "matrix"], "vector");
define("round", ["vector", "scalar"], "vector", { variadic: 1 });
define("scalar", ["vector"], "scalar");
define("sort_by_label sort_by_label_desc", ["vector", "string"], "vector", {
  variadic: -1,
  experimental,
});
define("vector", ["scalar"], "vector");
define("pi time", [], "scalar");
define("start end step range", [], "scalar", { experimental });
define("min_of max_of", ["scalar", "scalar"], "scalar", { experimental });

/** The signature of a function, undefined when there is none of that name. */
export function functionSignature(name: string): FunctionSignature | undefined {
  return signatures.get(name);
}

/** All functions, by name. */
export function functionNames(): string[] {
  return [...signatures.keys()].sort();
}
