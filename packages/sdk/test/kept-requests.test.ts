/** What a handler leaves running keeps its context, and that must not keep its request. */
import { once } from "node:events";
import { createServer, get, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import Koa from "koa";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { createKit } from "../src/index.ts";
import { seaworthy as koa } from "../src/koa.ts";
import { seaworthy as nodeHttp } from "../src/node-http.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const kit = createKit({ logs: { level: "silent" } });
const timers: NodeJS.Timeout[] = [];
afterAll(() => {
  for (const timer of timers) clearInterval(timer);
});
const kept: WeakRef<IncomingMessage>[] = [];

function leaveRunning(request: IncomingMessage): void {
  kept.push(new WeakRef(request));
  timers.push(setInterval(() => {}, 1e6));
}

function koaApplication(): RequestListener {
  const app = new Koa();
  app.use(koa({ kit }));
  app.use((context) => {
    leaveRunning(context.req);
    context.body = "ok";
  });
  const listener = app.callback();
  return (request, response) => void listener(request, response);
}

const failing = nodeHttp({ kit })((request, response) => {
  leaveRunning(request);
  response.statusCode = 500;
  throw Object.assign(new Error("no"), { request });
});

test.each([
  ["Koa", koaApplication()],
  [
    "an error that has the request",
    ((request, response) => {
      try {
        failing(request, response);
      } catch {
        response.end();
      }
    }) satisfies RequestListener,
  ],
])("%s", async (_, listener) => {
  kept.length = 0;
  const server = createServer(listener).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  for (let index = 0; index < 20; index += 1)
    await new Promise((resolve) => {
      get({ port, agent: false }, (response) => response.resume().on("close", resolve));
    });
  for (let round = 0; round < 5; round += 1) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    collectGarbage();
  }
  // The last ones may still be held by Node itself.
  expect(kept.filter((each) => each.deref() !== undefined).length).toBeLessThan(5);
});
