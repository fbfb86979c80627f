import type { RangeAggregation } from "../ast.ts";
import { LogqlError } from "../errors.ts";
import { ERROR, formatLabels } from "../labels.ts";
import type { Labels } from "../labels.ts";
import type { EngineLimits } from "../limits.ts";
import { compileFilter } from "../pipeline/filters.ts";
import type { LineLabels } from "../pipeline/line-labels.ts";
import { compilePipeline } from "../pipeline/pipeline.ts";
import type { Grid, LogEntry, Source } from "../source.ts";
import { parseBytes, parseDuration, parseFloat64 } from "../units.ts";
import { emptySeries, grouped, SeriesTable } from "./matrix.ts";
import type { Matrix, Series } from "./matrix.ts";
import { overWindows } from "./windows.ts";
import type { Samples } from "./windows.ts";

const NS_PER_MS = 1_000_000n;

/** The times whose lines a range aggregation reads: from `startNs` (inclusive) to `endNs` (exclusive). */
export function linesOf(expr: RangeAggregation, grid: Grid): { startNs: bigint; endNs: bigint } {
  const nsOf = (ms: number) => BigInt(Math.round(ms * 1e3)) * 1000n;
  const first = nsOf(grid.startMs - expr.offsetMs - expr.rangeMs);
  const last = nsOf(grid.startMs + (grid.count - 1) * grid.stepMs - expr.offsetMs);
  return { startNs: first + 1n, endNs: last + 1n };
}

/** Evaluates a range aggregation by running its pipeline over all of its lines. */
export async function rangeOverLines(
  expr: RangeAggregation,
  grid: Grid,
  source: Source,
  limits: EngineLimits,
  signal: AbortSignal | undefined,
): Promise<Matrix> {
  const sampler = createSampler(expr);
  const table = new SeriesTable<Samples>(() => ({ times: [], values: [] }));
  const base = BigInt(Math.round(grid.startMs * 1e3)) * 1000n;
  const request = {
    log: expr.log,
    ...linesOf(expr, grid),
    direction: "forward",
    limit: undefined,
    ...(signal === undefined ? {} : { signal }),
  } as const;
  let read = 0;
  for await (const entries of source.entries(request)) {
    read += entries.length;
    if (read > limits.maxLines) {
      throw new LogqlError(
        "limit",
        `the query must look at more than ${limits.maxLines} lines one by one; ask for less time, or filter lines before parsing them`,
      );
    }
    for (const entry of entries) {
      const sample = sampler(entry);
      if (sample === undefined) continue;
      const samples = table.get(sample.labels);
      samples.times.push(Number(entry.timeNs - base) / Number(NS_PER_MS));
      samples.values.push(sample.value);
      if (table.size > limits.maxSeries) throw tooManySeries(limits);
    }
  }
  const matrix: Series[] = [];
  for (const { labels, item } of table.values()) {
    const series = emptySeries(labels, grid.count);
    overWindows(expr, item, grid, (i, value) => {
      series.values[i] = value;
      series.present[i] = 1;
    });
    if (series.present.includes(1)) matrix.push(series);
  }
  return expr.operator === "absent_over_time" ? [absent(expr, matrix, grid)] : matrix;
}

export function tooManySeries({ maxSeries }: EngineLimits): LogqlError {
  return new LogqlError(
    "limit",
    `maximum of series (${maxSeries}) reached for a single query; group by fewer labels`,
  );
}

/** 1 wherever there is nothing, with the labels that the selector demands. */
function absent(expr: RangeAggregation, matrix: Matrix, grid: Grid): Series {
  const labels: Record<string, string> = {};
  for (const { name, operator, value } of expr.log.matchers) {
    if (operator === "=") labels[name] = value;
  }
  const series = emptySeries(labels, grid.count);
  for (let i = 0; i < grid.count; i += 1) {
    if (matrix.some(({ present }) => present[i] === 1)) continue;
    series.values[i] = 1;
    series.present[i] = 1;
  }
  return series;
}

interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

/** Makes of a line what it counts, and for which series. */
function createSampler(expr: RangeAggregation): (entry: LogEntry) => Sample | undefined {
  const pipeline = compilePipeline(expr.log.stages);
  const { unwrap, grouping, operator } = expr;
  const filters = (unwrap?.filters ?? []).map((filter) => compileFilter(filter));
  const ofBytes = operator === "bytes_rate" || operator === "bytes_over_time";
  return ({ line, timeNs, stream, metadata }) => {
    const result = pipeline.run(line, timeNs, stream, metadata);
    if (result === undefined) return undefined;
    const { labels } = result;
    let value = ofBytes ? Buffer.byteLength(result.line) : 1;
    if (unwrap !== undefined) {
      const text = labels.get(unwrap.label);
      if (text === "") return undefined;
      const read = READ[unwrap.conversion](text);
      if (read === undefined && labels.error === "") {
        labels.fail(
          "SampleExtractionErr",
          `${JSON.stringify(text.slice(0, 100))} is no ${unwrap.conversion}`,
        );
      }
      value = read ?? 0;
      if (!filters.every((filter) => filter(labels))) return undefined;
      labels.delete(unwrap.label);
    }
    refuseErrors(labels);
    const all = labels.all();
    return { value, labels: grouping === undefined ? all : grouped(all, grouping) };
  };
}

const READ = { number: parseFloat64, duration: parseDuration, bytes: parseBytes } as const;

/** Numbers made of lines that could not be read would be wrong without a sign of it. */
function refuseErrors(labels: LineLabels): void {
  if (labels.error === "") return;
  throw new LogqlError(
    "execution",
    `pipeline error: '${labels.error}' for series: '${formatLabels(labels.all())}'. Use a label filter to intentionally skip this error. (e.g | ${ERROR}!="${labels.error}")`,
  );
}
