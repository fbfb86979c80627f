import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener, type HttpBindings } from "@hono/node-server";
import express from "express";
import Fastify, { type FastifyRequest } from "fastify";
import { Hono } from "hono";
import Koa from "koa";
import { expect, onTestFinished, test } from "vitest";
import { GuardedStore } from "./breaker.ts";
import { RateLimits } from "./rate-limits.ts";

const two = { tiers: { two: { limit: 2, windowSeconds: 60 } } };

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The same service in each framework: everything is limited to two, /login to one more tier. */
const frameworks = {
  "node:http": async () => {
    const limits = new RateLimits(two);
    return serve((request, response) => {
      void limits.admit("two", request, response).then((admitted) => {
        if (admitted) response.end("ok");
      });
    });
  },
  Express: async () => {
    const limits = new RateLimits(two);
    const app = express();
    app.use(limits.express("two"));
    app.use("/login", limits.express("auth"));
    app.use((_request, response) => void response.send("ok"));
    return serve(app as RequestListener);
  },
  Koa: async () => {
    const limits = new RateLimits(two);
    const app = new Koa();
    app.use(async (context, next) => {
      if (await limits.admit("two", context.req, context.res)) await next();
      else context.respond = false;
    });
    app.use((context) => {
      context.body = "ok";
    });
    return serve((request, response) => void app.callback()(request, response));
  },
  Hono: async () => {
    const limits = new RateLimits(two);
    const app = new Hono<{ Bindings: HttpBindings }>();
    app.use(async (context, next) => {
      const { headers, refusal } = await limits.take("two", "everybody");
      for (const [name, value] of Object.entries(headers)) context.header(name, value);
      if (refusal === undefined) await next();
      else return context.body(refusal.body, refusal.status as 429, refusal.headers);
    });
    app.get("/", (context) => context.text("ok"));
    const listener = getRequestListener(app.fetch);
    return serve((request, response) => void listener(request, response));
  },
  Fastify: async () => {
    const limits = new RateLimits<FastifyRequest>(two);
    const app = Fastify();
    app.addHook("onRequest", limits.fastify("two"));
    app.get("/login", { onRequest: limits.fastify("auth") }, () => "ok");
    app.get("/", () => "ok");
    onTestFinished(() => app.close());
    return app.listen({ port: 0, host: "127.0.0.1" });
  },
};

test.each(Object.entries(frameworks))(
  "%s: passes, tells what is left, refuses",
  async (_, start) => {
    const url = await start();
    const first = await fetch(url);
    expect(await first.text()).toBe("ok");
    expect(first.headers.get("ratelimit-policy")).toBe('"two";q=2;w=60');
    expect(first.headers.get("ratelimit")).toBe('"two";r=1;t=60');
    expect((await fetch(url)).headers.get("ratelimit")).toMatch(/^"two";r=0;t=(60|59)$/);
    const refused = await fetch(url);
    expect(refused.status).toBe(429);
    expect(refused.headers.get("content-type")).toContain("application/problem+json");
    expect(refused.headers.get("retry-after")).toMatch(/^(60|59)$/);
    expect(await refused.json()).toEqual({
      type: "https://iana.org/assignments/http-problem-types#quota-exceeded",
      title: "Too many requests",
      status: 429,
      detail: expect.stringMatching(/^Try again in (60|59) s\.$/),
      "violated-policies": ["two"],
    });
  },
);

test.each([
  ["Express", frameworks.Express],
  ["Fastify", frameworks.Fastify],
])("%s: two tiers on one route are two items of one list", async (_, start) => {
  const answer = await fetch(`${await start()}/login`);
  expect(answer.headers.get("ratelimit-policy")).toBe('"two";q=2;w=60, "auth";q=10;w=900');
  expect(answer.headers.get("ratelimit")).toBe('"two";r=1;t=60, "auth";r=9;t=900');
});

const from = (peer: string, forwarded?: string, user?: string) =>
  ({
    socket: { remoteAddress: peer },
    headers: { "x-forwarded-for": forwarded },
    user,
  }) as unknown as IncomingMessage & { user?: string };

const response = () => {
  const headers = new Map<string, unknown>();
  return {
    headersSent: false,
    getHeader: (name: string) => headers.get(name),
    setHeader: (name: string, value: unknown) => headers.set(name, value),
    writeHead: () => {},
    end: () => {},
  } as never;
};

test("callers are told apart by address, behind named proxies only", async () => {
  const one = { one: { limit: 1, windowSeconds: 60 } };
  const bare = new RateLimits({ tiers: one });
  expect(await bare.admit("one", from("10.0.0.1", "1.1.1.1"), response())).toBe(true);
  // An invented X-Forwarded-For makes no new caller.
  expect(await bare.admit("one", from("10.0.0.1", "2.2.2.2"), response())).toBe(false);
  const behind = new RateLimits({ tiers: one, trustedProxies: ["10.0.0.0/8"] });
  expect(await behind.admit("one", from("10.0.0.1", "1.1.1.1"), response())).toBe(true);
  expect(await behind.admit("one", from("10.0.0.1", "2.2.2.2"), response())).toBe(true);
  expect(await behind.admit("one", from("10.0.0.1", "9.9.9.9, 2.2.2.2"), response())).toBe(false);
  // A site of IPv6 is one caller, however it writes its address.
  expect(await behind.admit("one", from("2001:db8:1:2::1"), response())).toBe(true);
  expect(await behind.admit("one", from("2001:db8:1:2:ffff::9"), response())).toBe(false);
  expect(await behind.admit("one", from("2001:0DB8:1:2::7"), response())).toBe(false);
  expect(await behind.admit("one", from("2001:db8:1:3::1"), response())).toBe(true);
});

test("by user where there is one, by address where there is none or the question fails", async () => {
  const limits = new RateLimits<IncomingMessage & { user?: string }>({
    tiers: { own: { limit: 1, windowSeconds: 60, by: "user" } },
    identify: {
      user: (request) => {
        if (request.user === "broken") throw new Error("no session");
        return request.user;
      },
    },
  });
  const admit = (peer: string, user?: string) =>
    limits.admit("own", from(peer, undefined, user), response());
  expect(await admit("1.1.1.1", "ada")).toBe(true);
  expect(await admit("2.2.2.2", "ada")).toBe(false);
  expect(await admit("1.1.1.1", "bob")).toBe(true);
  expect(await admit("1.1.1.1")).toBe(true);
  expect(await admit("1.1.1.1")).toBe(false);
  expect(await admit("1.1.1.1", "broken")).toBe(false);
});

test.each([
  [{ tiers: { x: { limit: 0, windowSeconds: 60 } } }, 'tier "x": limit'],
  [{ tiers: { x: { limit: 1, windowSeconds: 0.5 } } }, 'tier "x": windowSeconds'],
  [{ tiers: { 'x"y': { limit: 1, windowSeconds: 1 } } }, "a name has"],
  [{ tiers: { x: { limit: 1, windowSeconds: 1, by: "user" } } }, "give identify.user"],
  [{ tiers: { x: { limit: 1, windowSeconds: 1, by: "me" } } }, "by must be"],
  [{ tiers: { x: { limit: 1, windowSeconds: 1, onStoreFailure: "?" } } }, "onStoreFailure"],
  [{ trustedProxies: ["proxy"] }, '"proxy" is not an address'],
])("%j is refused when it is made", (options, message) => {
  expect(() => new RateLimits(options as never)).toThrow(message);
});

test("users with numbers are told apart, and an answer that comes later is said", async () => {
  const users: Record<string, unknown> = {
    "7": 7,
    "8": 8n,
    later: Promise.resolve("a"),
    none: null,
  };
  const told: unknown[] = [];
  const logger = { warn: (about: { err: Error }) => told.push(about.err.message) };
  const limits = new RateLimits<IncomingMessage>({
    tiers: { one: { limit: 1, windowSeconds: 60, by: "user" } },
    identify: { user: ({ headers: { "x-user": user } }) => users[String(user)] as number },
    kit: { logger, counter: () => ({ add: () => {} }) } as never,
  });
  const url = await serve((request, response) => {
    void limits.admit("one", request, response).then((admitted) => {
      if (admitted) response.end("ok");
    });
  });
  const status = async (user: string) => (await fetch(url, { headers: { "x-user": user } })).status;
  expect([await status("7"), await status("8"), await status("7")]).toEqual([200, 200, 429]);
  expect([await status("none"), await status("unknown")]).toEqual([200, 429]);
  expect(told).toEqual([]);
  expect(await status("later")).toBe(429);
  expect(told).toEqual([
    "identify.user gave neither a text nor a number; a promise is not waited for",
  ]);
});

test("options that are misspelt or would let everybody in are refused", () => {
  const make = (options: object) => () => new RateLimits(options);
  expect(make({ trustProxies: [] })).toThrow('there is no option "trustProxies"; there are tiers,');
  expect(make({ identify: { users: () => "" } })).toThrow('identify: there is no option "users"');
  const tier = { limit: 1, windowSeconds: 1, onFailure: "closed" };
  expect(make({ tiers: { own: tier } })).toThrow('tier "own": there is no option "onFailure"');
  const store = { take: () => Promise.reject(new Error("no")) };
  for (const wrong of [Number.NaN, 0, "1s"]) {
    expect(make({ store, storeTimeoutMs: wrong })).toThrow("storeTimeoutMs");
    if (wrong !== 0) expect(make({ store, storePauseMs: wrong })).toThrow("storePauseMs");
  }
});

test("a tier that does not exist is refused when the middleware is made", () => {
  expect(() => new RateLimits().express("login")).toThrow(
    'no rate limit tier "login"; there are standard, auth, webhook',
  );
  expect(() => new RateLimits().fastify("login")).toThrow("no rate limit tier");
});

test("a store that hangs is waited for once, left alone, and tried by one request at a time", async () => {
  let now = 0;
  let calls = 0;
  let answer: (() => void) | undefined;
  const store = new GuardedStore(
    {
      take: () => {
        calls += 1;
        return new Promise((resolve) => {
          answer = () => resolve({ allowed: true, remaining: 1, resetMs: 1 });
        });
      },
    },
    { timeoutMs: 5, pauseMs: 1_000, now: () => now },
  );
  const take = () => store.take("a", 1, 1);
  expect(await take()).toMatchObject({ error: expect.any(Error) });
  expect(await take()).toBeUndefined();
  expect(calls).toBe(1);
  now = 1_000;
  const trial = take();
  expect(await take()).toBeUndefined();
  answer?.();
  expect(await trial).toMatchObject({ taken: { allowed: true } });
  const again = take();
  answer?.();
  expect(await again).toMatchObject({ taken: { allowed: true } });
  expect(calls).toBe(3);
});
