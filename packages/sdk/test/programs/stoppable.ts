/** A service with a slow route and a pool, to be stopped as platforms stop it. What takes time waits for a line. */
import { createInterface } from "node:readline";
import Fastify from "fastify";
import { seaworthy } from "../../src/fastify.ts";
import { gracefulShutdown } from "../../src/index.ts";

const readyDelayMs = 1_500;
const steps: Record<string, () => void> = {};
createInterface({ input: process.stdin }).on("line", (line) => steps[line]?.());

// However little of the processor the test gets, it sees the service in each of its states: the time that
// load balancers are given is over when the test says so.
const { setTimeout: setRealTimeout } = globalThis;
globalThis.setTimeout = Object.assign(
  (callback: (...args: unknown[]) => void, delay?: number, ...args: unknown[]) => {
    if (delay !== readyDelayMs) return setRealTimeout(callback, delay, ...args);
    steps["noticed"] = () => callback(...args);
    process.stdout.write("waiting to be noticed\n");
    return setRealTimeout(() => {}, 0);
  },
  setRealTimeout,
);

const app = Fastify();
await app.register(seaworthy, { service: "stoppable", logs: { level: "silent" } });
app.get("/slow", () => {
  process.stdout.write("reached\n");
  return new Promise((resolve) => {
    steps["finish"] = () => resolve("done");
  });
});
gracefulShutdown(app.seaworthy, {
  server: app,
  readyDelayMs,
  timeoutMs: 600_000,
  close: () => void process.stdout.write("closed\n"),
});
process.stdout.write(`${await app.listen({ port: 0, host: "127.0.0.1" })}\n`);
