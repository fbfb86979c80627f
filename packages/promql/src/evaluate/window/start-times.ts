import type { Window, WindowSeries } from "./window.ts";

/**
 * What start times say between two neighbouring samples of a counter. A counter that began in
 * [previous sample, this sample) has been reset since; it began exactly at the previous sample when
 * the series is made of deltas, which shows in the previous sample having a start before itself.
 * (A series whose start is unknown may also name its first sample's time as the start of the rest.)
 */
export function startedBetween(
  times: Float64Array,
  startTimes: Float64Array,
  previous: number,
  current: number,
): boolean {
  const start = startTimes[current] ?? 0;
  const previousTime = times[previous] ?? 0;
  if (start === 0 || start < previousTime || start >= (times[current] ?? 0)) return false;
  if (start > previousTime) return true;
  const previousStart = startTimes[previous] ?? 0;
  return previousStart !== 0 && previousStart < previousTime;
}

/** Whether a sample claims to have begun before the one ahead of it ended. */
function overlapsPrevious(
  times: Float64Array,
  startTimes: Float64Array,
  previous: number,
  current: number,
): boolean {
  const start = startTimes[current] ?? 0;
  return start !== 0 && start < (times[previous] ?? 0) && start !== (startTimes[previous] ?? 0);
}

/** The moment inside the window at which the first sample's counter stood at zero, 0 when unknown. */
export function zeroPoint(
  series: Pick<WindowSeries, "times" | "startTimes">,
  first: number,
  windowStartMs: number,
): number {
  const start = series.startTimes?.[first] ?? 0;
  return start > windowStartMs && start < (series.times[first] ?? 0) ? start : 0;
}

/** Warns where start times contradict the samples before them. */
export function noteOverlaps(
  window: Window,
  times: Float64Array,
  startTimes: Float64Array,
  low: number,
  high: number,
): void {
  for (let i = low + 1; i < high; i += 1) {
    if (!overlapsPrevious(times, startTimes, i - 1, i)) continue;
    const name =
      window.series.name === "" ? "" : ` for metric ${JSON.stringify(window.series.name)}`;
    window.annotations.warn(
      `sample has start time that overlaps with previous sample timestamp${name}`,
      window.rangeSpan,
    );
    return;
  }
}
