// The application whose memory is watched: `node --expose-gc memory.mjs REQUESTS EVERY`. Requests are
// injected, so that millions take minutes. Says its memory to the parent after every EVERY of them.
import { createRequire } from "node:module";

const [requests, every] = process.argv.slice(2).map(Number);
const require = createRequire(new URL("../../packages/sdk/package.json", import.meta.url));
const { seaworthy } = await import("../../packages/sdk/dist/fastify.js");
const { RateLimits } = await import("../../packages/sdk/dist/limits/index.js");
const { SecurityHeaders, InputFilter } = await import("../../packages/sdk/dist/security/index.js");

const app = require("fastify")();
await app.register(seaworthy, { service: "bench", environment: "bench" });
const kit = app.seaworthy;
const limits = new RateLimits({
  kit,
  tiers: { wide: { limit: 10_000, windowSeconds: 1, by: "user" } },
  identify: { user: (request) => request.params.id },
});
kit.health.check("own", async () => {});
app.addHook("onRequest", new SecurityHeaders().fastify());
app.addHook("preValidation", new InputFilter().fastify());
app.get("/items/:id", async (request) => {
  kit.count("orders_total", { currency: request.params.id % 2 === 0 ? "EUR" : "USD" });
  kit.activeUsers.seen(request.params.id);
  return kit.span("price", async (span) => {
    span.set("item", request.params.id);
    return { id: request.params.id };
  });
});
app.get("/limited/:id", { onRequest: limits.fastify("wide") }, async () => ({}));
app.get("/failing/:id", async (request) => {
  kit.setUser({ id: request.params.id });
  kit.addBreadcrumb({ category: "bench", message: "about to fail" });
  throw new Error(`item ${request.params.id} is broken`);
});
await app.ready();

/** What callers send: mostly the route, some of everything else, ids that never repeat. */
function call(index) {
  const kind = index % 1_000;
  if (kind === 0) return app.inject(`/failing/${index}`);
  if (kind === 1) return app.inject(`/nowhere/${index}`);
  if (kind === 2) return app.inject("/health/ready");
  if (kind < 100) return app.inject(`/limited/${index % 50_000}`);
  const headers = kind < 200 ? { "x-request-id": `caller-${index}` } : {};
  return app.inject({ url: `/items/${index % 100_000}`, headers });
}

function report(done) {
  globalThis.gc();
  const { heapUsed, rss, external, arrayBuffers } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  process.send({ done, heapUsed, rss, external, arrayBuffers, cpu: user + system });
}

const atOnce = 50;
report(0);
for (let done = 0; done < requests; done += atOnce) {
  await Promise.all(Array.from({ length: atOnce }, (_, index) => call(done + index)));
  // Timers and sockets of the kit get their turn, as they do between real requests.
  if (done % 1_000 === 0) await new Promise((resolve) => setImmediate(resolve));
  if ((done + atOnce) % every === 0) report(done + atOnce);
}
process.send({ metrics: (await app.inject("/metrics")).body });
process.disconnect();
process.exit();
