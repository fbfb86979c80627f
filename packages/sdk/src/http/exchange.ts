import type { IncomingMessage, ServerResponse } from "node:http";
import { LocalTrace, runIn } from "../context.ts";
import type { Joined } from "../traces/opentelemetry.ts";
import type { TraceParent } from "../traces/w3c.ts";
import { acceptRequestId } from "./request-id.ts";

/** Tells the template of the route that serves a request; undefined when no route matched. */
export type TemplateOf = (request: IncomingMessage) => string | undefined;

/** Who is told when an exchange has ended; `complete` is false when the caller went away before. */
export interface ExchangeWatcher {
  ended(exchange: Exchange, response: ServerResponse, complete: boolean): void;
}

const exchangeOf = Symbol("seaworthy.exchange");

interface Watched extends ServerResponse {
  [exchangeOf]?: Exchange;
}

/** One request and its response; the context that the request's handler runs in. */
export class Exchange extends LocalTrace {
  override readonly requestId: string;
  error: unknown = undefined;
  /** The route's template, where the framework knows it from the start. */
  template: string | undefined = undefined;
  /** Asked for the template at the end, where it is known only then. */
  templateOf: TemplateOf | undefined = undefined;
  /** Bytes that the connection had sent before. */
  readonly sentBefore: number;
  /** What was asked for. Routers rewrite the request's own URL while they descend. */
  readonly url: string;
  /**
   * Undefined once the exchange has ended: a handler may leave something running that keeps this
   * context for as long as the process lives, and that must not keep requests.
   */
  request: IncomingMessage | undefined;
  readonly watcher: ExchangeWatcher;
  /** Its place in the application's own traces, when it has any. */
  readonly joined: Joined | undefined;

  constructor(
    request: IncomingMessage,
    watcher: ExchangeWatcher,
    parent: TraceParent | undefined,
    sampled: boolean,
    startedAt: number,
    joined?: Joined,
  ) {
    const requestId = acceptRequestId(request.headers["x-request-id"]);
    super(requestId, joined?.place ?? parent, sampled, joined?.place.spanId, startedAt);
    this.foreign = joined !== undefined;
    this.requestId = requestId;
    this.joined = joined;
    this.sentBefore = request.socket.bytesWritten;
    this.url = request.url ?? "";
    this.request = request;
    this.watcher = watcher;
  }

  /** Runs the handler so that everything it starts sees this exchange as its context. */
  run<T>(handler: () => T): T {
    return this.joined === undefined
      ? runIn(this, handler)
      : this.joined.run(() => runIn(this, handler));
  }
}

/** The exchange that a response belongs to, when it is being watched already. */
export function exchangeFor(response: Watched): Exchange | undefined {
  return response[exchangeOf];
}

/** Tells the exchange's watcher, once, when the response has ended one way or the other. */
export function watch(response: Watched, exchange: Exchange): void {
  response[exchangeOf] = exchange;
  // HTTP/1 always ends with "close", so that one listener does; of HTTP/2 only "finish" says that
  // the answer was complete.
  response.on("close", closed);
  if (exchange.request !== undefined && exchange.request.httpVersionMajor > 1)
    response.on("finish", finished);
}

// Shared by all responses: a listener of each response's own would be a closure a request.
function closed(this: Watched): void {
  end(this, this.writableFinished);
}

function finished(this: Watched): void {
  end(this, true);
}

function end(response: Watched, complete: boolean): void {
  const exchange = response[exchangeOf];
  if (exchange?.request !== undefined) exchange.watcher.ended(exchange, response, complete);
}
