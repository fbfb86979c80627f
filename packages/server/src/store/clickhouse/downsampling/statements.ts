import { STALE_BITS } from "../../../model/index.ts";
import type { Resolution } from "./tables.ts";

/** The part of a day that one statement works on: families, and of a single family a range of ids. */
const PIECE = `family >= {firstFamily:UInt32} AND family <= {lastFamily:UInt32}
      AND series >= {firstSeries:UInt64} AND series <= {lastSeries:UInt64}
      AND time > fromUnixTimestamp64Milli({after:Int64}, 'UTC')
      AND time <= fromUnixTimestamp64Milli({through:Int64}, 'UTC')`;

/** The start of the window that a time lies in, as SQL; the window has its end, not its start. */
function startOf(seconds: number): string {
  return `toDateTime(intDiv(toUnixTimestamp64Milli(time) - 1, ${seconds * 1000}) * ${seconds}, 'UTC')`;
}

/**
 * Writes the windows of a piece. Entries are put in order first, one of each time: what was sent
 * twice may not have been merged yet. `lost` is what PromQL adds to a counter's last less its first.
 */
export function windowsStatement({ ms, windows }: Resolution): string {
  return `INSERT INTO ${windows}
    SELECT family, series, start, {version:UInt64} AS version,
      toUInt32(length(v)) AS samples,
      fromUnixTimestamp64Milli(if(samples = 0, entries[-1].1, floats[1].1), 'UTC') AS first_time,
      fromUnixTimestamp64Milli(if(samples = 0, entries[-1].1, floats[-1].1), 'UTC') AS last_time,
      v[1] AS first, v[-1] AS last,
      arraySum((a, b) -> if(b < a, a, 0), before, behind) AS lost,
      if(samples = 0, 0, arrayReduce('sumKahan', v)) AS sum,
      if(empty(numbers), if(samples = 0, 0, nan), arrayMin(numbers)) AS low,
      if(empty(numbers), if(samples = 0, 0, nan), arrayMax(numbers)) AS high,
      toUInt32(arrayCount((a, b) -> b < a, before, behind)) AS resets,
      toUInt32(arrayCount((a, b) -> a != b AND NOT (isNaN(a) AND isNaN(b)), before, behind)) AS changes,
      toUInt8(reinterpretAsUInt64(entries[-1].2) = ${STALE_BITS}) AS stale
    FROM (
      SELECT family, series, start, entries, floats, v,
        arrayPopBack(v) AS before, arrayPopFront(v) AS behind,
        arrayFilter(x -> NOT isNaN(x), v) AS numbers
      FROM (
        SELECT family, series, start, entries,
          arrayFilter(e -> reinterpretAsUInt64(e.2) != ${STALE_BITS}, entries) AS floats,
          arrayMap(e -> e.2, floats) AS v
        FROM (
          SELECT family, series, start,
            arrayFilter((e, i) -> i = 1 OR e.1 != sorted[i - 1].1, sorted, arrayEnumerate(sorted)) AS entries
          FROM (
            SELECT family, series, ${startOf(ms / 1000)} AS start,
              arraySort(e -> e.1, groupArray((toUnixTimestamp64Milli(time), value))) AS sorted
            FROM samples WHERE ${PIECE}
            GROUP BY family, series, start
          )
        )
      )
    )`;
}

const HISTOGRAM_COLUMNS =
  "family, series, time, schema, flags, count, sum, zero_threshold, zero_count, positive_indexes, positive_counts, negative_indexes, negative_counts, bounds";

/** Whether a bucket of the histogram before has more than it has now, or is gone. */
function shrank(sign: "positive" | "negative"): string {
  return `arrayExists((i, c) -> c > ${sign}_counts[indexOf(${sign}_indexes, i)],
          lagInFrame(${sign}_indexes) OVER w, lagInFrame(${sign}_counts) OVER w)`;
}

/**
 * Keeps of each window of a piece the first and the last histogram, and both sides of each reset. A
 * change of the layout passes for a reset, as it may hide one; gauges (hint 3) have none.
 */
export function histogramsStatement({ ms, histograms }: Resolution): string {
  return `INSERT INTO ${histograms}
    SELECT ${HISTOGRAM_COLUMNS} FROM (
      SELECT *, leadInFrame(reset) OVER (PARTITION BY family, series, start ORDER BY time
        ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS reset_next
      FROM (
        SELECT ${HISTOGRAM_COLUMNS}, ${startOf(ms / 1000)} AS start,
          row_number() OVER w AS nth,
          count() OVER (PARTITION BY family, series, start) AS total,
          nth > 1 AND bitAnd(flags, 3) != 3 AND (bitAnd(flags, 3) = 1
            OR lagInFrame(schema) OVER w != schema
            OR lagInFrame(zero_threshold) OVER w != zero_threshold
            OR lagInFrame(bounds) OVER w != bounds
            OR lagInFrame(count) OVER w > count
            OR lagInFrame(zero_count) OVER w > zero_count
            OR ${shrank("positive")}
            OR ${shrank("negative")}) AS reset
        FROM (SELECT ${HISTOGRAM_COLUMNS} FROM histograms WHERE ${PIECE}
          ORDER BY family, series, time LIMIT 1 BY family, series, time)
        WINDOW w AS (PARTITION BY family, series, start ORDER BY time)
      )
    ) WHERE nth = 1 OR nth = total OR reset OR reset_next`;
}
