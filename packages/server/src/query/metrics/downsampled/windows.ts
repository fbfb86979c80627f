import type { RawSeries } from "@seaworthy/promql";
import { isStale } from "../../../model/index.ts";
import type { Block } from "../../../store/index.ts";

const NUMBERS = [
  "end",
  "samples",
  "firstTime",
  "lastTime",
  "first",
  "last",
  "lost",
  "sum",
  "low",
  "high",
  "resets",
  "changes",
  "stale",
] as const;

/**
 * What happened in stretches of time, in columns, ascending: a window of old samples is one, and so
 * is a single sample. What the columns mean stands with the tables.
 */
export type Windows = Readonly<Record<(typeof NUMBERS)[number], Float64Array>>;

/** The columns that `windowsById` reads, of windows of so many seconds. */
export function windowColumns(seconds: number): string {
  const ms = (name: string) => `toFloat64(toUnixTimestamp64Milli(${name}))`;
  return `series, version, toFloat64(toUnixTimestamp(start) + ${seconds}) * 1000 AS end,
    toFloat64(samples) AS samples, ${ms("first_time")} AS firstTime, ${ms("last_time")} AS lastTime,
    first, last, lost, sum, low, high,
    toFloat64(resets) AS resets, toFloat64(changes) AS changes, toFloat64(stale) AS stale`;
}

interface Place {
  readonly block: number;
  readonly row: number;
  readonly end: number;
  readonly version: bigint;
}

/** Sorts rows of windows by their series; of a window that was written again the newest stands. */
export function windowsById(blocks: readonly Block[]): Map<bigint, Windows> {
  const places = new Map<bigint, Place[]>();
  const columns = blocks.map(({ columns: all }) =>
    NUMBERS.map((name) => {
      const column = all.get(name);
      if (column?.kind !== "numbers" || !(column.data instanceof Float64Array)) {
        throw new TypeError(`the answer lacks its column ${name}`);
      }
      return column.data;
    }),
  );
  blocks.forEach(({ rows, columns: all }, block) => {
    const [ids, versions] = [all.get("series"), all.get("version")];
    if (ids?.kind !== "numbers" || versions?.kind !== "numbers") return;
    const ends = columns[block]?.[0];
    for (let row = 0; row < rows; row += 1) {
      const id = BigInt(ids.data[row] ?? 0);
      const version = BigInt(versions.data[row] ?? 0);
      const place = { block, row, end: ends?.[row] ?? 0, version };
      const known = places.get(id);
      if (known === undefined) places.set(id, [place]);
      else known.push(place);
    }
  });
  return new Map([...places].map(([id, found]) => [id, gather(newest(found), columns)]));
}

function newest(places: Place[]): Place[] {
  places.sort((a, b) => a.end - b.end || (a.version < b.version ? -1 : 1));
  return places.filter(({ end }, i) => end !== places[i + 1]?.end);
}

function gather(places: readonly Place[], columns: readonly Float64Array[][]): Windows {
  return made(places.length, (name, target) => {
    const index = NUMBERS.indexOf(name);
    places.forEach(({ block, row }, i) => {
      target[i] = columns[block]?.[index]?.[row] ?? 0;
    });
  });
}

function made(
  size: number,
  fill: (name: (typeof NUMBERS)[number], target: Float64Array) => void,
): Windows {
  const entries = NUMBERS.map((name) => {
    const target = new Float64Array(size);
    fill(name, target);
    return [name, target] as const;
  });
  return Object.fromEntries(entries) as Windows;
}

/** Samples as windows of one each. */
export function windowsOfSamples({ times, values }: RawSeries): Windows {
  const none = new Float64Array(times.length);
  const stale = Float64Array.from(times, (_, i) => (isStale(values, i) ? 1 : 0));
  return {
    end: times,
    samples: stale.map((marker) => 1 - marker),
    firstTime: times,
    lastTime: times,
    first: values,
    last: values,
    lost: none,
    sum: values,
    low: values,
    high: values,
    resets: none,
    changes: none,
    stale,
  };
}

/** `before`, and of `after` what ends later than `afterMs`. */
export function joinWindows(before: Windows, after: Windows, afterMs: number): Windows {
  let from = 0;
  while (from < after.end.length && (after.end[from] ?? 0) <= afterMs) from += 1;
  const size = before.end.length;
  return made(size + after.end.length - from, (name, target) => {
    target.set(before[name]);
    target.set(after[name].subarray(from), size);
  });
}

export const NO_WINDOWS: Windows = made(0, () => {});
