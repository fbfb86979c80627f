/** Headers, CORS, limits, cleaning and validation, in one line each: the same in every framework. */
import "reflect-metadata";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { getRequestListener } from "@hono/node-server";
import { Router } from "@koa/router";
import { Body, Controller, HttpCode, Module, Param, Post, Query } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { ExpressAdapter } from "@nestjs/platform-express";
import { FastifyAdapter } from "@nestjs/platform-fastify";
import express from "express";
import Fastify, { type FastifyRequest } from "fastify";
import { Hono } from "hono";
import Koa from "koa";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { RateLimits } from "../src/limits/index.ts";
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
import {
  email,
  problemFilter,
  schemaPipe,
  uuid,
  validated,
  validatedFastify,
  validatedHono,
  validatedKoa,
  validatedNext,
  validatedNode,
} from "../src/validation/index.ts";
import { closeServer, listen } from "./apps.ts";
import { findings } from "./observatory.ts";

const schemas = {
  params: z.object({ id: uuid() }),
  query: z.object({ sort: z.enum(["name", "age"]).default("name") }),
  body: z.looseObject({ email: email(), age: z.int().min(18) }),
};
const act = (input: { params?: unknown; query?: unknown; body: { age: number } }) => {
  if (input.body.age === 99) throw new Error("the handler's own");
  return { ...input, headers: undefined };
};

interface App {
  readonly url: string;
  close(): Promise<unknown>;
}

/** @param limit requests a minute of one address */
const steps = <R = unknown>(limit: number) => {
  const limits = new RateLimits<R>({ tiers: { standard: { limit, windowSeconds: 60 } } });
  return {
    headers: new SecurityHeaders(),
    cors: new Cors({ origins: ["https://app.example.com"] }),
    bodies: new BodyGuard({ maxBytes: 500 }),
    limits,
    filter: new InputFilter(),
    all: [
      new SecurityHeaders(),
      new Cors({ origins: ["https://app.example.com"] }),
      limits.tier("standard"),
      new BodyGuard({ maxBytes: 500 }),
    ] as const,
  };
};

async function startExpress(limit: number): Promise<App> {
  const { headers, cors, bodies, limits, filter } = steps(limit);
  const app = express();
  app.use(headers.express(), cors.express(), limits.express("standard"), bodies.express());
  app.use(express.json(), filter.express());
  app.post(
    "/users/:id",
    validated(schemas, (input, _request, response: express.Response) => {
      response.json(act(input));
    }),
  );
  app.use(((_error, _request, response, _next) => {
    response.status(500).end();
  }) satisfies express.ErrorRequestHandler);
  const server = createServer(app as RequestListener);
  return { url: await listen(server), close: () => closeServer(server) };
}

async function startFastify(limit: number): Promise<App> {
  const { headers, cors, bodies, limits, filter } = steps<FastifyRequest>(limit);
  const app = Fastify({ forceCloseConnections: true, onProtoPoisoning: "ignore" });
  for (const each of [headers, cors]) app.addHook("onRequest", each.fastify());
  app.addHook("onRequest", limits.fastify("standard"));
  app.addHook("onRequest", bodies.fastify());
  app.addHook("preValidation", filter.fastify());
  app.post("/users/:id", validatedFastify(schemas, act));
  return { url: await app.listen({ port: 0, host: "127.0.0.1" }), close: () => app.close() };
}

async function startKoa(limit: number): Promise<App> {
  const { all, filter } = steps(limit);
  const app = new Koa();
  app.silent = true;
  app.use(protectKoa(...all));
  app.use(async (context, next) => {
    // What a body parser does.
    (context.request as { body?: unknown }).body = JSON.parse(await text(context.req));
    await next();
  });
  app.use(filter.koa());
  const router = new Router();
  router.post(
    "/users/:id",
    validatedKoa(schemas, (input, context: Koa.Context) => {
      context.body = act(input);
    }),
  );
  app.use(router.routes());
  const handle = app.callback();
  const server = createServer((request, response) => void handle(request, response));
  return { url: await listen(server), close: () => closeServer(server) };
}

async function startHono(limit: number): Promise<App> {
  const { all, filter } = steps(limit);
  const app = new Hono();
  app.use(protectHono(...all));
  app.use(filter.hono());
  app.post(
    "/users/:id",
    validatedHono(schemas, (input) => Response.json(act(input))),
  );
  app.onError((_error, context) => context.text("failed", 500));
  const handle = getRequestListener(app.fetch);
  const server = createServer((request, response) => void handle(request, response));
  return { url: await listen(server), close: () => closeServer(server) };
}

async function startNodeHttp(limit: number): Promise<App> {
  const { all } = steps(limit);
  const handler = validatedNode(
    schemas,
    (input, _request, response) => {
      response.setHeader("content-type", "application/json").end(JSON.stringify(act(input)));
    },
    { params: ({ url = "" }) => ({ id: url.split(/[/?]/)[2] }) },
  );
  const handle = protectNode(...all)(async (request, response) => {
    try {
      await handler(request, response);
    } catch {
      response.writeHead(500).end();
    }
  });
  const server = createServer((request, response) => void handle(request, response));
  return { url: await listen(server), close: () => closeServer(server) };
}

/** A route handler of Next's behind a server that does what Next's does. */
async function startNext(limit: number): Promise<App> {
  const { all } = steps(limit);
  const handler = validatedNext(schemas, (input) => Response.json(act(input)));
  const handle = protectNode(...all)(async (request, response) => {
    const { method = "", url = "" } = request;
    const body = await text(request).catch(() => undefined);
    if (body === undefined) return;
    const headers = { "content-type": request.headers["content-type"] ?? "" };
    const asked = new Request(`http://next${url}`, { method, headers, body });
    const params = Promise.resolve({ id: url.split(/[/?]/)[2] });
    const answer = await handler(asked, { params }).catch(() => new Response("", { status: 500 }));
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    response.end(await answer.text());
  });
  const server = createServer((request, response) => void handle(request, response));
  return { url: await listen(server), close: () => closeServer(server) };
}

function startNest(adapter: () => ExpressAdapter | FastifyAdapter) {
  class UserController {
    change(params: unknown, query: unknown, body: { age: number }) {
      return act({ params, query, body });
    }
  }
  const { prototype } = UserController;
  const descriptor = Object.getOwnPropertyDescriptor(prototype, "change");
  if (descriptor === undefined) throw new Error("no method");
  Controller()(UserController);
  Post("users/:id")(prototype, "change", descriptor);
  HttpCode(200)(prototype, "change", descriptor);
  Param(schemaPipe(schemas.params))(prototype, "change", 0);
  Query(schemaPipe(schemas.query))(prototype, "change", 1);
  Body(schemaPipe(schemas.body))(prototype, "change", 2);
  class UserModule {
    readonly name = "users";
  }
  Module({ controllers: [UserController] })(UserModule);
  return async (limit: number): Promise<App> => {
    const { all, filter } = steps(limit);
    const app = await NestFactory.create(UserModule, adapter(), {
      logger: false,
      forceCloseConnections: true,
    });
    protectNest(app, ...all, filter);
    app.useGlobalFilters(problemFilter());
    await app.listen(0, "127.0.0.1");
    const { port } = app.getHttpServer().address() as AddressInfo;
    return { url: `http://127.0.0.1:${port}`, close: () => app.close() };
  };
}

const frameworks = {
  "Express 5": startExpress,
  "Fastify 5": startFastify,
  Koa: startKoa,
  Hono: startHono,
  "NestJS on Express": startNest(() => new ExpressAdapter()),
  "NestJS on Fastify": startNest(
    () => new FastifyAdapter({ forceCloseConnections: true, onProtoPoisoning: "ignore" }),
  ),
  "node:http": startNodeHttp,
  "Next.js route handlers": startNext,
};

const id = "0190a3f2-7b5c-7abc-8def-0123456789ab";
const good = { email: "Ada@Example.com", age: 36 };

describe.each(Object.entries(frameworks))("%s", (_name, start) => {
  let app: App;
  beforeEach(async () => {
    app = await start(6);
  });
  afterEach(() => app.close());

  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    fetch(app.url + path, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
  const protectedBy = ({ headers }: Response) => {
    expect(findings(Object.fromEntries(headers))).toEqual([]);
    expect(headers.get("ratelimit")).toMatch(/^"standard";r=\d+;t=\d+$/);
  };

  test("handlers get what the schemas made, clean, and the answer is protected", async () => {
    const raw = `{"email":"Ada@Example.com","age":36,"note":"a\\u0000b","__proto__":{"admin":true}}`;
    const response = await post(`/users/${id.toUpperCase()}?sort=name&sort=age`, raw);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      params: { id },
      query: { sort: "age" },
      body: { email: "ada@example.com", age: 36, note: "ab" },
    });
    protectedBy(response);
  });

  test("what does not fit is told, in words that repeat nothing", async () => {
    const response = await post("/users/secret1?sort=name", { email: "secret2", age: "secret3" });
    const answer = await response.text();
    expect(response.status).toBe(400);
    expect(response.headers.get("content-type")).toContain("application/problem+json");
    expect(answer).not.toContain("secret");
    const { title, errors } = JSON.parse(answer) as { title: string; errors: object[] };
    expect(title).toBe("The request is not valid");
    expect(errors[0]).toEqual({ pointer: "#/params/id", detail: "must have the form uuid" });
    protectedBy(response);
    const body = await post(`/users/${id}`, { ...good, email: "secret2", age: 3 });
    expect(await body.json()).toMatchObject({
      errors: [
        { pointer: "#/body/email", detail: "must be an e-mail address" },
        { pointer: "#/body/age", detail: "must be at least 18" },
      ],
    });
  });

  test("answers of failed handlers and unknown addresses are protected too", async () => {
    const failed = await post(`/users/${id}`, { ...good, age: 99 });
    expect(failed.status).toBe(500);
    protectedBy(failed);
    const unclean = await post(`/users/${id}?sort=%00`, good);
    expect(unclean.status).toBe(400);
    protectedBy(unclean);
  });

  test("a body that is too large is refused, announced or in pieces", async () => {
    const large = JSON.stringify({ ...good, note: "x".repeat(600) });
    const invalid = new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d]);
    const broken = await fetch(`${app.url}/users/${id}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: invalid,
    });
    expect(broken.status).toBe(400);
    const announced = await post(`/users/${id}`, large);
    expect([announced.status, findings(Object.fromEntries(announced.headers))]).toEqual([413, []]);
    const pieces = new Blob([large]).stream();
    const init: RequestInit & { duplex: "half" } = {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: pieces,
      duplex: "half",
    };
    const chunked = await fetch(`${app.url}/users/${id}`, init);
    expect([chunked.status, findings(Object.fromEntries(chunked.headers))]).toEqual([413, []]);
  });

  test("the limit holds, and says when to come back", async () => {
    const statuses: number[] = [];
    for (let index = 0; index < 6; index += 1)
      statuses.push((await post(`/users/${id}`, good)).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 200]);
    const refused = await post(`/users/${id}`, good);
    expect(refused.status).toBe(429);
    expect(await refused.json()).toMatchObject({ status: 429, "violated-policies": ["standard"] });
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(50);
    protectedBy(refused);
  });

  test("origins are let in by the list", async () => {
    const preflight = (origin: string) =>
      fetch(`${app.url}/users/${id}`, {
        method: "OPTIONS",
        headers: { origin, "access-control-request-method": "POST" },
      });
    expect((await preflight("https://app.example.com")).status).toBe(204);
    expect((await preflight("https://evil.example.com")).status).toBe(403);
    const origin = "https://app.example.com";
    const response = await post(`/users/${id}`, good, { origin });
    expect(response.headers.get("access-control-allow-origin")).toBe(origin);
  });
});

test("route handlers of Next's take forms, and say what they cannot read", async () => {
  const body = z.object({ name: z.string(), tag: z.array(z.string()).default([]) });
  const handler = validatedNext({ body }, (input) => Response.json(input.body), {
    lists: ["tag"],
    maxBytes: 100,
  });
  const call = (sent: BodyInit, type: string) =>
    handler(
      new Request("http://x/", { method: "POST", body: sent, headers: { "content-type": type } }),
      { params: Promise.resolve({}) },
    );
  const form = await call("name=a&name=b&tag=1&tag=2", "application/x-www-form-urlencoded");
  expect(await form.json()).toEqual({ name: "b", tag: ["1", "2"] });
  expect((await call("{", "application/json")).status).toBe(400);
  expect((await call(new Uint8Array([0x22, 0xff, 0x22]), "application/json")).status).toBe(400);
  expect((await call("x".repeat(101), "application/json")).status).toBe(413);
});
