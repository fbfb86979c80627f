// One server of the SDK benchmarks: `node app.mjs FRAMEWORK KIND ITERATIONS`. KIND is bare, kit or
// stack; or context, which is bare with only what Node itself is needed for: a context for
// asynchronous code, one header, one listener. "bare calling" calls another service every second; "kit
// no-logs no-export no-process" is a kit without its log lines, without sending, without the
// process's metrics, and "kit headers limits filter" one with security headers, a rate limit and the
// input filter. Says its port to the parent once it listens, and whenever it is asked its processor time
// or what a request costs that is played to it.
import { AsyncLocalStorage } from "node:async_hooks";
import { pbkdf2Sync } from "node:crypto";
import { once } from "node:events";
import { Agent, createServer, request as send } from "node:http";
import { createRequire } from "node:module";
import { playedCost } from "./played.mjs";

const [framework, kinds, iterations] = process.argv.slice(2);
const [kind, ...also] = kinds.split(" ");
// The stack instruments modules as they load, so it comes before the framework.
const stack = kind === "stack" ? await import("./stack.mjs") : undefined;
const require = createRequire(new URL("../../packages/sdk/package.json", import.meta.url));

/**
 * Work for about one millisecond on the machine where the parent measured `iterations`. Not JavaScript,
 * whose time depends on what V8 made of it in this process.
 */
const turns = Number(iterations);
const work = () => pbkdf2Sync("", "", turns, 16, "sha256").toString("hex");

const options = { service: "bench", environment: "bench" };
if (also.includes("no-logs")) options.logs = { requests: false };
if (also.includes("no-export")) options.export = false;
if (also.includes("no-process")) options.metrics = { processMetrics: false };

/** What stands before the handlers when `kind` is context. */
const storage = new AsyncLocalStorage();
const context = Symbol("context");
function closed() {
  this[context] = undefined;
}
function inContext(response, setHeader, next) {
  response[context] = { id: "0123456789ab" };
  response.on("close", closed);
  setHeader("x-request-id", response[context].id);
  storage.run(response[context], next);
}

async function protections(kit) {
  const dist = new URL("../../packages/sdk/dist/", import.meta.url).href;
  const { InputFilter, SecurityHeaders } = await import(`${dist}security/index.js`);
  const { RateLimits } = await import(`${dist}limits/index.js`);
  const tiers = { wide: { limit: 10_000, windowSeconds: 60, by: "user" } };
  // So many callers that none of them reaches the limit.
  let caller = 0;
  const identify = { user: () => String((caller = (caller + 1) % 1_000)) };
  const [headers, filter] = [new SecurityHeaders(), new InputFilter()];
  const limits = new RateLimits({ kit, tiers, identify });
  return { headers, limits, filter };
}

async function fastify() {
  const Fastify = stack === undefined ? require("fastify") : stack.require("fastify");
  const app = Fastify();
  if (kind === "kit") {
    const { seaworthy } = await import("../../packages/sdk/dist/fastify.js");
    await app.register(seaworthy, options);
    const { headers, limits, filter } = await protections(app.seaworthy);
    if (also.includes("headers")) app.addHook("onRequest", headers.fastify());
    if (also.includes("limits")) app.addHook("onRequest", limits.fastify("wide"));
    if (also.includes("filter")) app.addHook("preValidation", filter.fastify());
  }
  if (kind === "context")
    app.addHook("onRequest", (request, reply, next) => {
      inContext(reply.raw, (name, value) => reply.header(name, value), next);
    });
  stack?.fastify(app);
  app.get("/items/:id", (request) => ({ id: request.params.id }));
  app.get("/work/:id", (request) => ({ id: request.params.id, sum: work() }));
  await app.ready();
  await app.listen({ port: 0, host: "127.0.0.1" });
  return app.server;
}

async function express() {
  const expressModule = stack === undefined ? require("express") : stack.require("express");
  const app = expressModule();
  if (kind === "kit") {
    const { seaworthy } = await import("../../packages/sdk/dist/express.js");
    const watch = seaworthy(options);
    app.use(watch);
    const { headers, limits, filter } = await protections(watch.kit);
    if (also.includes("headers")) app.use(headers.express());
    if (also.includes("limits")) app.use(limits.express("wide"));
    if (also.includes("filter")) app.use(filter.express());
  }
  if (kind === "context")
    app.use((request, response, next) => {
      inContext(response, (name, value) => response.setHeader(name, value), next);
    });
  stack?.express(app);
  app.get("/items/:id", (request, response) => void response.json({ id: request.params.id }));
  app.get(
    "/work/:id",
    (request, response) => void response.json({ id: request.params.id, sum: work() }),
  );
  const server = createServer(app).listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

const server = await { fastify, express }[framework]();
if (also.includes("calling")) {
  const agent = new Agent({ keepAlive: true });
  const url = process.env.SEAWORTHY_URL;
  setInterval(() => send(url, { agent }, (response) => response.resume()).end(), 1_000).unref();
}
process.on("message", (message) => {
  if (message === "played cost") {
    void playedCost(server).then((played) => process.send({ played }));
    return;
  }
  const { user, system } = process.cpuUsage();
  process.send({ cpu: user + system, rss: process.memoryUsage().rss, to: message });
});
// With the parent gone there is nobody to serve.
process.on("disconnect", () => process.exit(0));
process.send({ port: server.address().port });
