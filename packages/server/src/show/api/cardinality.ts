import { getCardinality } from "@seaworthy/contract";
import type { Clock } from "../../model/index.ts";
import type { Serve } from "./serve.ts";
import type { ApiSources } from "./sources.ts";

const DAY_MS = 86_400_000;

/** The explorer of cardinality. */
export function serveCardinality(serve: Serve, sources: ApiSources, clock: Clock): void {
  serve(getCardinality, async ({ query }) => {
    const endMs = clock.now();
    const { oldest, newest, ...lists } = await sources.cardinality({
      startMs: endMs - (query.days - 1) * DAY_MS,
      endMs,
      metric: query.metric,
      label: query.label,
      limit: query.limit,
    });
    return {
      ...lists,
      active: sources.activeSeries(),
      senders: sources.senders(),
      oldestSample: instantOf(oldest),
      newestSample: instantOf(newest),
    };
  });
}

function instantOf(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}
