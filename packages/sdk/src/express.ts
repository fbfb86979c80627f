import type { IncomingMessage, ServerResponse } from "node:http";
import { exchangeFor } from "./http/exchange.ts";
import { ExpressPrototypes } from "./http/express-prototypes.ts";
import { ExpressRoutes, type RoutedRequest } from "./http/express-routes.ts";
import { kitOf, type Kit } from "./kit.ts";
import type { KitOptions } from "./options.ts";
import { setHeader } from "./respond.ts";

export interface SeaworthyExpressOptions extends KitOptions {
  /** A kit made with `createKit`, when something needs it before the application exists. */
  readonly kit?: Kit;
  /**
   * Whether requests and responses are made with Express's prototypes from the start, which makes
   * Express quicker; default true. See {@link ExpressPrototypes}.
   */
  readonly prototypes?: boolean;
}

/** Passes a request on; Express's `NextFunction`. */
type Next = (error?: unknown) => void;

export interface SeaworthyMiddleware {
  (request: IncomingMessage, response: ServerResponse, next: Next): void;
  /** The kit: health checks, business metrics, the logger. */
  readonly kit: Kit;
  /**
   * Express hands errors only to error middleware: put this after the routes, before your own
   * error handler, so that logs and `errors_total` name the error: `app.use(watch.errors)`.
   */
  readonly errors: (error: unknown, request: unknown, response: ServerResponse, next: Next) => void;
}

/**
 * Makes the middleware for Express 4 and 5. Use it first:
 * `const watch = seaworthy({ service: "shop" }); app.use(watch)`.
 */
export function seaworthy(options: SeaworthyExpressOptions = {}): SeaworthyMiddleware {
  const kit = kitOf(options);
  const { http } = kit;
  const routes = new ExpressRoutes((method, template) => http.knownRoute(method, template));
  const discover = (request: IncomingMessage) =>
    http.guarded("route", () => routes.discover(request));
  const templateOf = (request: IncomingMessage) => routes.templateOf(request);
  const prototypes = leavesPrototypes(options) ? undefined : new ExpressPrototypes();
  const preset = (request: RoutedRequest & IncomingMessage) =>
    http.guarded("route", () => prototypes?.preset(request, request.app));

  const middleware = (request: IncomingMessage, response: ServerResponse, next: Next): void => {
    if (!routes.hasRead(request)) discover(request);
    if (prototypes?.knows(request) === false) preset(request);
    if (http.serve(request, response)) return;
    const exchange = http.begin(request, response);
    if (exchange === undefined) {
      next();
      return;
    }
    exchange.templateOf = templateOf;
    setHeader(response, "x-request-id", exchange.requestId);
    exchange.run(next);
  };
  // Express tells error middleware by its four parameters.
  const errors = (
    error: unknown,
    _request: unknown,
    response: ServerResponse,
    next: Next,
  ): void => {
    const exchange = exchangeFor(response);
    if (exchange !== undefined) exchange.error = error;
    next(error);
  };
  return Object.assign(middleware, { kit, errors });
}

/** Options may be anything: they come from applications. */
function leavesPrototypes(options: SeaworthyExpressOptions | null): boolean {
  try {
    return options?.prototypes === false;
  } catch {
    return false;
  }
}
