import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { exchangeFor, type Exchange } from "./http/exchange.ts";
import { kitOf, type Kit } from "./kit.ts";
import type { KitOptions } from "./options.ts";

declare module "fastify" {
  interface FastifyInstance {
    /** The kit: health checks, business metrics, the logger. */
    seaworthy: Kit;
  }
}

export interface SeaworthyFastifyOptions extends KitOptions {
  /** A kit made with `createKit`, when something needs it before the application exists. */
  readonly kit?: Kit;
}

/**
 * The Fastify plugin. Register it first, and await it, so that it sees every route:
 * `await app.register(seaworthy, { service: "shop" })`. The kit is then `app.seaworthy`.
 */
export function seaworthy(
  app: FastifyInstance,
  options: SeaworthyFastifyOptions,
  done: (error?: Error) => void,
): void {
  const kit = kitOf(options);
  const { http } = kit;
  if (!app.hasDecorator("seaworthy")) app.decorate("seaworthy", kit);

  kit.webSockets(app.server);
  kit.joinLogger(app.log);

  app.addHook("onRoute", (route) => {
    for (const method of [route.method].flat()) http.knownRoute(method, route.url);
  });

  const begin = (request: FastifyRequest, reply: FastifyReply, next: () => void): void => {
    const template = request.routeOptions.url;
    // An application's own route of the same path wins over the kit's endpoint.
    if (template === undefined && http.serve(request.raw, reply.raw)) {
      reply.hijack();
      return;
    }
    const exchange = http.begin(request.raw, reply.raw);
    if (exchange === undefined) {
      next();
      return;
    }
    exchange.template = template;
    request.id = exchange.requestId;
    // Not on the raw response: once that has headers, Fastify's own go in one by one.
    reply.header("x-request-id", exchange.requestId);
    if (!(request.raw.socket instanceof Socket)) injected(exchange, request.raw, reply.raw);
    // Fastify itself keeps the context over the reading of the body.
    exchange.run(next);
  };
  app.addHook("onRequest", begin);
  // Where nothing matches, the hooks of the whole application run, and not those of a scope in it: the
  // kit's endpoints are there, also when it is registered in a plugin, as with fastify-cli.
  const whole = rootOf(app);
  if (whole !== app)
    http.guarded("route", () =>
      whole.addHook("onRequest", (request: FastifyRequest, reply: FastifyReply, next) => {
        if (request.routeOptions.url === undefined) begin(request, reply, next);
        else next();
      }),
    );

  app.addHook("onError", (_request: FastifyRequest, reply: FastifyReply, error, next) => {
    const exchange = exchangeFor(reply.raw);
    if (exchange !== undefined) exchange.error = error;
    next();
  });

  done();
}

/**
 * Requests of `app.inject` (of tests, and of platforms that call functions) come over no connection.
 * Their response is closed before it says of itself that it is finished, as others are whose caller went
 * away, and nothing tells the end of their socket: both are told here.
 */
function injected(exchange: Exchange, request: IncomingMessage, response: ServerResponse): void {
  response.once("finish", () => exchange.watcher.ended(exchange, response, true));
  response.once("close", () => request.socket.emit("close"));
}

/** The application in whose scopes this one is: Fastify derives each from the one around it. */
function rootOf(app: FastifyInstance): FastifyInstance {
  let root = app;
  for (;;) {
    const above: unknown = Object.getPrototypeOf(root);
    if (typeof above !== "object" || above === null || !("addHook" in above)) return root;
    root = above as FastifyInstance;
  }
}

// What the package fastify-plugin does: hooks and decorators belong to the application that
// registers the plugin, not to a scope of the plugin's own.
Object.assign(seaworthy, {
  [Symbol.for("skip-override")]: true,
  [Symbol.for("fastify.display-name")]: "@seaworthy/sdk",
  [Symbol.for("plugin-meta")]: { name: "@seaworthy/sdk", fastify: ">=5" },
});
