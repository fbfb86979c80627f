/** LogQL: parse, and evaluate over any source of log lines. */
export { isLogExpr } from "./ast.ts";
export type * from "./ast.ts";
export { createEngine } from "./engine.ts";
export type { Engine, LinesRequest, LogLine } from "./engine.ts";
export { LogqlError } from "./errors.ts";
export { labelsKey } from "./labels.ts";
export type { Labels } from "./labels.ts";
export type { EngineLimits } from "./limits.ts";
export { emptySeries, grouped, SeriesTable } from "./metrics/matrix.ts";
export type { Matrix, Series } from "./metrics/matrix.ts";
export { linesOf } from "./metrics/range.ts";
export { parse, parseMatchers } from "./parse.ts";
export { JsonFieldReader, UNKNOWN_FIELD } from "./pipeline/json-fields.ts";
export { compilePipeline } from "./pipeline/pipeline.ts";
export type { Pipeline } from "./pipeline/pipeline.ts";
export type { EntriesRequest, Grid, LogEntry, Source } from "./source.ts";
export { parseDuration } from "./units.ts";
