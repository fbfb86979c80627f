/** A middleware that answers and goes on all the same: what the kit adds afterwards throws nothing. */
import "reflect-metadata";
import { createServer, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { ExpressAdapter } from "@nestjs/platform-express";
import { FastifyAdapter } from "@nestjs/platform-fastify";
import express5 from "express";
import express4 from "express4";
import Fastify, { type FastifyInstance } from "fastify";
import { Hono } from "hono";
import Koa from "koa";
import { afterEach, describe, expect, test } from "vitest";
import { ControlGate } from "../src/controls/index.ts";
import { seaworthy as expressKit } from "../src/express.ts";
import { seaworthy as fastifyKit } from "../src/fastify.ts";
import { seaworthy as honoKit } from "../src/hono.ts";
import { seaworthy as koaKit } from "../src/koa.ts";
import { RateLimits } from "../src/limits/index.ts";
import { seaworthy as nestKit } from "../src/nestjs.ts";
import { seaworthy as nodeKit } from "../src/node-http.ts";
import {
  BodyGuard,
  Cors,
  InputFilter,
  protectHono,
  protectKoa,
  protectNest,
  protectNode,
  SecurityHeaders,
} from "../src/security/index.ts";
import { closeServer, kitFor, listen } from "./apps.ts";

/** What the parts after the answer have seen. */
class Seen {
  readonly errors: unknown[] = [];
  handled = 0;
}

interface App extends ReturnType<typeof kitFor> {
  readonly url: string;
  readonly seen: Seen;
  close(): Promise<unknown>;
}

const steps = () => ({
  headers: new SecurityHeaders(),
  cors: new Cors({ origins: ["https://app.example.com"] }),
  limits: new RateLimits<never>({ tiers: { standard: { limit: 2, windowSeconds: 60 } } }),
  bodies: new BodyGuard({ maxBytes: 5 }),
  filter: new InputFilter(),
  gate: new ControlGate({ value: (() => true) as never }, { routes: ["/off"], safeMode: false }),
});
const listed = () => {
  const { headers, cors, limits, bodies, gate } = steps();
  return [headers, cors, limits.tier("standard"), bodies, gate] as const;
};

function startExpress(express: typeof express5): () => Promise<App> {
  return async () => {
    const { kit, logs } = kitFor({});
    const { headers, cors, limits, bodies, filter, gate } = steps();
    const seen = new Seen();
    const app = express();
    app.use((_request, response, next) => {
      response.end("answered");
      next();
    });
    const watch = expressKit({ kit });
    app.use(watch, headers.express(), cors.express());
    app.use(limits.express("standard") as unknown as express5.RequestHandler);
    app.use(bodies.express(), gate.express(), filter.express());
    app.use(() => {
      seen.handled += 1;
    });
    app.use(watch.errors);
    app.use(((error, _request, _response, _next) => {
      seen.errors.push(error);
    }) satisfies express5.ErrorRequestHandler);
    const server = createServer(app as RequestListener);
    return { url: await listen(server), kit, logs, seen, close: () => closeServer(server) };
  };
}

async function startKoa(): Promise<App> {
  const { kit, logs } = kitFor({});
  const seen = new Seen();
  const app = new Koa();
  app.on("error", (error) => seen.errors.push(error));
  app.use(async (context, next) => {
    context.respond = false;
    context.res.statusCode = 200;
    context.res.end("answered");
    await next();
  });
  app.use(koaKit({ kit })).use(protectKoa(...listed()));
  app.use(new InputFilter().koa() as never);
  app.use(() => {
    seen.handled += 1;
  });
  const server = createServer(app.callback() as RequestListener);
  return { url: await listen(server), kit, logs, seen, close: () => closeServer(server) };
}

async function startHono(): Promise<App> {
  const { kit, logs } = kitFor({});
  const seen = new Seen();
  const app = new Hono<{ Bindings: { outgoing: ServerResponse } }>();
  app.use(async (context, next) => {
    context.env.outgoing.end("answered");
    await next();
  });
  honoKit(app, { kit });
  app.use(protectHono(...listed()));
  app.all("*", () => {
    seen.handled += 1;
    return RESPONSE_ALREADY_SENT;
  });
  app.onError((error) => {
    seen.errors.push(error);
    return RESPONSE_ALREADY_SENT;
  });
  const server = createServer(getRequestListener(app.fetch) as RequestListener);
  return { url: await listen(server), kit, logs, seen, close: () => closeServer(server) };
}

async function startNode(): Promise<App> {
  const { kit, logs } = kitFor({});
  const seen = new Seen();
  const handler = nodeKit({ kit })(
    protectNode(...listed())(() => {
      seen.handled += 1;
    }),
  );
  const answering = async (...given: Parameters<typeof handler>) => {
    given[1].end("answered");
    try {
      await handler(...given);
    } catch (error) {
      seen.errors.push(error);
    }
  };
  const server = createServer((request, response) => void answering(request, response));
  return { url: await listen(server), kit, logs, seen, close: () => closeServer(server) };
}

class NoRoutes {
  readonly name = "none";
}
Module({})(NoRoutes);

async function startNest(): Promise<App> {
  const { kit, logs } = kitFor({});
  const seen = new Seen();
  const app = await NestFactory.create(NoRoutes, new ExpressAdapter(), { logger: false });
  app.use((_request: unknown, response: ServerResponse, next: () => void) => {
    response.end("answered");
    next();
  });
  await nestKit(app, { kit });
  protectNest(app, ...listed(), new InputFilter());
  app.use(() => {
    seen.handled += 1;
  });
  app.use(((error, _request, _response, _next) => {
    seen.errors.push(error);
  }) satisfies express5.ErrorRequestHandler);
  await app.listen(0, "127.0.0.1");
  const { port } = app.getHttpServer().address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, kit, logs, seen, close: () => app.close() };
}

/** Fastify ends its own way with an answer that is complete; not so with one that has begun. */
function begins(app: FastifyInstance): void {
  app.addHook("onRequest", (_request, reply, done) => {
    reply.raw.writeHead(200).write("answ");
    // Whether anybody goes on or not.
    setImmediate(() => reply.raw.end("ered"));
    done();
  });
}

function goesOn(app: FastifyInstance, seen: Seen): void {
  app.addHook("onRequest", (_request, reply) => {
    seen.handled += 1;
    reply.hijack();
  });
  app.addHook("onError", (_request, _reply, error, done) => {
    seen.errors.push(error);
    done();
  });
}

async function startFastify(): Promise<App> {
  const { kit, logs } = kitFor({});
  const { headers, cors, limits, bodies, gate } = steps();
  const seen = new Seen();
  const app = Fastify({ forceCloseConnections: true });
  begins(app);
  await app.register(fastifyKit, { kit });
  for (const each of [headers, cors]) app.addHook("onRequest", each.fastify());
  app.addHook("onRequest", limits.fastify("standard") as never);
  app.addHook("onRequest", bodies.fastify());
  app.addHook("onRequest", gate.fastify());
  goesOn(app, seen);
  app.all("/*", () => "handled");
  const url = await app.listen({ port: 0, host: "127.0.0.1" });
  return { url, kit, logs, seen, close: () => app.close() };
}

async function startNestOnFastify(): Promise<App> {
  const { kit, logs } = kitFor({});
  const seen = new Seen();
  const adapter = new FastifyAdapter({ forceCloseConnections: true });
  const app = await NestFactory.create(NoRoutes, adapter, { logger: false });
  const instance = adapter.getInstance<FastifyInstance>();
  begins(instance);
  await nestKit(app, { kit });
  protectNest(app, ...listed(), new InputFilter());
  goesOn(instance, seen);
  await app.listen(0, "127.0.0.1");
  const { port } = app.getHttpServer().address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, kit, logs, seen, close: () => app.close() };
}

const frameworks: readonly [string, () => Promise<App>][] = [
  ["Express 5", startExpress(express5)],
  ["Express 4", startExpress(express4)],
  ["Koa", startKoa],
  ["Hono", startHono],
  ["node:http", startNode],
  ["Nest on Express", startNest],
  ["Fastify 5", startFastify],
  ["Nest on Fastify", startNestOnFastify],
];

interface Given {
  readonly method?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const origin = "https://app.example.com";
const preflight = { origin, "access-control-request-method": "PUT" };

describe.each(frameworks)("%s", (name, start) => {
  let app: App;
  afterEach(() => app.close());

  /** One request whose answer stays what it was; returns how often the handler was called for it. */
  async function answered(id: string, path: string, init: Given = {}): Promise<number> {
    const before = app.seen.handled;
    const headers = { ...init.headers, "x-request-id": id };
    const response = await fetch(app.url + path, { ...init, headers });
    expect([response.status, await response.text()]).toEqual([200, "answered"]);
    expect(await app.logs.request(id)).toMatchObject({ statusCode: 200 });
    expect(app.seen.errors).toEqual([]);
    return app.seen.handled - before;
  }

  test("a request goes on as without the kit, and is recorded", async () => {
    app = await start();
    expect(await answered("r-1", "/x", { headers: { origin } })).toBe(1);
  });

  test("what is refused ends there, without another answer", async () => {
    app = await start();
    expect(await answered("r-1", "/x", { method: "OPTIONS", headers: preflight })).toBe(0);
    expect(await answered("r-2", "/off")).toBe(0);
    for (const id of ["r-3", "r-4", "r-5"]) await answered(id, "/x");
    expect(await answered("r-6", "/x")).toBe(0);
  });

  test("a body that is too large does not take back an answer that is complete", async () => {
    app = await start();
    // One that has only begun is cut, as it always was.
    if (name.includes("Fastify")) {
      const cut = fetch(app.url, { method: "POST", body: "too large" });
      await expect(cut.then((response) => response.text())).rejects.toThrow(
        /fetch failed|terminated/,
      );
      expect([app.seen.handled, app.seen.errors]).toEqual([0, []]);
      return;
    }
    expect(await answered("r-1", "/x", { method: "POST", body: "too large" })).toBe(0);
  });
});

test("an answer that somebody has begun at the path of an endpoint is not cut", async () => {
  const { kit } = kitFor({});
  const handler = nodeKit({ kit })(() => {});
  const server = createServer((request, response) => {
    response.write("begun, ");
    handler(request, response);
    // By then the endpoint has found that there is nothing for it to say.
    void kit.health.report().then(() => setImmediate(() => response.end("and ended")));
  });
  const url = await listen(server);
  try {
    for (const path of ["/health", "/metrics"])
      expect(await (await fetch(url + path)).text()).toBe("begun, and ended");
  } finally {
    await closeServer(server);
  }
});
