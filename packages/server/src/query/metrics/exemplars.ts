import type { Labels, Matcher } from "@seaworthy/promql";
import { PromqlError } from "@seaworthy/promql";
import type { Block, Telemetry } from "../../store/index.ts";
import { Chunker, clampTime } from "./samples.ts";
import type { IndexedSeries, SeriesIndex } from "./series-index.ts";

/** Exemplars of one series, ascending in time. */
export interface ExemplarSeries {
  readonly labels: Labels;
  readonly exemplars: readonly StoredExemplar[];
}

export interface StoredExemplar {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly timeMs: number;
}

/** Series of one statement. */
const CHUNK_SERIES = 5000;

/** Reads the exemplars of the series that match any of the selectors; both ends of time included. */
export async function readExemplars(
  { telemetry, index }: { readonly telemetry: Telemetry; readonly index: SeriesIndex },
  selectors: readonly (readonly Matcher[])[],
  range: { readonly startMs: number; readonly endMs: number },
  limit: number,
  signal: AbortSignal,
): Promise<ExemplarSeries[]> {
  const wanted = new Map<bigint, IndexedSeries>();
  const found = new Map<bigint, StoredExemplar[]>();
  let count = 0;
  for (const matchers of selectors) {
    const families = await index.match(matchers, range.startMs, range.endMs, signal);
    const chunks = new Chunker(families);
    for (let chunk = chunks.take(CHUNK_SERIES); chunk; chunk = chunks.take(CHUNK_SERIES)) {
      const fresh = chunk.series.filter(({ id }) => !wanted.has(id));
      for (const series of fresh) wanted.set(series.id, series);
      const ids = new Set(fresh.map(({ id }) => id));
      const blocks = await telemetry.select(
        `SELECT series, time, value, labels FROM exemplars
        WHERE ${chunk.where}
          AND time >= fromUnixTimestamp64Milli({start:Int64}, 'UTC')
          AND time <= fromUnixTimestamp64Milli({end:Int64}, 'UTC')
        ORDER BY time LIMIT 1 BY series, time, value LIMIT {limit:UInt64}`,
        {
          ...chunk.parameters,
          start: clampTime(range.startMs),
          end: clampTime(range.endMs),
          limit: limit + 1,
        },
        { signal },
      );
      for (const { id, exemplar } of blocks.flatMap((block) => rowsOf(block))) {
        if (!ids.has(id)) continue;
        const known = found.get(id) ?? [];
        found.set(id, known);
        known.push(exemplar);
        count += 1;
      }
      if (count > limit) {
        throw new PromqlError("limit", `there are more than ${limit} exemplars; ask for less time`);
      }
    }
  }
  return [...found].flatMap(([id, exemplars]) => {
    const series = wanted.get(id);
    return series === undefined ? [] : [{ labels: series.labels, exemplars }];
  });
}

function rowsOf({ rows, columns }: Block): { id: bigint; exemplar: StoredExemplar }[] {
  const [ids, times, values, labels] = ["series", "time", "value", "labels"].map((name) =>
    columns.get(name),
  );
  if (ids?.kind !== "numbers" || times?.kind !== "numbers" || values?.kind !== "numbers") return [];
  if (labels?.kind !== "map") return [];
  const { keys, values: texts, ends } = labels;
  if (keys.kind !== "strings" || texts.kind !== "strings") return [];
  return Array.from({ length: rows }, (_, row) => {
    const own: Record<string, string> = {};
    for (let i = ends[row - 1] ?? 0; i < (ends[row] ?? 0); i += 1) {
      own[keys.data[i] ?? ""] = texts.data[i] ?? "";
    }
    const exemplar = {
      labels: own,
      value: Number(values.data[row]),
      timeMs: Number(times.data[row]),
    };
    return { id: BigInt(ids.data[row] ?? 0), exemplar };
  });
}
