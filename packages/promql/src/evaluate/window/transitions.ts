import { histogramsEqual } from "../../histogram/equality.ts";
import { detectReset } from "../../histogram/reset.ts";
import { startedBetween } from "./start-times.ts";
import type { Window, WindowFunction } from "./window.ts";

interface Transitions {
  floats(before: number, after: number, window: Window): boolean;
  histograms(before: number, after: number, window: Window): boolean;
}

/** Counts the steps from one sample to the next that are of interest; a change of type always is. */
function count(transitions: Transitions): WindowFunction {
  return (window, out) => {
    const { low, high, histogramLow, histogramHigh, series } = window;
    if (high - low + histogramHigh - histogramLow === 0) return;
    let float = low;
    let histogram = histogramLow;
    let previousIsFloat: boolean | undefined;
    let found = 0;
    while (float < high || histogram < histogramHigh) {
      const isFloat =
        histogram >= histogramHigh ||
        (float < high && (series.times[float] ?? 0) < (series.histogramTimes[histogram] ?? 0));
      if (previousIsFloat !== undefined) {
        if (previousIsFloat !== isFloat) found += 1;
        else if (isFloat) found += transitions.floats(float - 1, float, window) ? 1 : 0;
        else found += transitions.histograms(histogram - 1, histogram, window) ? 1 : 0;
      }
      previousIsFloat = isFloat;
      if (isFloat) float += 1;
      else histogram += 1;
    }
    out.setFloat(found);
  };
}

export const changes = count({
  floats(before, after, { series: { values } }) {
    const from = values[before] ?? 0;
    const to = values[after] ?? 0;
    return from !== to && !(Number.isNaN(from) && Number.isNaN(to));
  },
  histograms(before, after, { series: { histograms } }) {
    const from = histograms[before];
    const to = histograms[after];
    return from !== undefined && to !== undefined && !histogramsEqual(from, to);
  },
});

export const resets = count({
  floats(before, after, { series: { values, times, startTimes } }) {
    if ((values[after] ?? 0) < (values[before] ?? 0)) return true;
    return startTimes !== undefined && startedBetween(times, startTimes, before, after);
  },
  histograms(before, after, { series }) {
    const from = series.histograms[before];
    const to = series.histograms[after];
    if (from === undefined || to === undefined) return false;
    if (detectReset(to, from)) return true;
    const { histogramTimes, histogramStartTimes: startTimes } = series;
    return startTimes !== undefined && startedBetween(histogramTimes, startTimes, before, after);
  },
});
