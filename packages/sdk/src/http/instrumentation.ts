import type { IncomingMessage, ServerResponse } from "node:http";
import type { Logger } from "pino";
import type { RequestContext } from "../context.ts";
import type { Guard, Site } from "../guard.ts";
import type { HttpMetrics } from "../metrics/http-metrics.ts";
import type { Activity } from "./activity.ts";
import type { Endpoints } from "./endpoints.ts";
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
  readonly logger: Logger;
  readonly logRequests: boolean;
  readonly countError: (error: unknown) => void;
}

/** What a framework's adapter needs of the kit. None of its methods throws. */
export class HttpInstrumentation {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Answers the request if it is for one of the kit's endpoints, and returns whether it is. */
  serve(request: IncomingMessage, response: ServerResponse): boolean {
    const { guard, endpoints } = this.#parts;
    return guard.run("endpoint", () => endpoints.serve(request, response), false);
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
   * Starts the watch over one request: gives it an id, echoes the id to the caller, and records
   * metrics and a log line when the exchange ends. `template` is asked at the end for the route's
   * template, undefined when no route matched.
   */
  begin(
    request: IncomingMessage,
    response: ServerResponse,
    template: () => string | undefined,
  ): RequestContext {
    const { guard, activity } = this.#parts;
    const context: RequestContext = { requestId: acceptRequestId(request.headers["x-request-id"]) };
    guard.run(
      "request",
      () => {
        const started = performance.now();
        const sentBefore = request.socket.bytesWritten;
        // Routers rewrite the URL while they descend; what was asked for is noted now.
        const url = pathOf(request.url ?? "");
        let ended = false;
        const end = (complete: boolean) => {
          if (ended) return;
          ended = true;
          guard.run(
            "response",
            () =>
              this.#end(request, response, {
                context,
                started,
                sentBefore,
                url,
                template,
                complete,
              }),
            undefined,
          );
        };
        // "finish" is the normal end; "close" without it means that the client went away.
        response.once("finish", () => end(true));
        response.once("close", () => end(false));
        response.setHeader("x-request-id", context.requestId);
        activity.request(request.socket);
      },
      undefined,
    );
    return context;
  }

  #end(
    request: IncomingMessage,
    response: ServerResponse,
    exchange: {
      readonly context: RequestContext;
      readonly started: number;
      readonly sentBefore: number;
      readonly url: string;
      readonly template: () => string | undefined;
      readonly complete: boolean;
    },
  ): void {
    const { guard, metrics, logger, logRequests, countError } = this.#parts;
    const { context } = exchange;
    const milliseconds = performance.now() - exchange.started;
    const method = request.method ?? "";
    const status = exchange.complete ? response.statusCode : clientClosedRequest;
    metrics.record({
      method,
      path: guard.run("route", exchange.template, undefined),
      status,
      seconds: milliseconds / 1000,
      requestBytes: requestBodyBytes(request),
      responseBytes: responseBodyBytes(request, response, exchange.sentBefore),
    });
    const failed = status >= 500;
    if (failed) countError(context.error);
    if (!logRequests) return;
    const line = {
      requestId: context.requestId,
      method,
      url: exchange.url,
      statusCode: status,
      duration: Math.round(milliseconds * 1000) / 1000,
    };
    if (!failed) logger.info(line, "request completed");
    else if (context.error === undefined) logger.error(line, "request failed");
    else logger.error({ ...line, err: context.error }, "request failed");
  }
}

/** The URL without its query, which may hold what does not belong into logs. */
function pathOf(url: string): string {
  const query = url.indexOf("?");
  return (query === -1 ? url : url.slice(0, query)).slice(0, maxLoggedUrl);
}
