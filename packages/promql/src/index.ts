export type { Experimental, Feature } from "./check.ts";
export { createEngine, type Engine, type EngineOptions, type QueryOptions } from "./engine.ts";
export { DEFAULT_LIMITS, type EngineLimits } from "./limits.ts";
export { formatDuration, parseDuration } from "./duration.ts";
export { formatCompact, formatDecimal, formatValue } from "./number.ts";
export { setStale } from "./stale.ts";
export { lineColumn, PromqlError, type PromqlErrorKind, type Span } from "./errors.ts";
export { allBuckets as histogramBuckets } from "./histogram/buckets.ts";
export {
  type Buckets,
  type CounterResetHint,
  CUSTOM_BUCKETS_SCHEMA,
  type NativeHistogram,
} from "./histogram/histogram.ts";
export { compareLabels, Labels, METRIC_NAME } from "./labels.ts";
export {
  type Matcher,
  matcherTest,
  matchesEmpty,
  type MatchOperator,
  pinnedMetricName,
  selectorTest,
} from "./matchers.ts";
export type * from "./parse/ast.ts";
export { formatDurationExpr, formatExpr, formatSelector } from "./parse/format.ts";
export { prettyExpr } from "./parse/pretty.ts";
export { childrenOf, selectorsOf, walk } from "./parse/walk.ts";
export { ALL_EXPERIMENTAL, FEATURES, featuresOn, typeOf } from "./check.ts";
export { functionNames, functionSignature, type FunctionSignature } from "./functions.ts";
export { extractSelectors, parse, parseSelector } from "./parse.ts";
export { type AnchoredRegexp, compileAnchored } from "./regexp.ts";
export type { QueryResult, QueryStats, QueryValue, VectorSample } from "./result.ts";
export {
  ABSENT,
  FLOAT,
  type Grid,
  type GridAggregate,
  type GridAggregation,
  type GridFunction,
  type GridRequest,
  type GridSeries,
  HISTOGRAM,
  type QueryContext,
  type RawSeries,
  type SelectHints,
  type SelectRequest,
  type Source,
} from "./source.ts";
