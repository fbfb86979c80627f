import { responseOf } from "./http/answer.ts";
import { nodeObjects } from "./http/hono-env.ts";
import { kitOf, type Kit } from "./kit.ts";
import type { KitOptions } from "./options.ts";

export interface SeaworthyHonoOptions extends KitOptions {
  /** A kit made with `createKit`, when something needs it before the application exists. */
  readonly kit?: Kit;
}

/** A route as Hono keeps it: middleware are among them, for all methods. */
interface Route {
  readonly method: string;
  readonly path: string;
  readonly handler: (...args: never[]) => unknown;
}

/** What is read of Hono's context; `env` has Node's objects under `@hono/node-server`. */
interface HonoContext {
  readonly env: unknown;
  readonly req: { readonly matchedRoutes: readonly Route[]; readonly routeIndex: number };
  readonly error: Error | undefined;
  header(name: string, value: string): void;
}

interface HonoApplication {
  readonly routes: readonly Route[];
  readonly use: (...middleware: never[]) => unknown;
}

type Middleware = (context: HonoContext, next: () => Promise<void>) => Promise<Response | void>;

/**
 * Watches a Hono application that `@hono/node-server` serves. Call it before the routes are added:
 * `const kit = seaworthy(app, { service: "shop" })`. On other runtimes the application is left alone;
 * `@seaworthy/sdk/edge` is for those.
 */
export function seaworthy(app: HonoApplication, options: SeaworthyHonoOptions = {}): Kit {
  const kit = kitOf(options);
  const { http } = kit;
  let read = false;

  const watch: Middleware = async (context, next) => {
    const node = nodeObjects(context.env);
    if (node === undefined) return next();
    if (!read) {
      read = true;
      for (const route of app.routes)
        if (!isMiddleware(route)) http.knownRoute(route.method, route.path);
    }
    const answer = http.answer(node.incoming);
    if (answer !== undefined) return responseOf(await answer);
    const exchange = http.begin(node.incoming, node.outgoing);
    if (exchange === undefined) return next();
    exchange.templateOf = () => {
      const route = context.req.matchedRoutes[context.req.routeIndex];
      return route === undefined || isMiddleware(route) ? undefined : route.path;
    };
    await exchange.run(next);
    if (context.error !== undefined) exchange.error = context.error;
    // Unless somebody has answered on Node's own response: it would be answered again.
    if (!node.outgoing.headersSent) context.header("x-request-id", exchange.requestId);
  };
  (app.use as (middleware: Middleware) => unknown)(watch);
  return kit;
}

/** Middleware stand among the routes; what tells them is that they take a `next`. */
function isMiddleware({ method, handler }: Route): boolean {
  return method === "ALL" && handler.length >= 2;
}
