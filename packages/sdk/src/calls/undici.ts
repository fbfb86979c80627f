import { listenTo, type Listener } from "./channels.ts";
import type { OutgoingCall, OutgoingCalls } from "./outgoing.ts";

/** A request of undici's, which is also what `fetch` is, as far as it is used here. */
interface UndiciRequest {
  readonly method?: unknown;
  readonly origin?: unknown;
  readonly path?: unknown;
  readonly headers?: unknown;
  addHeader?(name: string, value: string): unknown;
}

interface Message {
  readonly request: UndiciRequest;
  readonly response?: { readonly statusCode: number };
  readonly error?: unknown;
}

/** Watches the calls of `fetch` and undici. Returns what stops it. */
export function watchUndici(calls: OutgoingCalls, caught: (error: unknown) => void): () => void {
  const pending = new WeakMap<object, OutgoingCall>();
  const end = (request: UndiciRequest, status: number | undefined, error?: unknown): void => {
    const call = pending.get(request);
    if (call === undefined) return;
    pending.delete(request);
    calls.end(call, status, error);
  };
  const listeners: readonly Listener<Message>[] = [
    [
      "undici:request:create",
      ({ request }) => {
        const call = calls.begin(
          String(request.method),
          String(request.origin),
          String(request.path),
          // Somebody else's instrumentation may have told the service already.
          has(request.headers, /^traceparent\b/im),
          (traceParent, traceState) => {
            request.addHeader?.("traceparent", traceParent);
            if (traceState !== undefined && !has(request.headers, /^tracestate\b/im))
              request.addHeader?.("tracestate", traceState);
          },
        );
        pending.set(request, call);
      },
    ],
    ["undici:request:headers", ({ request, response }) => end(request, response?.statusCode)],
    ["undici:request:error", ({ request, error }) => end(request, undefined, error)],
  ];
  return listenTo(listeners, caught);
}

/** undici keeps headers as a list of names and values, or (older) as text. */
function has(headers: unknown, name: RegExp): boolean {
  const names = (text: unknown) => typeof text === "string" && name.test(text);
  return Array.isArray(headers) ? headers.some(names) : names(headers);
}
