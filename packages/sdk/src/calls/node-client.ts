import type { ClientRequest, IncomingMessage } from "node:http";
import { isOwnAgent } from "../export/post.ts";
import { listenTo, type Listener } from "./channels.ts";
import { announceCreated, createdChannel } from "./created.ts";
import type { OutgoingCall, OutgoingCalls } from "./outgoing.ts";

interface Message {
  readonly request: ClientRequest;
  readonly response?: IncomingMessage;
  readonly error?: unknown;
}

/**
 * Watches the calls of `node:http` and `node:https`, and so those of axios, got and the like. They are
 * announced early enough for a `traceparent`, by Node from 22.12 on; what nobody announced early (its
 * headers were given as a list, say) is counted and a span all the same. Returns what stops it.
 */
export function watchNodeClient(
  calls: OutgoingCalls,
  caught: (error: unknown) => void,
): () => void {
  const pending = new WeakMap<ClientRequest, OutgoingCall>();
  const begin = (request: ClientRequest): void => {
    const { agent } = request as { readonly agent?: unknown };
    if (pending.has(request) || isOwnAgent(agent)) return;
    const told = request.headersSent || request.hasHeader("traceparent");
    const call = calls.begin(
      request.method,
      originOf(request),
      request.path,
      told && request.hasHeader("traceparent"),
      (traceParent, traceState) => {
        if (told) return;
        request.setHeader("traceparent", traceParent);
        if (traceState !== undefined && !request.hasHeader("tracestate"))
          request.setHeader("tracestate", traceState);
      },
    );
    pending.set(request, call);
  };
  const end = (request: ClientRequest, status: number | undefined, error?: unknown): void => {
    const call = pending.get(request);
    if (call === undefined) return;
    pending.delete(request);
    calls.end(call, status, error);
  };
  announceCreated();
  const listeners: readonly Listener<Message>[] = [
    [createdChannel, ({ request }) => begin(request)],
    ["http.client.request.created", ({ request }) => begin(request)],
    ["http.client.request.start", ({ request }) => begin(request)],
    ["http.client.response.finish", ({ request, response }) => end(request, response?.statusCode)],
    ["http.client.request.error", ({ request, error }) => end(request, undefined, error)],
  ];
  return listenTo(listeners, caught);
}

/** Where the request goes, by its `host` header: the socket may be one of a proxy. */
function originOf(request: ClientRequest): string {
  const host = request.getHeader("host");
  return `${request.protocol}//${typeof host === "string" ? host : request.host}`;
}
