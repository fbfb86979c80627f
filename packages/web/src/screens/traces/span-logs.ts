import type { Trace } from "@seaworthy/contract";
import { everything, withField } from "../logs/log-query.ts";
import type { Span } from "../../time/time-range.ts";

/** Lines come a little before and after what they tell of; milliseconds. */
const around = 60_000;

/** Where the log lines of a trace, or of one span of it, are found. */
export function logsOfTrace(
  trace: Pick<Trace, "traceId" | "start" | "durationNs">,
  spanId?: string,
): { readonly query: string; readonly span: Span } {
  const ofTrace = withField(everything, "trace_id", trace.traceId);
  const start = Date.parse(trace.start);
  return {
    query: spanId === undefined ? ofTrace : withField(ofTrace, "span_id", spanId),
    span: { start: start - around, end: Math.ceil(start + trace.durationNs / 1e6) + around },
  };
}
