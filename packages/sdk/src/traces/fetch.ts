import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { currentContext, type Context } from "../context.ts";
import { newSpanId } from "./ids.ts";
import { textOf } from "../errors/exception.ts";
import type { Tracer } from "./tracer.ts";
import { formatTraceParent } from "./w3c.ts";

/** A request of undici's, which is also what `fetch` is, as far as it is used here. */
interface ClientRequest {
  readonly method?: unknown;
  readonly origin?: unknown;
  readonly path?: unknown;
  readonly headers?: unknown;
  addHeader?(name: string, value: string): unknown;
}

interface Pending {
  readonly context: Context;
  readonly spanId: string;
  readonly startedAt: number;
}

/**
 * Makes a span of each call that `fetch` or undici sends while a request is served, and tells the
 * called service of the trace. The span ends with the response's headers: a body may never be read.
 * Returns what stops it. `caught` is told of errors, which must not reach undici.
 */
export function traceFetch(tracer: Tracer, caught: (error: unknown) => void): () => void {
  const pending = new WeakMap<object, Pending>();

  const end = (request: ClientRequest, status: number | undefined, error?: unknown): void => {
    const call = pending.get(request);
    if (call === undefined) return;
    pending.delete(request);
    const method = String(request.method);
    const where = new URL(String(request.origin));
    const failed = error !== undefined || (status !== undefined && status >= 500);
    tracer.record(call.context, call.spanId, {
      name: method,
      kind: "client",
      startedAt: call.startedAt,
      attributes: {
        "http.request.method": method,
        // Without the query, which may hold what does not belong into traces.
        "url.full": where.origin + (String(request.path).split("?", 1)[0] ?? ""),
        "server.address": where.hostname,
        "server.port": Number(where.port) || (where.protocol === "https:" ? 443 : 80),
        "http.response.status_code": status,
      },
      error: failed ? (error === undefined ? `status ${status}` : textOf(error)) : undefined,
    });
  };

  const listeners: [channel: string, (message: Message) => void][] = [
    [
      "undici:request:create",
      ({ request }) => {
        const context = currentContext();
        // Somebody else's instrumentation may have told the service already.
        if (context === undefined || hasTraceParent(request.headers)) return;
        const spanId = newSpanId();
        const { traceId, trace } = context;
        request.addHeader?.(
          "traceparent",
          formatTraceParent({ traceId, spanId, sampled: trace.sampled }),
        );
        pending.set(request, { context, spanId, startedAt: performance.now() });
      },
    ],
    ["undici:request:headers", ({ request, response }) => end(request, response?.statusCode)],
    ["undici:request:error", ({ request, error }) => end(request, undefined, error)],
  ];
  const subscriptions = listeners.map(([channel, listen]) => {
    const guarded = (message: unknown): void => {
      try {
        listen(message as Message);
      } catch (error) {
        caught(error);
      }
    };
    subscribe(channel, guarded);
    return () => unsubscribe(channel, guarded);
  });
  return () => {
    for (const stop of subscriptions) stop();
  };
}

interface Message {
  readonly request: ClientRequest;
  readonly response?: { readonly statusCode: number };
  readonly error?: unknown;
}

/** undici keeps headers as a list of names and values, or (older) as text. */
function hasTraceParent(headers: unknown): boolean {
  const has = (text: unknown) => typeof text === "string" && /^traceparent\b/im.test(text);
  return Array.isArray(headers) ? headers.some(has) : has(headers);
}
