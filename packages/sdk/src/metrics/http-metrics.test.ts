import fc from "fast-check";
import { Registry } from "prom-client";
import { describe, expect, test } from "vitest";
import { Exposition } from "../../test/exposition.ts";
import { maxLabelLength } from "./bounds.ts";
import { HttpMetrics } from "./http-metrics.ts";

function setUp(limits = { maxPaths: 500, maxSeries: 4_000 }) {
  const registry = new Registry();
  let overflows = 0;
  const metrics = new HttpMetrics(registry, limits, () => {
    overflows += 1;
  });
  return {
    metrics,
    overflows: () => overflows,
    read: async () => new Exposition(await registry.metrics()),
  };
}

const exchange = {
  method: "GET",
  template: "/",
  status: 200,
  milliseconds: 10,
  requestBytes: 0,
  responseBytes: 10,
};

describe("bounds", () => {
  test("paths beyond the limit become one value and are counted", async () => {
    const { metrics, overflows, read } = setUp({ maxPaths: 3, maxSeries: 4_000 });
    for (let index = 0; index < 10; index += 1)
      metrics.record({ ...exchange, template: `/p${index}` });
    const exposition = await read();
    expect(exposition.labelValues("http_requests_total", "path")).toEqual(
      new Set(["/p0", "/p1", "/p2", "overflow"]),
    );
    const labels = { method: "GET", path: "overflow", status: "200" };
    expect(exposition.value("http_requests_total", labels)).toBe(7);
    expect(overflows()).toBe(7);
  });

  test("a path that is known stays itself after the limit", async () => {
    const { metrics, read } = setUp({ maxPaths: 1, maxSeries: 4_000 });
    for (const path of ["/a", "/b", "/a"]) metrics.record({ ...exchange, template: path });
    const labels = { method: "GET", path: "/a", status: "200" };
    expect((await read()).value("http_requests_total", labels)).toBe(2);
  });

  test("no route, odd statuses and odd methods have one value each", async () => {
    const { metrics, read } = setUp();
    metrics.record({ ...exchange, template: undefined, status: 404 });
    for (const status of [0, 99, 600, 1e9, Number.NaN, 200.5])
      metrics.record({ ...exchange, status });
    for (const method of ["", "get", "PROPFIND", "A".repeat(1_000)])
      metrics.record({ ...exchange, method });
    const exposition = await read();
    expect(exposition.labelValues("http_requests_total", "path")).toEqual(
      new Set(["unmatched", "/"]),
    );
    expect(exposition.labelValues("http_requests_total", "status")).toEqual(
      new Set(["404", "invalid", "200"]),
    );
    expect(exposition.labelValues("http_requests_total", "method")).toEqual(
      new Set(["GET", "OTHER"]),
    );
  });

  test("whatever is recorded, every exchange is counted and the series stay bounded", async () => {
    const maxSeries = 30;
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            method: fc.oneof(
              fc.constantFrom("GET", "POST", "DELETE"),
              fc.string({ unit: "binary", maxLength: 10 }),
            ),
            template: fc.option(fc.string({ unit: "binary", maxLength: 300 }), { nil: undefined }),
            status: fc.oneof(fc.constantFrom(200, 404, 500), fc.integer(), fc.double()),
          }),
          { maxLength: 100 },
        ),
        async (requests) => {
          const { metrics, read } = setUp({ maxPaths: 10, maxSeries });
          for (const request of requests) metrics.record({ ...exchange, ...request });
          const text = await read();
          let sum = 0;
          let beyond = 0;
          let series = 0;
          for (const [name, value] of text.samples) {
            if (!name.startsWith("http_requests_total")) continue;
            sum += value;
            if (name.includes('path="overflow"')) beyond += 1;
            else series += 1;
          }
          expect(sum).toBe(requests.length);
          expect(series).toBeLessThanOrEqual(maxSeries);
          // Ten methods at most, and as many statuses as HTTP has.
          expect(beyond).toBeLessThanOrEqual(10 * 501);
          for (const path of text.labelValues("http_requests_total", "path")) {
            expect(path).not.toMatch(/\p{Surrogate}/u);
            // Escaping may double each character.
            expect(path.length).toBeLessThanOrEqual(2 * maxLabelLength);
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});

test("a known route has zeros for 200 and 500, and none for methods that follow from others", async () => {
  const { metrics, read } = setUp();
  metrics.knownRoute("GET", "/items/:id");
  metrics.knownRoute("HEAD", "/items/:id");
  const exposition = await read();
  expect([...exposition.samples]).toEqual([
    ['http_requests_total{method="GET",path="/items/:id",status="200"}', 0],
    ['http_requests_total{method="GET",path="/items/:id",status="500"}', 0],
  ]);
});

test("an unknown size is not observed", async () => {
  const { metrics, read } = setUp();
  metrics.record({ ...exchange, requestBytes: undefined });
  const exposition = await read();
  const labels = { method: "GET", path: "/", status: "200" };
  expect(exposition.value("http_request_size_bytes_count", labels)).toBeUndefined();
  expect(exposition.value("http_response_size_bytes_sum", labels)).toBe(10);
});
