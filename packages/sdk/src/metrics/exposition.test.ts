import { Counter, Registry } from "prom-client";
import { expect, test } from "vitest";
import { exposition } from "./exposition.ts";
import { HttpMetrics } from "./http-metrics.ts";

const limits = { maxPaths: 500, maxSeries: 4_000 };
const exchange = {
  method: "GET",
  status: 200,
  milliseconds: 20,
  requestBytes: 5,
  responseBytes: 10,
};

/** The lines in order, but for the order of labels within one. */
function lines(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.replace(/\{(.*)\}/, (_, inner: string) => inner.split(",").sort().join()));
}

test("writes what prom-client would write of the same registry", async () => {
  const registry = new Registry();
  new Counter({ name: "orders_total", help: "Orders.", registers: [registry] }).inc(3);
  const metrics = new HttpMetrics(registry, limits, () => {});
  metrics.knownRoute("POST", "/never");
  metrics.record({ ...exchange, template: '/odd"\\path\n' });
  metrics.record({
    ...exchange,
    template: "/items/:id",
    milliseconds: 99_000,
    responseBytes: undefined,
  });
  metrics.record({ ...exchange, template: "/items/:id", status: 500 });
  expect(lines(await exposition(registry))).toEqual(lines(await registry.metrics()));
});

test("values as objects and a reset, for those who use the registry themselves", async () => {
  const registry = new Registry();
  const metrics = new HttpMetrics(registry, limits, () => {});
  metrics.record({ ...exchange, template: "/a" });
  const labels = { method: "GET", path: "/a", status: "200" };
  const values = async (name: string) => (await registry.getSingleMetric(name)?.get())?.values;
  expect(await values("http_requests_total")).toEqual([{ labels, value: 1 }]);
  expect(await values("http_request_duration_seconds")).toContainEqual({
    metricName: "http_request_duration_seconds_bucket",
    labels: { ...labels, le: 0.025 },
    value: 1,
  });
  registry.resetMetrics();
  expect(await values("http_requests_total")).toEqual([{ labels, value: 0 }]);
  expect(await values("http_request_duration_seconds")).toEqual([]);
});

test("lets the service go on while thousands of series are written", async () => {
  const registry = new Registry();
  const metrics = new HttpMetrics(registry, { maxPaths: 4_000, maxSeries: 4_000 }, () => {});
  for (let index = 0; index < 4_000; index += 1)
    metrics.record({ ...exchange, template: `/p${index}` });
  let turns = 0;
  let writing = true;
  const count = () => {
    turns += 1;
    if (writing) setImmediate(count);
  };
  setImmediate(count);
  const text = await exposition(registry);
  writing = false;
  expect(text.split("\n").length).toBeGreaterThan(100_000);
  expect(turns).toBeGreaterThan(5);
});
