import type { IncomingMessage, ServerResponse } from "node:http";
import { keepHeaders } from "./http/kept-headers.ts";
import { kitOf, type Kit } from "./kit.ts";
import type { KitOptions } from "./options.ts";
import { setHeader } from "./respond.ts";

export interface SeaworthyKoaOptions extends KitOptions {
  /** A kit made with `createKit`, when something needs it before the application exists. */
  readonly kit?: Kit;
}

/** What is read of Koa's context, and of what @koa/router (or koa-router) leaves in it. */
interface KoaContext {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly app: { readonly middleware?: readonly unknown[] };
  respond?: boolean | undefined;
  _matchedRoute?: unknown;
}

export interface SeaworthyKoa {
  (context: KoaContext, next: () => Promise<unknown>): Promise<void>;
  /** The kit: health checks, business metrics, the logger. */
  readonly kit: Kit;
}

/** Makes the middleware for Koa 2 and 3. Use it first: `app.use(seaworthy({ service: "shop" }))`. */
export function seaworthy(options: SeaworthyKoaOptions = {}): SeaworthyKoa {
  const kit = kitOf(options);
  const { http } = kit;
  const read = new WeakSet<object>();

  const middleware = async (context: KoaContext, next: () => Promise<unknown>): Promise<void> => {
    const { req: request, res: response, app } = context;
    if (!read.has(app)) {
      read.add(app);
      http.guarded("route", () =>
        readRoutes(app.middleware ?? [], (...route) => http.knownRoute(...route)),
      );
    }
    if (http.serve(request, response)) {
      context.respond = false;
      return;
    }
    const exchange = http.begin(request, response);
    if (exchange === undefined) {
      await next();
      return;
    }
    exchange.templateOf = () => {
      const { _matchedRoute: pattern } = context;
      return templateOf(pattern);
    };
    setHeader(response, "x-request-id", exchange.requestId);
    try {
      await exchange.run(next);
    } catch (error) {
      exchange.error = error;
      // Koa takes all headers away from a response that reports an error.
      keepHeaders(response, { "x-request-id": exchange.requestId });
      throw error;
    }
  };
  return Object.assign(middleware, { kit });
}

function templateOf(pattern: unknown): string | undefined {
  if (typeof pattern === "string") return pattern;
  return pattern instanceof RegExp ? pattern.source : undefined;
}

/** A router is a middleware that carries itself; its layers have paths and methods. */
function readRoutes(
  middleware: readonly unknown[],
  onRoute: (method: string, template: string) => void,
): void {
  for (const one of middleware) {
    if (typeof one !== "function" || !("router" in one)) continue;
    const { stack } = one.router as { readonly stack?: unknown };
    if (!Array.isArray(stack)) continue;
    for (const layer of stack as readonly { path?: unknown; methods?: readonly string[] }[]) {
      const template = templateOf(layer.path);
      if (template !== undefined)
        for (const method of layer.methods ?? []) onRoute(method, template);
    }
  }
}
