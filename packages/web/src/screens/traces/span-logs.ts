import type { Trace } from "@seaworthy/contract";
import { everything, withField } from "../logs/log-query.ts";
import type { Span } from "../../time/time-range.ts";

/** Lines come a little before and after what they tell of; milliseconds. */
const around = 60_000;

/** Which log lines a trace has, and when. */
export function logsOfTrace(trace: Pick<Trace, "traceId" | "start" | "durationNs">): {
  readonly query: string;
  readonly span: Span;
} {
  const start = Date.parse(trace.start);
  return {
    query: withField(everything, "trace_id", trace.traceId),
    span: { start: start - around, end: Math.ceil(start + trace.durationNs / 1e6) + around },
  };
}
