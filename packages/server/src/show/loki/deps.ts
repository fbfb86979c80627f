import type { Clock } from "../../model/index.ts";
import type { LogsQuery, LogTail } from "../../query/index.ts";

/** What Loki's API is served from. */
export interface LokiDeps {
  readonly logs: LogsQuery;
  readonly tail: LogTail;
  readonly clock: Clock;
  readonly version: string;
}
