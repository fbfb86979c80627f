/** The service of apps.ts in the other frameworks. */
import "reflect-metadata";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { PassThrough, Readable } from "node:stream";
import { json, text } from "node:stream/consumers";
import { getRequestListener } from "@hono/node-server";
import { Router } from "@koa/router";
import {
  Body,
  Controller,
  Get,
  HttpCode,
  Module,
  Param,
  Post,
  StreamableFile,
} from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { ExpressAdapter } from "@nestjs/platform-express";
import { FastifyAdapter } from "@nestjs/platform-fastify";
import { Hono } from "hono";
import Koa from "koa";
import { seaworthy as honoKit } from "../src/hono.ts";
import { seaworthy as koaMiddleware } from "../src/koa.ts";
import { seaworthy as nestKit } from "../src/nestjs.ts";
import { seaworthy as nodeServer } from "../src/node-http.ts";
import { closeServer, handlers, kitFor, listen, type StartApp } from "./apps.ts";

export const startNodeHttp: StartApp = async (options = {}) => {
  const { kit, logs } = kitFor(options);
  const act = handlers(kit);
  const watch = nodeServer({
    kit,
    routes: ["GET /items/:id", "POST /items", "GET /fail", "GET /shops/:shop/broken"],
  });
  const routes: readonly [
    pattern: RegExp,
    template: string,
    handle: (request: IncomingMessage, parameter: string) => unknown,
  ][] = [
    [/^GET \/items\/([^/]+)$/, "/items/:id", (_request, id) => act.item(id)],
    [/^POST \/items$/, "/items", async (request) => act.created(await json(request))],
    [/^GET \/later$/, "/later", () => act.later()],
    [/^GET \/fail$/, "/fail", () => act.fail()],
    [/^GET \/reject$/, "/reject", () => act.reject()],
    [/^GET \/stream$/, "/stream", () => act.stream()],
    [/^GET \/hang$/, "/hang", () => new Promise<never>(() => {})],
    [/^GET \/shops\/[^/]+\/orders\/[^/]+$/, "/shops/:shop/orders/:order", () => ({ ok: true })],
    [/^GET \/shops\/[^/]+\/broken$/, "/shops/:shop/broken", () => act.fail()],
  ];
  const server = createServer(
    watch(async (request, response) => {
      const asked = `${request.method} ${(request.url ?? "").split("?", 1)[0]}`;
      const [route, match] = routes
        .map((one) => [one, one[0].exec(asked)] as const)
        .find((pair) => pair[1] !== null) ?? [undefined, null];
      if (route === undefined || match === null) {
        response.writeHead(404).end();
        return;
      }
      watch.route(route[1]);
      try {
        const body = await route[2](request, match[1] ?? "");
        if (body instanceof Readable) body.pipe(response);
        else response.setHeader("content-type", "application/json").end(JSON.stringify(body));
      } catch (error) {
        watch.error(error);
        response.writeHead(500).end();
      }
    }),
  );
  return { url: await listen(server), kit, logs, close: () => closeServer(server) };
};

/** A server of a handler whose promise nobody waits for. */
function serverOf(handler: (request: IncomingMessage, response: ServerResponse) => unknown) {
  return createServer((request, response) => void handler(request, response));
}

export const startKoa: StartApp = async (options = {}) => {
  const { kit, logs } = kitFor(options);
  const act = handlers(kit);
  const app = new Koa();
  app.silent = true;
  app.use(koaMiddleware({ kit }));
  const router = new Router();
  router.get("/items/:id", (context) => {
    context.body = act.item(context.params["id"] ?? "");
  });
  router.post("/items", async (context) => {
    context.body = act.created(JSON.parse(await text(context.req)));
  });
  router.get("/later", async (context) => {
    context.body = await act.later();
  });
  router.get("/fail", () => act.fail());
  router.get("/reject", () => act.reject());
  router.get("/stream", (context) => {
    context.body = act.stream().pipe(new PassThrough());
  });
  router.get("/hang", () => new Promise<never>(() => {}));
  const shop = new Router();
  shop.get("/orders/:order", (context) => {
    context.body = { ok: true };
  });
  shop.get("/broken", () => act.fail());
  router.use("/shops/:shop", shop.routes());
  app.use(router.routes());
  const server = serverOf(app.callback());
  return { url: await listen(server), kit, logs, close: () => closeServer(server) };
};

export const startHono: StartApp = async (options = {}) => {
  const { kit, logs } = kitFor(options);
  const act = handlers(kit);
  const app = new Hono();
  honoKit(app, { kit });
  // Another middleware, which is no route.
  app.use("*", async (_context, next) => next());
  app.get("/items/:id", (context) => context.json(act.item(context.req.param("id"))));
  app.post("/items", async (context) => context.json(act.created(await context.req.json())));
  app.get("/later", async (context) => context.json(await act.later()));
  app.get("/fail", () => act.fail());
  app.get("/reject", () => act.reject());
  app.get("/stream", () => new Response(Readable.toWeb(act.stream()) as ReadableStream));
  app.get("/hang", () => new Promise<never>(() => {}));
  const shop = new Hono();
  shop.get("/orders/:order", (context) => context.json({ ok: true }));
  shop.get("/broken", () => act.fail());
  app.route("/shops/:shop", shop);
  app.onError((_error, context) => context.text("failed", 500));
  const server = serverOf(getRequestListener(app.fetch));
  return { url: await listen(server), kit, logs, close: () => closeServer(server) };
};

type Act = ReturnType<typeof handlers>;

/** The same module on either platform. Decorators are functions, called here as such. */
function nestModule(act: Act): new () => object {
  class ShopController {
    item(id: string) {
      return act.item(id);
    }
    created(body: unknown) {
      return act.created(body);
    }
    later() {
      return act.later();
    }
    fail() {
      return act.fail();
    }
    reject() {
      return act.reject();
    }
    stream() {
      return new StreamableFile(act.stream());
    }
    hang() {
      return new Promise<never>(() => {});
    }
    order() {
      return { ok: true };
    }
  }
  const { prototype } = ShopController;
  const decorate = (name: keyof ShopController, decorators: readonly MethodDecorator[]) => {
    const descriptor = Object.getOwnPropertyDescriptor(prototype, name);
    if (descriptor === undefined) throw new Error(`no method ${name}`);
    for (const decorator of decorators) decorator(prototype, name, descriptor);
  };
  Controller()(ShopController);
  decorate("item", [Get("items/:id")]);
  Param("id")(prototype, "item", 0);
  decorate("created", [Post("items"), HttpCode(200)]);
  Body()(prototype, "created", 0);
  decorate("later", [Get("later")]);
  decorate("fail", [Get(["fail", "shops/:shop/broken"])]);
  decorate("reject", [Get("reject")]);
  decorate("stream", [Get("stream")]);
  decorate("hang", [Get("hang")]);
  decorate("order", [Get("shops/:shop/orders/:order")]);

  class ShopModule {
    readonly name = "shop";
  }
  Module({ controllers: [ShopController] })(ShopModule);
  return ShopModule;
}

function startNest(adapter: () => ExpressAdapter | FastifyAdapter): StartApp {
  return async (options = {}) => {
    const { kit, logs } = kitFor(options);
    const app = await NestFactory.create(nestModule(handlers(kit)), adapter(), {
      logger: false,
      forceCloseConnections: true,
    });
    await nestKit(app, { kit });
    await app.listen(0, "127.0.0.1");
    const { port } = app.getHttpServer().address() as AddressInfo;
    return { url: `http://127.0.0.1:${port}`, kit, logs, close: () => app.close() };
  };
}

export const startNestOnExpress = startNest(() => new ExpressAdapter());
export const startNestOnFastify = startNest(
  () => new FastifyAdapter({ forceCloseConnections: true }),
);
