import { HistogramSum } from "../../histogram/sum.ts";
import { infoReconciled, warnMixedSchemas, warnMixedTypes, warnResetCollision } from "./notes.ts";
import { meanOfFloats, sumOfFloats } from "./over-time.ts";
import type { Cell, Window, WindowFunction } from "./window.ts";

/** sum_over_time and avg_over_time take floats or histograms, never both. */
function ofEither(
  floats: (window: Window) => number,
  histograms: (window: Window, out: Cell) => void,
): WindowFunction {
  return (window, out) => {
    const hasFloats = window.high > window.low;
    const hasHistograms = window.histogramHigh > window.histogramLow;
    if (hasFloats && hasHistograms) {
      warnMixedTypes(window.annotations, window.series.name, window.rangeSpan);
    } else if (hasFloats) out.setFloat(floats(window));
    else if (hasHistograms) histograms(window, out);
  };
}

function histogramTotal(window: Window, out: Cell, mean: boolean): void {
  const { annotations, rangeSpan, series } = window;
  const total = new HistogramSum(mean);
  for (let i = window.histogramLow; i < window.histogramHigh; i += 1) {
    const histogram = series.histograms[i];
    if (histogram !== undefined) total.add(histogram);
  }
  if (total.resetCollision) warnResetCollision(annotations, "aggregation", rangeSpan);
  if (total.reconciled) infoReconciled(annotations, "aggregation", rangeSpan);
  if (total.incompatible) warnMixedSchemas(annotations, series.name, rangeSpan);
  else if (total.result !== undefined) out.setHistogram(total.result);
}

export const sumOverTime = ofEither(sumOfFloats, (window, out) => {
  histogramTotal(window, out, false);
});

export const avgOverTime = ofEither(meanOfFloats, (window, out) => {
  histogramTotal(window, out, true);
});
