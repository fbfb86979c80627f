import { currentContext, type Context } from "../context.ts";
import { textOf } from "../errors/exception.ts";
import { Exchange } from "../http/exchange.ts";
import { newSpanId } from "../traces/ids.ts";
import { activePlace } from "../traces/opentelemetry.ts";
import type { Tracer } from "../traces/tracer.ts";
import { formatTraceParent, passedTraceState } from "../traces/w3c.ts";

/** A call to another service, while it lasts. */
export interface OutgoingCall {
  readonly method: string;
  /** Without the query, which may hold what does not belong into traces. */
  readonly url: URL;
  /** Milliseconds into the process. */
  readonly startedAt: number;
  /** The request that makes the call, when it is traced. */
  readonly context: Context | undefined;
  readonly spanId: string;
}

/** Told of each call's end; `status` is undefined when there was no response. */
export type CallEnded = (
  host: string,
  method: string,
  status: number | undefined,
  seconds: number,
) => void;

/**
 * What is done about each HTTP call to another service, by whatever client: it is counted, it is a
 * span of the request that makes it, and the called service is told of the trace. A call ends with
 * the response's headers: a body may never be read.
 */
export class OutgoingCalls {
  readonly #tracer: Tracer;
  readonly #traced: boolean;
  readonly #ended: CallEnded;

  /** @param traced whether calls become spans and carry the trace. */
  constructor(tracer: Tracer, traced: boolean, ended: CallEnded) {
    this.#tracer = tracer;
    this.#traced = traced;
    this.#ended = ended;
  }

  /**
   * A call begins. `tell` is given the `traceparent` to send along, and the `tracestate` that belongs to
   * it; it is not called when there is none to send. `told` says that the call carries one already, which
   * is then left alone.
   */
  begin(
    method: string,
    origin: string,
    path: string,
    told: boolean,
    tell: (traceParent: string, traceState: string | undefined) => void,
  ): OutgoingCall {
    const url = new URL((path.split("?", 1)[0] ?? "").replace(/^\/*/, "/"), origin);
    const context = this.#traced && !told ? this.#context() : undefined;
    const spanId = context === undefined ? "" : newSpanId();
    if (context !== undefined) {
      const { traceId, trace } = context;
      // The application's own provider makes the spans: what is called belongs below the active one.
      const place = trace.foreign
        ? (activePlace() ?? context.trace)
        : { traceId, spanId, sampled: trace.sampled };
      tell(formatTraceParent(place), trace.foreign ? undefined : stateOf(context));
    }
    return { method, url, startedAt: performance.now(), context, spanId };
  }

  /** That of the calling code, when it is of this kit. */
  #context(): Context | undefined {
    const context = currentContext();
    return context?.trace.owner === this.#tracer ? context : undefined;
  }

  end(call: OutgoingCall, status: number | undefined, error?: unknown): void {
    const { method, url, context, startedAt } = call;
    this.#ended(url.host, method, status, (performance.now() - startedAt) / 1_000);
    if (context === undefined) return;
    const failed = error !== undefined || (status !== undefined && status >= 500);
    this.#tracer.record(context, call.spanId, {
      name: method,
      kind: "client",
      startedAt,
      attributes: {
        "http.request.method": method,
        "url.full": url.href,
        "server.address": url.hostname,
        "server.port": Number(url.port) || (url.protocol === "https:" ? 443 : 80),
        "http.response.status_code": status,
      },
      error: failed ? (error === undefined ? `status ${status}` : textOf(error)) : undefined,
    });
  }
}

/** The `tracestate` that came with the request, if the trace is that of its caller. */
function stateOf({ trace }: Context): string | undefined {
  if (!(trace instanceof Exchange) || trace.parentSpanId === undefined) return undefined;
  return passedTraceState(trace.request?.headers["tracestate"]);
}
