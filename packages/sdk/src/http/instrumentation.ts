import type { IncomingMessage, ServerResponse } from "node:http";
// Imported, because the global of that name is a getter.
import { performance } from "node:perf_hooks";
import { LocalTrace, runIn } from "../context.ts";
import type { Guard, Site } from "../guard.ts";
import { timestamp } from "../logs/logger.ts";
import type { RequestLog } from "../logs/request-log.ts";
import type { HttpMetrics } from "../metrics/http-metrics.ts";
import { textOf } from "../errors/exception.ts";
import type { Joined } from "../traces/opentelemetry.ts";
import type { Tracer } from "../traces/tracer.ts";
import { parseTraceParent } from "../traces/w3c.ts";
import type { Activity } from "./activity.ts";
import type { Answer } from "./answer.ts";
import { EndedRequests, type EndedRequest } from "./ended-requests.ts";
import type { Endpoints } from "./endpoints.ts";
import { Exchange, exchangeFor, watch, type ExchangeWatcher } from "./exchange.ts";
import { acceptRequestId } from "./request-id.ts";
import { requestBodyBytes, responseBodyBytes } from "./sizes.ts";

/** What nginx logs when the client went away before the answer was complete. */
const clientClosedRequest = 499;
const maxLoggedUrl = 1_024;

interface Parts {
  readonly guard: Guard;
  readonly endpoints: Endpoints;
  readonly metrics: HttpMetrics;
  readonly activity: Activity;
  /** Undefined when requests are not logged. */
  readonly requestLog: RequestLog | undefined;
  readonly tracer: Tracer;
  /** Told of each request that failed, with the framework's error when it gave one. */
  readonly failed: (trace: LocalTrace, error: unknown) => void;
}

/** What a framework's adapter needs of the kit. None of its methods throws. */
export class HttpInstrumentation implements ExchangeWatcher {
  readonly #parts: Parts;
  readonly #ended = new EndedRequests((ended) => this.#record(ended));

  constructor(parts: Parts) {
    this.#parts = parts;
    parts.metrics.beforeRead(() => this.settle());
  }

  /** Counts and logs the requests that ended a moment ago. */
  settle(): void {
    this.#ended.settle();
  }

  /** Answers the request if it is for one of the kit's endpoints, and returns whether it is. */
  serve(request: IncomingMessage, response: ServerResponse): boolean {
    const { guard, endpoints, activity } = this.#parts;
    try {
      if (!endpoints.serve(request, response)) return false;
      activity.server(request.socket);
      return true;
    } catch (error) {
      guard.caught("endpoint", error);
      return false;
    }
  }

  /** What one of the kit's endpoints answers; for frameworks that send responses themselves. */
  answer(request: IncomingMessage): Promise<Answer> | undefined {
    const { guard, endpoints } = this.#parts;
    return guard.run("endpoint", () => endpoints.answer(request), undefined);
  }

  /** Runs a part of an adapter that must not throw into the application. */
  guarded(site: Site, action: () => void): void {
    this.#parts.guard.run(site, action, undefined);
  }

  /** Tells of a route before its first request, so that its counters start at zero. */
  knownRoute(method: string, template: string): void {
    const { guard, metrics, endpoints } = this.#parts;
    guard.run("route", () => metrics.knownRoute(method, template), undefined);
    if (method === "GET") endpoints.knownRoute(template);
  }

  /**
   * Starts the watch over one request: gives it an id, and records metrics and a log line when the
   * exchange ends. The caller echoes the id, says which route it is, and runs the handler in the
   * exchange as its context. Undefined when the watch could not be started; a response that is
   * watched already keeps its exchange.
   */
  begin(request: IncomingMessage, response: ServerResponse): Exchange | undefined {
    try {
      const known = exchangeFor(response);
      if (known !== undefined) return known;
      const { tracer } = this.#parts;
      const now = performance.now();
      const parent = parseTraceParent(request.headers["traceparent"]);
      const joined = tracer.join(request.method ?? "", parent);
      const sampled = joined?.place.sampled ?? tracer.sample(parent, now);
      const exchange = new Exchange(request, this, parent, sampled, now, joined);
      exchange.owner = tracer;
      watch(response, exchange);
      this.#parts.activity.request(request.socket, exchange.startedAt);
      return exchange;
    } catch (error) {
      this.#parts.guard.caught("request", error);
      return undefined;
    }
  }

  /** Records an exchange that has ended. */
  ended(exchange: Exchange, response: ServerResponse, complete: boolean): void {
    try {
      this.#end(exchange, response, complete);
    } catch (error) {
      this.#parts.guard.caught("response", error);
    }
  }

  /**
   * Runs the handler of a request that no server of this process is seen to receive, as where a
   * platform calls handlers itself. What it returns or throws is passed on.
   */
  async fetched(
    request: Request,
    template: string,
    handler: () => Promise<Response>,
    /** The status of what is thrown only to say what to answer. */
    statusOf: (error: unknown) => number | undefined,
  ): Promise<Response> {
    const begun = this.#parts.guard.run("request", () => this.#begin(request), undefined);
    if (begun === undefined) return handler();
    const { trace, joined } = begun;
    const end = (status: number, error: unknown, sent?: string | null) =>
      this.#parts.guard.run(
        "response",
        () =>
          this.#finish(trace, joined, {
            requestId: begun.requestId,
            traceId: trace.traceId,
            method: request.method,
            url: new URL(request.url).pathname,
            template,
            status,
            milliseconds: performance.now() - trace.startedAt,
            timestamp: timestamp(),
            requestBytes: bytesOf(request.headers.get("content-length")),
            responseBytes: bytesOf(sent),
            error,
          }),
        undefined,
      );
    try {
      const run = () => runIn(trace, handler);
      const response = await (joined === undefined ? run() : joined.run(run));
      end(response.status, undefined, response.headers.get("content-length"));
      return response;
    } catch (error) {
      const status = statusOf(error);
      end(status ?? 500, status === undefined ? error : undefined);
      throw error;
    }
  }

  #begin({ method, headers }: Request) {
    const { tracer } = this.#parts;
    const parent = parseTraceParent(headers.get("traceparent") ?? undefined);
    const joined = tracer.join(method, parent);
    const requestId = acceptRequestId(headers.get("x-request-id") ?? undefined);
    const sampled = joined?.place.sampled ?? tracer.sample(parent);
    const place = joined?.place;
    const trace = new LocalTrace(requestId, place ?? parent, sampled, place?.spanId);
    trace.owner = tracer;
    trace.foreign = joined !== undefined;
    return { trace, joined, requestId };
  }

  #end(exchange: Exchange, response: ServerResponse, complete: boolean): void {
    const { request } = exchange;
    if (request === undefined) return;
    exchange.request = undefined;
    this.#finish(exchange, exchange.joined, {
      requestId: exchange.requestId,
      traceId: exchange.traceId,
      method: request.method ?? "",
      url: pathOf(exchange.url),
      template: exchange.template ?? this.#templateOf(exchange, request),
      status: complete ? response.statusCode : clientClosedRequest,
      milliseconds: performance.now() - exchange.startedAt,
      timestamp: timestamp(),
      requestBytes: requestBodyBytes(request),
      responseBytes: responseBodyBytes(request, response, exchange.sentBefore),
      error: exchange.error,
    });
    // These may keep the request, too.
    exchange.templateOf = undefined;
    exchange.error = undefined;
  }

  #finish(trace: LocalTrace, joined: Joined | undefined, ended: EndedRequest): void {
    const { requestLog, failed } = this.#parts;
    if (ended.status >= 500) failed(trace, ended.error);
    this.#trace(trace, joined, ended);
    if (ended.status < 500 && requestLog?.mayWait !== false) {
      this.#ended.add(ended);
      return;
    }
    this.settle();
    this.#record(ended);
  }

  #record(ended: EndedRequest): void {
    const { guard, metrics, requestLog } = this.#parts;
    try {
      metrics.record(ended);
      requestLog?.write(ended);
    } catch (error) {
      guard.caught("response", error);
    }
  }

  #trace(trace: LocalTrace, joined: Joined | undefined, ended: EndedRequest): void {
    const { tracer } = this.#parts;
    const { method, template, status, error } = ended;
    const failed = status >= 500;
    // The application's own provider decides about its own traces.
    const kept = joined === undefined && tracer.keeps(trace, failed, ended.milliseconds);
    if (!kept && joined === undefined) return;
    const name = template === undefined ? method : `${method} ${template}`;
    // https://opentelemetry.io/docs/specs/semconv/http/http-spans/
    const attributes = {
      "http.request.method": method,
      "http.route": template,
      "http.response.status_code": status,
      "url.path": ended.url,
    };
    if (joined !== undefined) joined.end(name, attributes, error, failed);
    else
      tracer.keep(trace, {
        name,
        kind: "server",
        startedAt: trace.startedAt,
        attributes,
        error: failed ? failureOf(error, status) : undefined,
      });
  }

  #templateOf({ templateOf }: Exchange, request: IncomingMessage): string | undefined {
    try {
      return templateOf?.(request);
    } catch (error) {
      this.#parts.guard.caught("route", error);
      return undefined;
    }
  }
}

function bytesOf(contentLength: string | null | undefined): number | undefined {
  return /^\d{1,15}$/.test(contentLength ?? "") ? Number(contentLength) : undefined;
}

function failureOf(error: unknown, status: number): string {
  return error === undefined ? `status ${status}` : textOf(error);
}

/** The URL without its query, which may hold what does not belong into logs. */
function pathOf(url: string): string {
  const query = url.indexOf("?");
  const path = query === -1 ? url : url.slice(0, query);
  return path.length > maxLoggedUrl ? path.slice(0, maxLoggedUrl) : path;
}
