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
  const query = `{service_name=~".+"} | trace_id=${JSON.stringify(traceId)}`;
  return logsPath(query, rangeAround(at, at));
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

function rangeAround(start: number, end: number | null): LinkRange {
  const second = (ms: number) => new Date(Math.floor(ms / 1000) * 1000).toISOString();
  const text = (ms: number) => second(ms).replace(".000Z", "Z");
  return { from: text(start - MARGIN), to: end === null ? "now" : text(end + MARGIN) };
}

function withQuery(path: string, given: Readonly<Record<string, string>>): string {
  return `${path}?${new URLSearchParams(given).toString()}`;
}
