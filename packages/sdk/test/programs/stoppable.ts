/** A service with a slow route and a pool, to be stopped as platforms stop it. */
import Fastify from "fastify";
import { seaworthy } from "../../src/fastify.ts";
import { gracefulShutdown } from "../../src/index.ts";

const app = Fastify();
await app.register(seaworthy, { service: "stoppable", logs: { level: "silent" } });
let finish: () => void = () => {};
app.get("/slow", () => {
  process.stdout.write("reached\n");
  return new Promise((resolve) => {
    finish = () => resolve("done");
  });
});
gracefulShutdown(app.seaworthy, {
  server: app,
  readyDelayMs: 1_500,
  close: () => void process.stdout.write("closed\n"),
});
// The slow route answers when the service has refused connections for a while.
app.addHook("preClose", async () => {
  setTimeout(() => finish(), 100);
});
process.stdout.write(`${await app.listen({ port: 0, host: "127.0.0.1" })}\n`);
