import type { RawSeries, SelectRequest } from "../source.ts";
import type { EvaluationContext } from "./context.ts";

/** Hands each of a selector's series to `use`, and counts it; throws when the caller has given up. */
export async function eachSeries(
  request: SelectRequest,
  context: EvaluationContext,
  use: (series: RawSeries) => void,
): Promise<void> {
  const { source } = context;
  if (source.selectPortions === undefined) {
    for await (const series of source.select(request, context)) {
      context.checkAborted();
      context.takeSeries(1);
      use(series);
    }
    return;
  }
  for await (const portion of source.selectPortions(request, context)) {
    // Nobody can give up while a portion is being worked on.
    context.checkAborted();
    for (const series of portion) {
      context.takeSeries(1);
      use(series);
    }
  }
}
