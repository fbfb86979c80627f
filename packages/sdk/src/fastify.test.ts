import Fastify from "fastify";
import { expect, test } from "vitest";
import { kitFor } from "../test/apps.ts";
import { scrape } from "../test/exposition.ts";
import { seaworthy } from "./fastify.ts";

test("registered in a plugin, as with fastify-cli, the kit still answers and counts for the whole", async () => {
  const { kit } = kitFor({ metrics: { processMetrics: false } });
  const app = Fastify();
  await app.register(async (scope) => {
    await scope.register(seaworthy, { kit });
    scope.get("/items/:id", () => "ok");
    await scope.register(async (inner) => inner.get("/deep", () => "ok"));
  });
  const url = await app.listen({ port: 0, host: "127.0.0.1" });
  const status = async (path: string) => (await fetch(url + path)).status;
  const paths = ["/items/7", "/deep", "/nowhere", "/health", "/health/live"];
  expect(await Promise.all(paths.map(status))).toEqual([200, 200, 404, 200, 200]);
  for (const [path, code] of [
    ["/items/:id", "200"],
    ["/deep", "200"],
    ["unmatched", "404"],
  ] as const) {
    // A request is counted a little after its answer is there.
    const labels = { method: "GET", path, status: code };
    const count = async () => (await scrape(url)).value("http_requests_total", labels);
    await expect.poll(count, { timeout: 30_000, message: path }).toBe(1);
  }
  await app.close();
  await kit.shutdown(5);
});
