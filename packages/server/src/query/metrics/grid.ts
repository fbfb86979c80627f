import { ABSENT, FLOAT } from "@seaworthy/promql";
import type { GridFunction, GridRequest, GridSeries } from "@seaworthy/promql";
import { STALE_BITS } from "../../model/index.ts";
import type { Block, Telemetry } from "../../store/index.ts";
import { Chunker, clampTime } from "./samples.ts";
import type { IndexedSeries, SeriesIndex } from "./series-index.ts";

/** Points of one statement's answer, 8 bytes each and their absences. */
const MAX_POINTS = 2_000_000;

const BITS = "reinterpretAsUInt64(value)";
/** Staleness markers are no samples to functions over windows. */
const SAMPLES = `${BITS} != ${STALE_BITS}`;

/**
 * What the engine computes itself, because it gives bit for bit what PromQL's own evaluation gives
 * and costs less: a row a series instead of all its samples. Per function, SQL over a series' entries
 * in the window: the bits of its result, and which entries count.
 *
 * Rates are not here although the engine has them: on 5.5 million samples `timeSeriesRateToGrid`
 * takes as long as reading the samples and evaluating them in JavaScript (677 and 736 ms of CPU).
 * Sums, averages and counts are not, because samples that were sent twice would count twice.
 */
const AT_ONE_STEP: ReadonlyMap<GridFunction, { readonly bits: string; readonly where: string }> =
  new Map([
    ["lookup", { bits: `argMax(${BITS}, time)`, where: "true" }],
    ["last_over_time", { bits: `argMax(${BITS}, time)`, where: SAMPLES }],
    ["first_over_time", { bits: `argMin(${BITS}, time)`, where: SAMPLES }],
    ["present_over_time", { bits: "reinterpretAsUInt64(toFloat64(1))", where: SAMPLES }],
    ["min_over_time", { bits: extreme("min"), where: SAMPLES }],
    ["max_over_time", { bits: extreme("max"), where: SAMPLES }],
  ]);

/** NaN counts only among NaNs, and of 0 and -0 the earlier one stands. */
function extreme(pick: "min" | "max"): string {
  const picked = `${pick}If(value, NOT isNaN(value))`;
  return `multiIf(
    countIf(NOT isNaN(value)) = 0, argMax(${BITS}, time),
    ${picked} = 0, argMinIf(${BITS}, time, value = 0),
    reinterpretAsUInt64(${picked}))`;
}

/** The last entry before each of several instants; a staleness marker among them is one. */
const LAST_TO_GRID = `timeSeriesLastToGrid(
    fromUnixTimestamp64Milli({start:Int64}, 'UTC'), fromUnixTimestamp64Milli({end:Int64}, 'UTC'),
    toDecimal64({step:Int64}, 3) / 1000, toDecimal64({window:Int64}, 3) / 1000)(time, value)`;

/** Answers a grid request, or declines it: at once, or when native histograms are among the samples. Throws what the store throws. */
export function evaluateGrid(
  telemetry: Telemetry,
  index: SeriesIndex,
  request: GridRequest,
  signal: AbortSignal,
): Promise<GridSeries[] | undefined> | undefined {
  const { grid, windowMs } = request;
  // What is in memory is evaluated sooner than a statement is planned.
  if (telemetry.recent.covers(grid.startMs - windowMs)) {
    const lookup = request.function === "lookup" && grid.steps === 1;
    return lookup && request.aggregate === undefined
      ? lookUpInMemory(telemetry, index, request, signal)
      : undefined;
  }
  const whole = [grid.startMs, grid.stepMs, windowMs].every((ms) => Number.isSafeInteger(ms));
  // Sums of floats depend on their order: the caller adds up what it is given.
  if (!whole || request.aggregate !== undefined) return undefined;
  const one = AT_ONE_STEP.get(request.function);
  if (grid.steps > 1) {
    if (request.function !== "lookup" || grid.stepMs < 1) return undefined;
    const ask = { columns: `${LAST_TO_GRID} AS points`, where: "true", read: manyPoints };
    return evaluate(telemetry, index, request, ask, signal);
  }
  if (one === undefined) return undefined;
  const ask = { columns: `${one.bits} AS bits`, where: one.where, read: onePoint };
  return evaluate(telemetry, index, request, ask, signal);
}

/** The current value of each series, without an array for the samples of each. */
async function lookUpInMemory(
  { recent }: Telemetry,
  index: SeriesIndex,
  { grid: { startMs }, windowMs, matchers }: GridRequest,
  signal: AbortSignal,
): Promise<GridSeries[] | undefined> {
  const afterMs = startMs - windowMs;
  const families = await index.match(matchers, afterMs + 1, startMs, signal);
  if (families.some(({ histograms }) => histograms)) return undefined;
  const all = families.flatMap(({ series }) => series);
  const values = new Float64Array(all.length);
  const halves = new Uint32Array(values.buffer);
  const kinds = new Uint8Array(all.length).fill(FLOAT);
  const answer: GridSeries[] = [];
  all.forEach(({ id, labels }, i) => {
    if (!recent.last(id, afterMs, startMs, halves, i)) return;
    if (halves[2 * i] === STALE_LOW && halves[2 * i + 1] === STALE_HIGH) return;
    answer.push({ labels, kinds: kinds.subarray(i, i + 1), values: values.subarray(i, i + 1) });
  });
  return answer;
}

interface Ask {
  readonly columns: string;
  readonly where: string;
  readonly read: (block: Block, row: number, steps: number) => Points | undefined;
}

type Points = Pick<GridSeries, "kinds" | "values">;

async function evaluate(
  telemetry: Telemetry,
  index: SeriesIndex,
  { grid, windowMs, matchers }: GridRequest,
  ask: Ask,
  signal: AbortSignal,
): Promise<GridSeries[] | undefined> {
  const { startMs, stepMs, steps } = grid;
  const endMs = startMs + (steps - 1) * stepMs;
  const families = await index.match(matchers, startMs - windowMs + 1, endMs, signal);
  if (families.some(({ histograms }) => histograms)) return undefined;
  const times = {
    // The first window, which is open to the left.
    after: clampTime(startMs - windowMs),
    start: startMs,
    end: endMs,
    step: stepMs,
    window: windowMs,
  };
  const answer: GridSeries[] = [];
  const chunks = new Chunker(families);
  const size = Math.max(1, Math.floor(MAX_POINTS / steps));
  for (let chunk = chunks.take(size); chunk !== undefined; chunk = chunks.take(size)) {
    const sql = `SELECT series, ${ask.columns} FROM samples
      WHERE ${chunk.where} AND ${ask.where}
        AND time > fromUnixTimestamp64Milli({after:Int64}, 'UTC')
        AND time <= fromUnixTimestamp64Milli({last:Int64}, 'UTC')
      GROUP BY series`;
    const parameters = { ...times, last: clampTime(endMs), ...chunk.parameters };
    const blocks = await telemetry.select(sql, parameters, { signal });
    const byId = new Map(chunk.series.map((series) => [series.id, series]));
    for (const block of blocks) answer.push(...gridSeries(block, byId, steps, ask));
  }
  return answer;
}

function* gridSeries(
  block: Block,
  byId: ReadonlyMap<bigint, IndexedSeries>,
  steps: number,
  ask: Ask,
): Generator<GridSeries> {
  const ids = block.columns.get("series");
  if (ids?.kind !== "numbers") return;
  for (let row = 0; row < block.rows; row += 1) {
    const series = byId.get(BigInt(ids.data[row] ?? 0));
    const points = series === undefined ? undefined : ask.read(block, row, steps);
    if (series !== undefined && points !== undefined) yield { labels: series.labels, ...points };
  }
}

function onePoint({ columns }: Block, row: number): Points | undefined {
  const column = columns.get("bits");
  if (column?.kind !== "numbers") return undefined;
  const bits = BigInt(column.data[row] ?? 0);
  if (bits === STALE_BITS) return undefined;
  return {
    kinds: Uint8Array.of(FLOAT),
    values: new Float64Array(BigUint64Array.of(bits).buffer),
  };
}

function manyPoints({ columns }: Block, row: number, steps: number): Points | undefined {
  const column = columns.get("points");
  if (column?.kind !== "array" || column.values.kind !== "nullable") return undefined;
  const { nulls, values } = column.values;
  if (values.kind !== "numbers" || !(values.data instanceof Float64Array)) return undefined;
  const start = (column.ends[row] ?? 0) - steps;
  const halves = new Uint32Array(values.data.buffer, values.data.byteOffset + start * 8, steps * 2);
  const kinds = new Uint8Array(steps);
  let present = false;
  for (let step = 0; step < steps; step += 1) {
    const stale = halves[2 * step] === STALE_LOW && halves[2 * step + 1] === STALE_HIGH;
    const absent = nulls[start + step] === 1 || stale;
    kinds[step] = absent ? ABSENT : FLOAT;
    present ||= !absent;
  }
  return present ? { kinds, values: values.data.subarray(start, start + steps) } : undefined;
}

const STALE_LOW = Number(STALE_BITS & 0xffff_ffffn);
const STALE_HIGH = Number(STALE_BITS >> 32n);
