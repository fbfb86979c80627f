export { randomQuery } from "./random-query.ts";
export { MemorySource, type SampleValue } from "./memory-source.ts";
export { runScript, type ScriptOutcome, testEngine } from "./run-script.ts";
export { type NotatedSeries, parseMetric, parsePoints, parseSeries } from "./series-notation.ts";
export { almostEqual } from "./compare.ts";
