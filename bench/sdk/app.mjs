// One server of the SDK benchmark: `node app.mjs FRAMEWORK KIND ITERATIONS`. KIND is bare, kit or
// stack. Says its port to the parent once it listens, and its processor time whenever it is asked.
import { once } from "node:events";
import { createRequire } from "node:module";
import { createServer } from "node:http";

const [framework, kind, iterations] = process.argv.slice(2);
// The stack instruments modules as they load, so it comes before the framework.
const stack = kind === "stack" ? await import("./stack.mjs") : undefined;
const require = createRequire(new URL("../../packages/sdk/package.json", import.meta.url));

/** Work for about one millisecond on the machine where the parent measured `iterations`. */
function work() {
  let sum = 0;
  for (let i = 0; i < Number(iterations); i += 1) sum = (sum * 31 + i) | 0;
  return sum;
}

const options = { service: "bench", environment: "bench" };

async function fastify() {
  const Fastify = stack === undefined ? require("fastify") : stack.require("fastify");
  const app = Fastify();
  if (kind === "kit") {
    const { seaworthy } = await import("../../packages/sdk/dist/fastify.js");
    await app.register(seaworthy, options);
  }
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
  }
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
process.on("message", (message) => {
  const { user, system } = process.cpuUsage();
  process.send({ cpu: user + system, rss: process.memoryUsage().rss, to: message });
});
// With the parent gone there is nobody to serve.
process.on("disconnect", () => process.exit(0));
process.send({ port: server.address().port });
