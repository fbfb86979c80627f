import fc from "fast-check";
import { Counter, Registry } from "prom-client";
import { expect, test } from "vitest";
import { Exposition } from "../test/exposition.ts";
import { LogLines } from "../test/log-lines.ts";
import { createKit, type Kit } from "./kit.ts";
import type { KitOptions } from "./options.ts";

function quietKit(options: KitOptions = {}): Kit {
  return createKit({ ...options, logs: { level: "silent", ...options.logs } });
}

const read = async (kit: Kit) => new Exposition(await kit.registry.metrics());

test("business metrics in one call each", async () => {
  const kit = quietKit();
  kit.count("orders_total", { currency: "EUR" });
  kit.count("orders_total", { currency: "EUR" }, 2);
  kit.gauge("stock_items", 7);
  kit.observe("basket_euros", 42, { vip: true });
  const metrics = await read(kit);
  expect(metrics.value("orders_total", { currency: "EUR" })).toBe(3);
  expect(metrics.value("stock_items")).toBe(7);
  expect(metrics.value("basket_euros_sum", { vip: "true" })).toBe(42);
});

test("a counter's series that is held counts with the others, exactly, at each scrape", async () => {
  const kit = quietKit();
  const held = kit.counter("lookups_total", { cache: "users", hit: true });
  kit.count("lookups_total", { hit: true, cache: "users" }, 2);
  held.add();
  const value = async () =>
    (await read(kit)).value("lookups_total", { cache: "users", hit: "true" });
  expect(await value()).toBe(3);
  expect(await value()).toBe(3);
  kit.counter("lookups_total", { cache: "users", hit: true }).add();
  held.add();
  expect(await value()).toBe(5);
  // A name that is taken for something else: counted as misuse, and nothing is thrown.
  kit.gauge("stock_items", 7);
  kit.counter("stock_items").add();
  const metrics = await read(kit);
  expect(metrics.value("seaworthy_sdk_errors_total", { site: "metric" })).toBe(1);
  expect(metrics.value("stock_items")).toBe(7);
});

test("a described metric has its help, its buckets and its first series at zero", async () => {
  const kit = quietKit();
  kit.describe("orders_total", {
    kind: "counter",
    help: "Orders placed.",
    series: [{ currency: "EUR" }, { currency: "USD" }],
  });
  kit.describe("basket_euros", { kind: "histogram", help: "Baskets.", buckets: [10, 100] });
  kit.observe("basket_euros", 50);
  expect(await kit.registry.metrics()).toContain("# HELP orders_total Orders placed.");
  const metrics = await read(kit);
  expect(metrics.value("orders_total", { currency: "USD" })).toBe(0);
  expect(metrics.value("basket_euros_bucket", { le: "10" })).toBe(0);
  expect(metrics.value("basket_euros_bucket", { le: "100" })).toBe(1);
});

test("misuse is counted and never thrown", async () => {
  const kit = quietKit();
  kit.count("not a name");
  kit.count("http_requests_total");
  kit.count("orders_total", { currency: "EUR" });
  kit.count("orders_total", { country: "DE" });
  kit.count("orders_total", { currency: "EUR", country: "DE" });
  kit.count("orders_total", { currency: "EUR" }, Number.NaN);
  kit.count("orders_total", { currency: "EUR" }, -1);
  kit.gauge("orders_total", 1, { currency: "EUR" });
  kit.describe("orders_total", { kind: "counter", help: "late" });
  const metrics = await read(kit);
  expect(metrics.value("seaworthy_sdk_errors_total", { site: "metric" })).toBe(8);
  expect(metrics.value("orders_total", { currency: "EUR" })).toBe(1);
});

test("label values of business metrics are bounded, in number and length", async () => {
  const kit = quietKit({ metrics: { maxBusinessSeries: 5 } });
  for (let index = 0; index < 50; index += 1) kit.count("visits_total", { user: `u${index}` });
  const metrics = await read(kit);
  expect(metrics.labelValues("visits_total", "user").size).toBe(6);
  expect(metrics.value("visits_total", { user: "overflow" })).toBe(45);
  expect(metrics.value("seaworthy_sdk_overflow_total", { metric: "visits_total" })).toBe(45);
});

test("whatever labels are given, nothing is thrown and the exposition stays readable", async () => {
  const kit = quietKit({ metrics: { maxBusinessSeries: 50, processMetrics: false } });
  const anything = fc.oneof(
    fc.string({ unit: "binary", maxLength: 300 }),
    fc.double(),
    fc.anything(),
  );
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("a_total", "b_total")),
      fc.dictionary(fc.oneof(fc.string(), fc.constantFrom("x", "__proto__", "le")), anything),
      fc.anything(),
      (name, labels, by) => {
        kit.count(name, labels as Record<string, string>, by as number);
        kit.observe(`${name}_h`, by as number, labels as Record<string, string>);
      },
    ),
    { numRuns: 2_000 },
  );
  for (const line of (await kit.registry.metrics()).split("\n"))
    expect(line).toMatch(
      /^(|# (HELP|TYPE) .*|[a-zA-Z_:][a-zA-Z0-9_:]*(\{([a-zA-Z_][a-zA-Z0-9_]*="([^"\\]|\\["\\n])*",?)*\})? \S+)$/,
    );
});

test("queries are timed by their name, and their result and error pass through", async () => {
  const kit = quietKit();
  expect(await kit.query("orders.find", () => 42)).toBe(42);
  const failure = new Error("gone");
  await expect(kit.query("orders.find", () => Promise.reject(failure))).rejects.toBe(failure);
  const metrics = await read(kit);
  const count = (outcome: string) =>
    metrics.value("database_query_duration_seconds_count", { operation: "orders.find", outcome });
  expect(count("ok")).toBe(1);
  expect(count("error")).toBe(1);
});

test("sign-ins, active users and captured errors", async () => {
  const logs = new LogLines();
  const kit = createKit({ logs: { destination: logs } });
  kit.authAttempt("success");
  kit.authAttempt("failure");
  kit.activeUsers.seen("ada");
  kit.activeUsers.seen("ada");
  kit.activeUsers.seen("bob");
  kit.captureError(new RangeError("too far"), "could not ship");
  const metrics = await read(kit);
  expect(metrics.value("auth_attempts_total", { result: "success" })).toBe(1);
  expect(metrics.value("auth_attempts_total", { result: "failure" })).toBe(1);
  expect(metrics.value("active_users_total")).toBe(2);
  expect(metrics.value("errors_total", { type: "RangeError" })).toBe(1);
  expect(logs.lines[0]).toMatchObject({ level: "error", message: "could not ship" });
});

test("error types are bounded", async () => {
  const kit = quietKit();
  for (let index = 0; index < 100; index += 1)
    kit.captureError(Object.assign(new Error("x"), { name: `E${index}` }));
  const metrics = await read(kit);
  expect(metrics.labelValues("errors_total", "type").size).toBeLessThanOrEqual(52);
  expect(metrics.value("errors_total", { type: "overflow" })).toBe(50);
});

test("joins a registry, and leaves what it has there alone", async () => {
  const registry = new Registry();
  const theirs = new Counter({
    name: "http_requests_total",
    help: "theirs",
    registers: [registry],
  });
  theirs.inc(5);
  const kit = quietKit({ metrics: { registry } });
  kit.http.knownRoute("GET", "/x");
  const metrics = await read(kit);
  expect(metrics.value("http_requests_total")).toBe(5);
  expect(metrics.value("auth_attempts_total", { result: "failure" })).toBe(0);
});

test("wrong options are corrected, said and counted", async () => {
  const logs = new LogLines();
  const kit = createKit({
    service: "",
    metrics: { path: "metrics", maxPaths: -1 },
    logs: { destination: logs },
  });
  const problems = logs.lines.map((line) => String(line["problem"]));
  expect(problems.some((problem) => problem.startsWith("metrics.path must be"))).toBe(true);
  const metrics = await read(kit);
  expect(metrics.value("seaworthy_sdk_errors_total", { site: "options" })).toBe(3);
});

test("what is misspelt or of a wrong kind is said, and what adapters take is not", () => {
  const logs = new LogLines();
  createKit({
    trustProxies: ["10.0.0.0/8"],
    kit: undefined,
    prototypes: false,
    routes: [],
    metrics: { tokn: "secret", processMetrics: "false" },
    health: { aliases: "no" },
    traces: { databases: 0, fetch: null },
    export: { logs: "no", spol: {} },
    logs: { destination: logs, requests: "false" },
  } as object);
  const problems = logs.lines.flatMap((line) => line["problem"] ?? []);
  expect(problems).toEqual([
    "there is no option trustProxies; there are service, environment, version, trustedProxies, export, traces, metrics, health, logs, kit",
    "there is no option export.spol; there are url, key, logs, traces, spool",
    "there is no option metrics.tokn; there are path, token, registry, processMetrics, maxPaths, maxSeries, maxBusinessSeries",
    "export.logs must be true or false; using true",
    "traces.fetch must be true or false; using true",
    "traces.databases must be true or false; using true",
    "metrics.processMetrics must be true or false; using true",
    "health.aliases must be true or false; using true",
    "logs.requests must be true or false; using true",
  ]);
});

test("a level that pino does not know is said, and is not the end of the logs", async () => {
  const logs = new LogLines();
  const kit = createKit({ logs: { level: "loud", destination: logs } });
  kit.logger.info("heard");
  expect(logs.lines.at(-1)).toMatchObject({ level: "info", message: "heard" });
  expect((await read(kit)).value("seaworthy_sdk_errors_total", { site: "options" })).toBe(1);
});
