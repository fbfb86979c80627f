import type { QueryContext } from "@seaworthy/promql";
import type { Block, Resolution, Telemetry } from "../../../store/index.ts";
import { HISTOGRAM_COLUMNS, histogramsById } from "../histograms.ts";
import type { HistogramSeries } from "../histograms.ts";
import { Chunker, clampTime } from "../samples.ts";
import type { MatchedFamily } from "../series-index.ts";
import { windowColumns, windowsById } from "./windows.ts";
import type { Windows } from "./windows.ts";

/** A stretch of time that is open to the left, ms. */
export interface OpenRange {
  readonly afterMs: number;
  readonly throughMs: number;
}

/** Cuts matched series into lots of at most `count`. */
export function* portions(
  families: readonly MatchedFamily[],
  count: number,
): Generator<MatchedFamily[]> {
  let lot: MatchedFamily[] = [];
  let size = 0;
  for (const family of families) {
    const isDense = family.series.length * 2 > family.total;
    for (let at = 0; at < family.series.length;) {
      const series = family.series.slice(at, at + count - size);
      at += series.length;
      size += series.length;
      lot.push({ ...family, series, total: isDense ? series.length : Number.POSITIVE_INFINITY });
      if (size < count) continue;
      yield lot;
      [lot, size] = [[], 0];
    }
  }
  if (lot.length > 0) yield lot;
}

/** The windows of some series that end within the range. */
export async function readWindows(
  telemetry: Telemetry,
  families: readonly MatchedFamily[],
  { ms, windows }: Resolution,
  range: OpenRange,
  context: QueryContext,
): Promise<Map<bigint, Windows>> {
  const columns = windowColumns(ms / 1000);
  const found = await read(telemetry, families, `${columns} FROM ${windows}`, "start", {
    range: { afterMs: range.afterMs - ms, throughMs: range.throughMs - ms },
    context,
  });
  return windowsById(found);
}

/** The native histograms that are kept of some series. */
export async function readKeptHistograms(
  telemetry: Telemetry,
  families: readonly MatchedFamily[],
  { histograms }: Resolution,
  range: OpenRange,
  context: QueryContext,
): Promise<Map<bigint, HistogramSeries>> {
  const what = `${HISTOGRAM_COLUMNS} FROM ${histograms}`;
  return histogramsById(await read(telemetry, families, what, "time", { range, context }));
}

async function read(
  telemetry: Telemetry,
  families: readonly MatchedFamily[],
  what: string,
  time: "start" | "time",
  { range, context }: { readonly range: OpenRange; readonly context: QueryContext },
): Promise<Block[]> {
  const { signal } = context;
  if (range.afterMs >= range.throughMs) return [];
  const chunks = new Chunker(families);
  const all: Block[] = [];
  const take = () => chunks.take(Number.MAX_SAFE_INTEGER);
  for (let chunk = take(); chunk !== undefined; chunk = take()) {
    const sql = `SELECT ${what}
      WHERE ${chunk.where}
        AND ${time} > fromUnixTimestamp64Milli({after:Int64}, 'UTC')
        AND ${time} <= fromUnixTimestamp64Milli({through:Int64}, 'UTC')`;
    const parameters = {
      ...chunk.parameters,
      after: clampTime(range.afterMs),
      through: clampTime(range.throughMs),
    };
    const blocks = await telemetry.select(sql, parameters, { signal });
    context.takeSamples(blocks.reduce((sum, { rows }) => sum + rows, 0));
    all.push(...blocks);
  }
  return all;
}
