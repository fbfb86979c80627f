/**
 * How one signal leads to another: the pages of the interface, as paths below the server's address. All
 * such links are built here, for the API's answers and for the interface itself, whose bundle has this
 * file as it is: it imports nothing.
 */

/** From and to as the interface's addresses have them: RFC 3339 or `now`, `now-15m`. */
export interface LinkRange {
  readonly from: string;
  readonly to: string;
}

/** The logs and the traces of one thing and time. */
export interface SignalLinks {
  readonly logs: string;
  readonly traces: string;
}

/** Calm before the fault makes the fault visible; milliseconds. */
const MARGIN = 15 * 60_000;
/** Lines come a little before and after the spans that they tell of; milliseconds. */
const AROUND_SPAN = 60_000;
/** On each side of a log line; milliseconds. */
const AROUND_LINE = 30_000;

type Labels = Readonly<Record<string, string>>;

/** The names under which senders and rules say which service something is about; the first counts. */
const SERVICE_LABELS = ["service", "service_name", "job"] as const;

/** The page of a trace, with one of its spans opened. */
export function tracePath(traceId: string, spanId?: string): string {
  const path = `/explore/traces/${encodeURIComponent(traceId)}`;
  return spanId === undefined ? path : `${path}?span=${encodeURIComponent(spanId)}`;
}

/** The log lines that a LogQL query lets through. */
export function logsPath(query: string, range: LinkRange): string {
  return withQuery("/explore/logs", { q: query, ...range });
}

/** The traces that a TraceQL query finds. */
export function tracesPath(query: string, range: LinkRange): string {
  return withQuery("/explore/traces", { q: query, ...range });
}

/** Every log line that carries the id of a trace. `at`: when one of them was written, ms since 1970. */
export function logsOfTracePath(traceId: string, at: number): string {
  return logsPath(withIds(traceId), rangeAround(at, at));
}

function withIds(traceId: string, spanId?: string): string {
  const ofTrace = `{service_name=~".+"} | trace_id=${JSON.stringify(traceId)}`;
  return spanId === undefined ? ofTrace : `${ofTrace} | span_id=${JSON.stringify(spanId)}`;
}

/** The page of a trace or of one span of it, and the log lines of that. */
export interface TraceLinks {
  readonly trace: string;
  readonly logs: string;
}

/** Where a trace, or one span of it, and the log lines of that are found. `start`, `end`: ms since 1970. */
export function linksOfSpans(
  traceId: string,
  spanId: string | undefined,
  start: number,
  end: number,
): TraceLinks {
  return {
    trace: tracePath(traceId, spanId),
    logs: logsPath(withIds(traceId, spanId), rangeAround(start, end, AROUND_SPAN)),
  };
}

/** The trace, and where it is known the span, that something belongs to. */
export interface SpanIds {
  readonly traceId: string;
  readonly spanId: string | undefined;
}

const TRACE_NAMES = ["trace_id", "traceId", "traceID", "traceid", "dd_trace_id"] as const;
const SPAN_NAMES = ["span_id", "spanId", "spanID", "spanid", "dd_span_id"] as const;

/**
 * Which trace a log line or an exemplar belongs to: by its fields, else by what stands in its text; null
 * when it names none.
 */
export function traceOf(fields: Labels, text = ""): SpanIds | null {
  const traceId = idIn(fields, text, TRACE_NAMES, /^[\da-f]{16,32}$/i);
  if (traceId === undefined || /^0+$/.test(traceId)) return null;
  return { traceId, spanId: idIn(fields, text, SPAN_NAMES, /^[\da-f]{16}$/i) };
}

function idIn(
  fields: Labels,
  text: string,
  names: readonly string[],
  form: RegExp,
): string | undefined {
  for (const name of names) {
    const given = fields[name];
    if (given !== undefined && form.test(given)) return given;
  }
  // `"trace_id":"…"` of JSON and `trace_id=…` of logfmt.
  const [, written] =
    new RegExp(`\\b(?:${names.join("|")})"?\\s*[:=]\\s*"?([\\da-f]+)\\b`, "i").exec(text) ?? [];
  return written !== undefined && form.test(written) ? written : undefined;
}

/** The lines of the same stream half a minute before and after. `at`: ms since 1970. */
export function aroundLinePath(stream: Labels, at: number): string {
  const matchers = Object.entries(stream).map(
    ([name, value]) => `${name}=${JSON.stringify(value)}`,
  );
  return logsPath(`{${matchers.join(", ")}}`, rangeAround(at, at, AROUND_LINE));
}

/** Where a log line leads: what stands around it and, when it names a trace, there and to all lines of it. */
export function linksOfLine(line: {
  /** ms since 1970. */
  readonly at: number;
  readonly stream: Labels;
  readonly fields: Labels;
  readonly text: string;
}): { readonly around: string } & Partial<TraceLinks> {
  const around = aroundLinePath(line.stream, line.at);
  const ids = traceOf(line.fields, line.text);
  if (ids === null) return { around };
  return {
    around,
    trace: tracePath(ids.traceId, ids.spanId),
    logs: logsOfTracePath(ids.traceId, line.at),
  };
}

/**
 * Where the logs and traces are of what labels are about, around a time (ms since 1970) that may go on
 * still; null when the labels name no service.
 */
export function linksOfLabels(
  labels: Labels,
  start: number,
  end: number | null,
): SignalLinks | null {
  const name = SERVICE_LABELS.find((label) => (labels[label] ?? "") !== "");
  const service = name === undefined ? undefined : labels[name];
  return service === undefined ? null : linksOfService(service, start, end);
}

/** The same of a service by its name. */
export function linksOfService(service: string, start: number, end: number | null): SignalLinks {
  const range = rangeAround(start, end);
  const text = JSON.stringify(service);
  return {
    logs: logsPath(`{service_name=${text}}`, range),
    traces: tracesPath(`{ resource.service.name = ${text} }`, range),
  };
}

function rangeAround(start: number, end: number | null, margin = MARGIN): LinkRange {
  const second = (ms: number) => new Date(Math.floor(ms / 1000) * 1000).toISOString();
  const text = (ms: number) => second(ms).replace(".000Z", "Z");
  return {
    from: text(start - margin),
    to: end === null ? "now" : text(Math.ceil(end / 1000) * 1000 + margin),
  };
}

function withQuery(path: string, given: Readonly<Record<string, string>>): string {
  return `${path}?${new URLSearchParams(given).toString()}`;
}
