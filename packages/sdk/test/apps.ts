/** The same small service in each framework, for the behaviour suite to run over. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import express5 from "express";
import express4 from "express4";
import Fastify, { type FastifyInstance } from "fastify";
import { seaworthy as expressMiddleware } from "../src/express.ts";
import { seaworthy as fastifyPlugin } from "../src/fastify.ts";
import { createKit, type Kit, type KitOptions } from "../src/index.ts";
import { LogLines } from "./log-lines.ts";

export interface TestApp {
  readonly url: string;
  readonly kit: Kit;
  readonly logs: LogLines;
  close(): Promise<void>;
}

export type StartApp = (options?: KitOptions) => Promise<TestApp>;

class PaymentError extends Error {
  override name = "PaymentError";
}

export function kitFor(options: KitOptions): { kit: Kit; logs: LogLines } {
  const logs = new LogLines();
  const kit = createKit({
    service: "test-shop",
    environment: "test",
    version: "1.2.3",
    ...options,
    logs: { destination: logs, ...options.logs },
  });
  return { kit, logs };
}

/** What the handlers do, whatever the framework. */
export function handlers(kit: Kit) {
  return {
    item: (id: string) => ({ id, requestId: kit.requestId }),
    created: (body: unknown) => ({ body, requestId: kit.requestId }),
    later: async () => {
      await new Promise((resolve) => setImmediate(resolve));
      kit.logger.info({ step: "inside" }, "working");
      return { requestId: kit.requestId };
    },
    fail: (): never => {
      throw new PaymentError("the card was refused");
    },
    reject: async (): Promise<never> => {
      await new Promise((resolve) => setImmediate(resolve));
      throw new PaymentError("the card was refused later");
    },
    /** Two pieces, whose length nobody announces. */
    stream: () =>
      Readable.from([Buffer.from("x".repeat(500)), Buffer.from("y".repeat(500))], {
        objectMode: false,
      }),
  };
}

/** @param more adds routes to those that all frameworks have. */
export async function startFastify(
  options: KitOptions = {},
  more: (app: FastifyInstance) => void = () => {},
): Promise<TestApp> {
  const { kit, logs } = kitFor(options);
  const act = handlers(kit);
  const app = Fastify({ forceCloseConnections: true });
  await app.register(fastifyPlugin, { kit });
  app.get<{ Params: { id: string } }>("/items/:id", (request) => act.item(request.params.id));
  app.post("/items", (request) => act.created(request.body));
  app.get("/later", () => act.later());
  app.get("/fail", () => act.fail());
  app.get("/reject", () => act.reject());
  app.get("/stream", (_request, reply) => reply.send(act.stream()));
  app.get("/hang", () => new Promise<never>(() => {}));
  await app.register(
    async (shop) => {
      shop.get("/orders/:order", () => ({ ok: true }));
      shop.get("/broken", () => act.fail());
    },
    { prefix: "/shops/:shop" },
  );
  more(app);
  const url = await app.listen({ port: 0, host: "127.0.0.1" });
  return { url, kit, logs, close: () => app.close() };
}

/** Express 4 and 5 differ in nothing that this service uses. */
function expressApp(express: typeof express5): StartApp {
  return async (options = {}) => {
    const { kit, logs } = kitFor(options);
    const act = handlers(kit);
    const app = express();
    const watch = expressMiddleware({ kit });
    app.use(watch);
    app.use(express.json());
    app.get("/items/:id", (request, response) => void response.json(act.item(request.params.id)));
    app.post("/items", (request, response) => void response.json(act.created(request.body)));
    app.get("/later", (_request, response, next) => {
      act.later().then((body) => response.json(body), next);
    });
    app.get("/fail", () => act.fail());
    app.get("/reject", (_request, response, next) => {
      act.reject().then(() => response.end(), next);
    });
    app.get("/stream", (_request, response) => void act.stream().pipe(response));
    app.get("/hang", () => {});
    const shop = express.Router({ mergeParams: true });
    shop.get("/orders/:order", (_request, response) => void response.json({ ok: true }));
    shop.get("/broken", () => act.fail());
    app.use("/shops/:shop", shop);
    app.use(watch.errors);
    app.use(((_error, _request, response, _next) => {
      response.status(500).json({ error: "failed" });
    }) satisfies express5.ErrorRequestHandler);
    const server = createServer(app);
    return { url: await listen(server), kit, logs, close: () => closeServer(server) };
  };
}

export const startExpress5 = expressApp(express5);
export const startExpress4 = expressApp(express4);

export async function listen(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export async function closeServer(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}
