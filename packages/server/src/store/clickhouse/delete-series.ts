import { RESOLUTIONS } from "./downsampling/tables.ts";
import type { ClickHouse } from "./engine.ts";

/** Series of one metric, by the ids that the tables have for them. */
export interface SeriesOfFamily {
  readonly family: number;
  readonly ids: readonly bigint[];
}

const DAY_MS = 86_400_000;
/** Ids of one statement. */
const MAX_IDS = 5000;
/** The tables that hold something of a series at a time. */
const TIMED = ["samples", "histograms", "exemplars", "histograms_5m", "histograms_1h"];

/**
 * Deletes what the series have from startMs to endMs (ms, both inclusive), and their names on the days
 * that lie wholly in between. What is deleted is invisible at once; merges free its space later.
 */
export async function deleteSeries(
  engine: ClickHouse,
  series: readonly SeriesOfFamily[],
  startMs: number,
  endMs: number,
): Promise<void> {
  const first = Math.ceil(startMs / DAY_MS);
  const last = Math.floor((endMs + 1) / DAY_MS) - 1;
  for (const { families, ids } of portions(series)) {
    const which = "family IN {families:Array(UInt32)} AND series IN {ids:Array(UInt64)}";
    for (const table of TIMED) {
      await engine.execute(
        `DELETE FROM ${table} WHERE ${which}
          AND time >= fromUnixTimestamp64Milli({start:Int64}, 'UTC')
          AND time <= fromUnixTimestamp64Milli({end:Int64}, 'UTC')`,
        { families, ids, start: startMs, end: endMs },
        { settings: { lightweight_deletes_sync: 2 } },
      );
    }
    // A window of which a part is deleted goes whole; where its samples are kept it is made again.
    for (const { windows, ms } of RESOLUTIONS) {
      await engine.execute(
        `DELETE FROM ${windows} WHERE ${which}
          AND start > fromUnixTimestamp64Milli({start:Int64}, 'UTC')
          AND start < fromUnixTimestamp64Milli({end:Int64}, 'UTC')`,
        { families, ids, start: startMs - ms, end: endMs },
        { settings: { lightweight_deletes_sync: 2 } },
      );
    }
    if (last < first) continue;
    await engine.execute(
      `DELETE FROM series WHERE ${which}
        AND day >= toDate({first:UInt16}) AND day <= toDate({last:UInt16})`,
      { families, ids, first, last: Math.min(last, 65_535) },
      { settings: { lightweight_deletes_sync: 2 } },
    );
  }
}

function* portions(series: readonly SeriesOfFamily[]) {
  let families: number[] = [];
  let ids: bigint[] = [];
  for (const { family, ids: all } of series) {
    for (let at = 0; at < all.length; at += MAX_IDS) {
      const part = all.slice(at, at + MAX_IDS);
      if (ids.length + part.length > MAX_IDS) {
        yield { families, ids };
        [families, ids] = [[], []];
      }
      families.push(family);
      ids.push(...part);
    }
  }
  if (ids.length > 0) yield { families, ids };
}

/** Rewrites the parts of the tables that hold deleted rows, so that their space is free. */
export async function purgeDeleted(engine: ClickHouse): Promise<void> {
  for (const table of [...TIMED, ...RESOLUTIONS.map(({ windows }) => windows), "series"]) {
    await engine.execute(
      `ALTER TABLE ${table} APPLY DELETED MASK`,
      {},
      { settings: { mutations_sync: 2 } },
    );
  }
}
