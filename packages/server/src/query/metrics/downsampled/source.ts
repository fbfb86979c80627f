import type { GridRequest, QueryContext, SelectRequest } from "@seaworthy/promql";
import type { Telemetry } from "../../../store/index.ts";
import type { PortionedSource } from "../portioned.ts";
import type { SeriesIndex } from "../series-index.ts";

import { WINDOW_FUNCTIONS } from "./functions.ts";
import { evaluateStretches } from "./grid.ts";
import { stretchesOf } from "./plan.ts";
import { seamOf, selectAcrossSeam } from "./select.ts";

/**
 * Answers what reaches back into time that is kept in windows, and leaves the rest to `samples`, the
 * source of the samples themselves.
 */
export function withWindows(
  samples: PortionedSource,
  telemetry: Telemetry,
  index: SeriesIndex,
): PortionedSource {
  const stores = { telemetry, index };
  return {
    selectPortions(request: SelectRequest, context: QueryContext) {
      const kept = telemetry.kept();
      return request.startMs > seamOf(kept)
        ? samples.selectPortions(request, context)
        : selectAcrossSeam(stores, request, kept, context);
    },
    /** Which windows answer depends on the query's whole range, so that it is not cut in slices. */
    async estimate(request: SelectRequest, context: QueryContext) {
      const kept = telemetry.kept();
      const inSamples = request.startMs > Math.max(kept.windowsUntilMs, seamOf(kept));
      return inSamples ? ((await samples.estimate?.(request, context)) ?? 0) : 0;
    },
    grid(request: GridRequest, context: QueryContext) {
      const { grid, windowMs } = request;
      const kept = telemetry.kept();
      if (grid.startMs - windowMs >= kept.windowsUntilMs) return samples.grid?.(request, context);
      const isLookup = request.function === "lookup" || request.function === "lookup_time";
      const asked = { grid, windowMs, isLookup };
      const stretches = stretchesOf(asked, kept);
      if (stretches.every(({ resolution }) => resolution === undefined)) {
        return samples.grid?.(request, context);
      }
      if (request.aggregate !== undefined || !WINDOW_FUNCTIONS.has(request.function)) {
        return undefined;
      }
      return evaluateStretches(stores, { ...request, asked }, stretches, kept, context);
    },
  };
}
