import { randomUUID } from "node:crypto";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import cookies from "@fastify/cookie";
import Fastify, { LogController } from "fastify";
import type { FastifyBaseLogger, FastifyInstance, FastifyPluginAsync } from "fastify";
import type { Access } from "../access/index.ts";
import { messageOf, readNetworks } from "../model/index.ts";
import type { Clock } from "../model/index.ts";
import { ShowError, sendError } from "./errors.ts";
import { believeProxies } from "./forwarded.ts";
import { graphLinks } from "./graph-links.ts";
import { guard } from "./guard.ts";
import type { GuardedRoute } from "./guard.ts";
import { healthRoutes } from "./health.ts";
import type { HealthCheck } from "./health.ts";
import { HTTP_LIMITS } from "./limits.ts";
import type { HttpLimits } from "./limits.ts";
import type { Live } from "./live.ts";
import { sessionCookie } from "./session-cookie.ts";
import { openUiFiles } from "./ui-files.ts";

export interface HttpDeps {
  readonly log: FastifyBaseLogger;
  readonly clock: Clock;
  readonly access: Access;
  readonly live: Live;
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** Where people reach this server, if not at the address that it listens on. */
  readonly externalURL?: string | undefined;
  /** Further host names that a server bound to loopback answers to. */
  readonly allowedHosts?: readonly string[];
  /** Networks of proxies whose X-Forwarded-* and Forwarded headers are believed. */
  readonly trustedProxies?: readonly string[];
  /** The folder of the built user interface. */
  readonly ui: string;
  /** The route families: each a plugin that declares `config.access` on every route. */
  readonly routes: readonly FastifyPluginAsync[];
  readonly checks: readonly HealthCheck[];
  readonly version: string;
  readonly reload: () => Promise<void>;
  readonly metrics: () => Promise<{ readonly contentType: string; readonly body: string }>;
  /** Told of every answer: method, the route's pattern, status, seconds. */
  readonly answered?: (method: string, route: string, status: number, seconds: number) => void;
  readonly limits?: Partial<HttpLimits>;
  /** Answers some requests from memory, before anything else looks at them. */
  readonly front?: {
    answer(request: IncomingMessage, response: ServerResponse): boolean;
    rewrite(request: IncomingMessage): string;
    readonly hosts: readonly string[];
  };
}

/** The HTTP side of the server. */
export interface Http {
  readonly app: FastifyInstance;
  /** Every route with who may use it. */
  readonly routes: readonly GuardedRoute[];
  /** Starts to listen; answers the address, e.g. `http://127.0.0.1:4000`. */
  listen(): Promise<string>;
  /** Ends live streams, lets running requests finish for a moment, and closes. */
  close(): Promise<void>;
}

/** Paths that belong to protocols: what is not found there is an error, never a page. */
const PROTOCOL_PATHS = /^\/(?:api|v1|loki|health|metrics|-)(?:\/|$)/;

const LISTEN_FAULTS: Readonly<Record<string, string>> = {
  EADDRINUSE: "another program listens there",
  EADDRNOTAVAIL: "this machine does not have that address",
  EACCES: "this user may not listen there (ports below 1024 need privileges)",
  ENOTFOUND: "the host name is not known",
};

const REQUEST_ID = /^[A-Za-z0-9._:-]{1,64}$/;

/** Makes the HTTP server with every route. Fails when a route does not say who may use it. */
export async function createHttp(deps: HttpDeps): Promise<Http> {
  const limits = { ...HTTP_LIMITS, ...deps.limits };
  const { externalURL, front } = deps;
  const cookie = sessionCookie(externalURL);
  const ui = await openUiFiles(deps.ui);
  const proxies = readNetworks(deps.trustedProxies ?? []);

  const app: FastifyInstance = Fastify({
    loggerInstance: deps.log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: limits.body,
    requestTimeout: limits.requestTimeout,
    keepAliveTimeout: limits.keepAlive,
    http: {
      headersTimeout: limits.headersTimeout,
      connectionsCheckingInterval: limits.slowCheckEvery,
    },
    trustProxy: (address) => proxies.has(address),
    ...(front === undefined
      ? {}
      : { rewriteUrl: (request: IncomingMessage) => front.rewrite(request) }),
    routerOptions: { maxParamLength: limits.param },
    genReqId: ({ headers }) => {
      const given = headers["x-request-id"];
      return typeof given === "string" && REQUEST_ID.test(given) ? given : randomUUID();
    },
    frameworkErrors: (error, request, reply) => {
      sendError(request, reply, error);
    },
  });

  app.setErrorHandler((error, request, reply) => sendError(request, reply, error));

  // JSON is the only body that the own API reads: a form of another site cannot send it unasked.
  // Families that take other bodies add their parsers inside their own plugin.
  app.removeAllContentTypeParsers();
  const parseJson = app.getDefaultJsonParser("error", "error");
  app.addContentTypeParser(
    "application/json",
    { parseAs: "string" },
    (request, body: string, done) => {
      if (body === "") done(null, undefined);
      else void parseJson(request, body, done);
    },
  );

  app.decorateRequest("client", "");
  app.addHook("onRequest", async (request, reply) => {
    // Later the connection may be gone, and with it what `ip` is made of.
    request.client = request.ip;
    void reply.headers({
      "x-request-id": request.id,
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "referrer-policy": "same-origin",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
      "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
      "cache-control": "no-store",
      ...(externalURL?.startsWith("https:") === true
        ? { "strict-transport-security": "max-age=31536000" }
        : {}),
    });
  });
  const { answered } = deps;
  if (answered !== undefined) {
    app.addHook("onResponse", async ({ method, routeOptions }, reply) => {
      // A live stream lasts as long as somebody watches: that is no time to answer.
      if (reply.raw.getHeader("content-type") === "text/event-stream") return;
      // What strangers ask for must not become label values.
      const route = routeOptions.url ?? "none";
      answered(method, route, reply.statusCode, reply.elapsedTime / 1000);
    });
  }
  await app.register(cookies);
  const routes = guard(app, {
    access: deps.access,
    cookie,
    host: deps.host,
    allowedHosts: [...(deps.allowedHosts ?? []), ...(front?.hosts ?? [])],
    externalURL,
  });

  await app.register(healthRoutes({ ...deps, limits }));
  await app.register(graphLinks);
  for (const family of deps.routes) await app.register(family);

  app.setNotFoundHandler(async (request, reply) => {
    const path = request.url.split("?", 1)[0] ?? "/";
    const isRead = request.method === "GET" || request.method === "HEAD";
    if (isRead && !PROTOCOL_PATHS.test(path)) {
      if (await ui.serve(request, reply)) return reply;
      if (!ui.built) {
        throw new ShowError(
          "ui_not_built",
          404,
          "The user interface has not been built. Run `npm run build`, then start again; the API works without it.",
        );
      }
    }
    throw new ShowError("not_found", 404, `There is nothing at ${request.method} ${path}.`);
  });

  await app.ready();
  if (front !== undefined) answerFirst(app.server, front, deps.clock, answered);
  // Before all that look at a request.
  const believe = (request: IncomingMessage) => believeProxies(request, proxies);
  app.server.prependListener("request", believe).prependListener("upgrade", believe);
  return {
    app,
    routes,
    async listen() {
      try {
        return await app.listen({ host: deps.host, port: deps.port });
      } catch (error) {
        const reason = LISTEN_FAULTS[(error as { code?: string }).code ?? ""] ?? messageOf(error);
        throw new ShowError(
          "address_unusable",
          500,
          `Cannot listen on ${deps.host}:${deps.port}: ${reason}. Choose another with --host and --port.`,
        );
      }
    },
    async close() {
      deps.live.close();
      const cut = deps.clock.after(limits.closeGrace, () => app.server.closeAllConnections());
      await app.close();
      cut.cancel();
    },
  };
}

/** Puts the front before everything else that the server does with a request. */
function answerFirst(
  server: Server,
  front: NonNullable<HttpDeps["front"]>,
  clock: Clock,
  answered: HttpDeps["answered"],
): void {
  const others = server.listeners("request") as ((
    request: IncomingMessage,
    response: ServerResponse,
  ) => void)[];
  server.removeAllListeners("request");
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    const started = clock.now();
    if (front.answer(request, response)) {
      const seconds = (clock.now() - started) / 1000;
      answered?.(request.method ?? "GET", "/status/*", response.statusCode, seconds);
    } else for (const other of others) other(request, response);
  });
}
