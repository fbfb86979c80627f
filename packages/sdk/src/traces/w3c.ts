/** What a caller says of the trace it is in: https://www.w3.org/TR/trace-context/#traceparent-header */
export interface TraceParent {
  readonly traceId: string;
  readonly spanId: string;
  readonly sampled: boolean;
}

const form = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const maxLength = 512;

/** Reads a `traceparent` header; undefined when there is none or it is not valid. */
export function parseTraceParent(
  header: string | readonly string[] | undefined,
): TraceParent | undefined {
  if (typeof header !== "string" || header.length > maxLength) return undefined;
  const [, version, traceId, spanId, flags, rest] = form.exec(header) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  // Version 00 has four fields; a later one may have more. 255 is no version.
  if (version === "ff" || (version === "00" && rest !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

export function formatTraceParent({ traceId, spanId, sampled }: TraceParent): string {
  return `00-${traceId}-${spanId}-${sampled ? "01" : "00"}`;
}

/**
 * A caller's `tracestate`, to be passed on as it came beside a `traceparent` of its trace: what other
 * vendors' tools say to each other. Undefined when there is none, or more than has to be passed on.
 */
export function passedTraceState(
  header: string | readonly string[] | undefined | null,
): string | undefined {
  const usable = typeof header === "string" && /^[\t -~]{1,512}$/.test(header);
  return usable ? header : undefined;
}
