import type { IncomingMessage, ServerResponse } from "node:http";
import type { Guard, Site } from "../guard.ts";
import type { RequestLog } from "../logs/request-log.ts";
import type { HttpMetrics } from "../metrics/http-metrics.ts";
import { textOf } from "../errors/exception.ts";
import type { Tracer } from "../traces/tracer.ts";
import { parseTraceParent } from "../traces/w3c.ts";
import type { Activity } from "./activity.ts";
import type { Answer } from "./answer.ts";
import type { Endpoints } from "./endpoints.ts";
import { Exchange, exchangeFor, watch, type ExchangeWatcher } from "./exchange.ts";
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
  readonly failed: (exchange: Exchange) => void;
}

/** What a framework's adapter needs of the kit. None of its methods throws. */
export class HttpInstrumentation implements ExchangeWatcher {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
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
      const parent = parseTraceParent(request.headers["traceparent"]);
      const joined = tracer.join(request.method ?? "", parent);
      const sampled = joined?.place.sampled ?? tracer.sample(parent);
      const exchange = new Exchange(request, this, parent, sampled, joined);
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

  #end(exchange: Exchange, response: ServerResponse, complete: boolean): void {
    const { request } = exchange;
    if (request === undefined) return;
    exchange.request = undefined;
    const { metrics, requestLog, failed } = this.#parts;
    const milliseconds = performance.now() - exchange.startedAt;
    const method = request.method ?? "";
    const status = complete ? response.statusCode : clientClosedRequest;
    const template = exchange.template ?? this.#templateOf(exchange, request);
    metrics.record({
      method,
      path: template,
      status,
      seconds: milliseconds / 1000,
      requestBytes: requestBodyBytes(request),
      responseBytes: responseBodyBytes(request, response, exchange.sentBefore),
    });
    if (status >= 500) failed(exchange);
    this.#trace(exchange, method, template, status, milliseconds);
    requestLog?.write({
      requestId: exchange.requestId,
      traceId: exchange.traceId,
      method,
      url: pathOf(exchange.url),
      statusCode: status,
      duration: Math.round(milliseconds * 1000) / 1000,
      error: exchange.error,
    });
  }

  #trace(
    exchange: Exchange,
    method: string,
    template: string | undefined,
    status: number,
    milliseconds: number,
  ): void {
    const { tracer } = this.#parts;
    const { joined } = exchange;
    const failed = status >= 500;
    // The application's own provider decides about its own traces.
    const kept = joined === undefined && tracer.keeps(exchange, failed, milliseconds);
    if (!kept && joined === undefined) return;
    const name = template === undefined ? method : `${method} ${template}`;
    // https://opentelemetry.io/docs/specs/semconv/http/http-spans/
    const attributes = {
      "http.request.method": method,
      "http.route": template,
      "http.response.status_code": status,
      "url.path": pathOf(exchange.url),
    };
    if (joined !== undefined) joined.end(name, attributes, exchange.error, failed);
    else
      tracer.keep(exchange, {
        name,
        kind: "server",
        startedAt: exchange.startedAt,
        attributes,
        error: failed ? failureOf(exchange.error, status) : undefined,
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

function failureOf(error: unknown, status: number): string {
  return error === undefined ? `status ${status}` : textOf(error);
}

/** The URL without its query, which may hold what does not belong into logs. */
function pathOf(url: string): string {
  const query = url.indexOf("?");
  const path = query === -1 ? url : url.slice(0, query);
  return path.length > maxLoggedUrl ? path.slice(0, maxLoggedUrl) : path;
}
