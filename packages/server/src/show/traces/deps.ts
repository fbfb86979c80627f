import type { Clock } from "../../model/index.ts";
import type { TracesQuery } from "../../query/index.ts";

/** What the APIs about traces are served from. */
export interface TracesDeps {
  readonly traces: TracesQuery;
  readonly clock: Clock;
  readonly version: string;
}
