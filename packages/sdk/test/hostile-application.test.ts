/** Whatever the application gives the kit, nothing of the kit's is thrown back at it. */
import { createServer, type Server } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import fc from "fast-check";
import { Registry as OlderRegistry } from "prom-client14";
import { Registry } from "prom-client";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { seaworthy as expressMiddleware } from "../src/express.ts";
import { createKit, type Kit, type KitOptions } from "../src/index.ts";
import { seaworthy as koaMiddleware } from "../src/koa.ts";
import { seaworthy as nodeHandler } from "../src/node-http.ts";
import { closeServer, listen } from "./apps.ts";
import { scrape } from "./exposition.ts";
import { LogLines } from "./log-lines.ts";

// Kits that are told nothing sensible write to standard output, which is the test run's here.
vi.mock("../src/logs/output.ts", () => ({
  standardOutput: () => ({ write: () => {}, feed: () => () => {} }),
}));

const thrown = new Error("from the application");
const fail = (): never => {
  throw thrown;
};
/** Whatever is done with it, it throws. */
const trap: object = new Proxy(() => {}, {
  get: fail,
  has: fail,
  apply: fail,
  set: fail,
  ownKeys: fail,
  getPrototypeOf: fail,
});
const getters = { level: 0, write: 0, metrics: 0, http: 0, message: 0, name: 0, url: 0, token: 0 };
for (const name of Object.keys(getters)) Object.defineProperty(getters, name, { get: fail });
/** None of what an error tells of itself can be read. */
function unreadableError(): Error {
  const error = new Error("x");
  for (const name of ["stack", "message", "name", "cause"])
    Object.defineProperty(error, name, { get: fail });
  return error;
}
const unwritable: object = Object.create(null) as object;

/** What nobody would give on purpose, and what is nearly right. */
const odds: readonly unknown[] = [
  undefined,
  null,
  trap,
  getters,
  unwritable,
  Symbol("odd"),
  10n,
  Number.NaN,
  -1,
  "",
  "odd",
  "/a",
  true,
  [7],
  ["10.0.0.0/8"],
  () => 1,
  fail,
  new Map([["a", 1]]),
  console,
  { info: 1, error: fail },
  { write: fail },
  { write: () => {} },
  { registerMetric: fail, getSingleMetric: fail, getMetricsAsArray: fail, metrics: fail },
  {
    registerMetric: () => {},
    getSingleMetric: () => {},
    getMetricsAsArray: () => [7],
    metrics: fail,
  },
  { http: { begin: 1 } },
  pino({ level: "silent" }),
  Object.freeze(pino({ level: "silent" })),
  new Registry(),
  new OlderRegistry(),
  unreadableError(),
];
/** A place in the list: the generator itself would not survive some of what is there. */
const odd = fc.nat({ max: odds.length - 1 });
const parts: Readonly<Record<string, readonly string[]>> = {
  export: ["url", "key", "spool", "logs", "traces"],
  traces: ["perSecond", "slowMs", "fetch", "databases"],
  metrics: ["path", "token", "registry", "maxPaths", "maxSeries", "maxBusinessSeries"],
  health: ["path", "token", "networks", "aliases"],
  logs: ["level", "requests", "destination", "logger"],
};
const plan = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.dictionary(
      fc.constantFrom(
        "service",
        "environment",
        "version",
        "trustedProxies",
        "kit",
        ...Object.keys(parts),
      ),
      fc.oneof(odd, fc.array(odd, { minLength: 6, maxLength: 6 })),
    ),
  },
  { weight: 1, arbitrary: odd },
);

/** Options as planned: a part is odd as a whole, or has odd members. */
function planned(plan: number | Readonly<Record<string, number | readonly number[]>>): unknown {
  if (typeof plan === "number") return odds[plan];
  // Watching the process costs what these tests have not.
  const given: Record<string, unknown> = { metrics: { processMetrics: false } };
  for (const [name, value] of Object.entries(plan))
    given[name] = typeof value === "number" ? odds[value] : membersOf(parts[name] ?? [], value);
  return given;
}

function membersOf(names: readonly string[], values: readonly number[]): object {
  const given = names.map((name, at): [string, unknown] => [name, odds[values[at] ?? 0]]);
  return { processMetrics: false, ...Object.fromEntries(given) };
}

/** A request and its answer through whatever kit there is just now. */
let handler: Parameters<typeof createServer>[1];
let server: Server;
let url = "";
beforeAll(async () => {
  server = createServer((request, response) => handler?.(request, response));
  // A connection that idles while a long property holds the loop must not be closed meanwhile.
  server.keepAliveTimeout = 0;
  url = await listen(server);
});
afterAll(() => closeServer(server));

/** The kits of this test do not write to its own output. */
const quiet = { logs: { destination: new LogLines() }, metrics: { processMetrics: false } };

test("options of any kind: the application starts, serves, and stops", async () => {
  await fc.assert(
    fc.asyncProperty(plan, async (chosen) => {
      const watch = nodeHandler(planned(chosen) as KitOptions);
      expressMiddleware({ kit: watch.kit });
      koaMiddleware({ kit: watch.kit });
      handler = watch((_request, response) => {
        watch.kit.logger.debug("served");
        response.end("served");
      });
      expect(await (await fetch(`${url}/x`)).text()).toBe("served");
      const health = await fetch(`${url}/health/live`);
      expect([200, 503]).toContain(health.status);
      await health.arrayBuffer();
      await watch.kit.shutdown(5);
    }),
    { numRuns: 60 },
  );
});

test("the adapters' own options, too", async () => {
  const { kit } = expressMiddleware({ ...quiet });
  const throwing = Object.defineProperty({ kit }, "prototypes", { get: fail });
  for (const given of [null, trap, throwing, { kit, prototypes: trap }]) {
    const watch = expressMiddleware(given as never);
    await watch.kit.shutdown(5);
  }
});

test("what a kit's methods are given, wrong in any way, stays with the kit", async () => {
  const kit = createKit(quiet);
  const calls: Record<string, (...given: never[]) => unknown> = {
    count: (...given) => kit.count(...(given as unknown as [string])),
    gauge: (...given) => kit.gauge(...(given as unknown as [string, number])),
    observe: (...given) => kit.observe(...(given as unknown as [string, number])),
    describe: (...given) => kit.describe(...(given as unknown as Parameters<Kit["describe"]>)),
    authAttempt: (given) => kit.authAttempt(given),
    capture: (...given) => kit.captureException(...(given as unknown as [unknown])),
    captureError: (...given) => kit.captureError(...(given as unknown as [unknown])),
    user: (given) => kit.setUser(given),
    tag: (...given) => kit.setTag(...(given as unknown as [string, string])),
    tenant: (given) => kit.setTenant(given),
    seen: (given) => kit.activeUsers.seen(given),
    breadcrumb: (given) => kit.addBreadcrumb(given),
    added: (...given) => kit.jobAdded(...(given as unknown as [string])),
    backlog: (...given) => kit.backlog(...(given as unknown as [string, () => number])),
    sockets: (given) => kit.webSockets(given),
    loggers: (given) => kit.joinLogger(given),
    postgres: (given) => kit.tracePostgres(given),
    redis: (given) => kit.traceRedis(given),
    check: (...given) => kit.health.check(...(given as unknown as [string, () => void])),
  };
  const call = fc.tuple(fc.constantFrom(...Object.keys(calls)), fc.array(odd, { maxLength: 3 }));
  fc.assert(
    fc.property(fc.array(call, { maxLength: 8 }), (list) => {
      for (const [name, given] of list)
        expect(
          () => void calls[name]?.(...(given.map((at) => odds[at]) as never[])),
          name,
        ).not.toThrow();
    }),
    { numRuns: 300 },
  );
  await kit.health.report();
  await kit.shutdown(5);
});

test("work is done, and its outcome passed on, whatever is said about it", async () => {
  const kit = createKit(quiet);
  await fc.assert(
    fc.asyncProperty(fc.tuple(odd, odd, odd, odd), async (chosen) => {
      const [name, about, key, error] = chosen.map((at) => odds[at]);
      const set = (span: { set(name: string, value: string): void }) => {
        span.set(key as string, error as string);
        return "done";
      };
      expect(kit.span(name as string, set, about as object)).toBe("done");
      expect(await kit.job(name as string, () => Promise.resolve(7), about as object)).toBe(7);
      expect(await kit.query(name as string, () => 8)).toBe(8);
      const failing = kit.job(
        name as string,
        () => Promise.reject(error as Error),
        about as object,
      );
      const rejected = await failing.then(
        () => ({ with: undefined }),
        (reason: unknown) => ({ with: reason }),
      );
      expect(Object.is(rejected.with, error)).toBe(true);
    }),
    { numRuns: 150 },
  );
  await kit.shutdown(5);
});

test("a health check whose name is none is left out", async () => {
  const kit = createKit(quiet);
  kit.health.check(unwritable as never, () => {});
  kit.health.check("real", () => {});
  expect(Object.keys((await kit.health.report()).checks)).toEqual(["real"]);
  await kit.shutdown(5);
});

test("an error that cannot be told is counted, and its request is logged", async () => {
  const logs = new LogLines();
  const watch = nodeHandler({ ...quiet, logs: { destination: logs } });
  handler = watch((_request, response) => {
    watch.error(unreadableError());
    watch.route("/failing");
    response.writeHead(500).end();
  });
  await (await fetch(`${url}/failing`)).arrayBuffer();
  await expect
    .poll(
      () => logs.lines.some((line) => line["statusCode"] === 500 && line["url"] === "/failing"),
      {
        timeout: 30_000,
      },
    )
    .toBe(true);
  const exposition = await scrape(url);
  const labels = { method: "GET", path: "/failing", status: "500" };
  expect(exposition.value("http_requests_total", labels)).toBe(1);
  await watch.kit.shutdown(5);
});

test("a logger that never ends writing does not keep the shutdown waiting", async () => {
  const logger = pino({ level: "silent" });
  Object.assign(logger, { flush: () => {} });
  const kit = createKit({ ...quiet, logs: { logger } });
  expect(await Promise.race([kit.shutdown(10).then(() => "ended"), pause(30_000, "late")])).toBe(
    "ended",
  );
});

test("wrong loggers, levels, destinations and registries are said, and replaced by the kit's own", () => {
  const logs = new LogLines();
  const registry = { metrics: () => "" } as never;
  const kit = createKit({
    logs: { destination: logs, logger: console as never, level: "loud" },
    metrics: { registry, processMetrics: false },
  });
  expect(logs.lines.flatMap(({ problem }) => problem ?? [])).toEqual([
    "metrics.registry is not a registry of prom-client; using one of the kit's own",
    "logs.level must be silent, trace, debug, info, warn, error, fatal; using info",
    "logs.logger is not a logger of pino; using one of the kit's own",
  ]);
  expect(kit.registry).toBeInstanceOf(Registry);
});

test("a registry of prom-client 14 shows the kit's metrics beside its own", async () => {
  const registry = new OlderRegistry();
  const watch = nodeHandler({
    ...quiet,
    metrics: { registry: registry as unknown as Registry, processMetrics: false },
  });
  handler = watch((_request, response) => {
    watch.route("/old");
    watch.kit.count("orders_total", { currency: "EUR" });
    response.end();
  });
  await (await fetch(`${url}/old`)).arrayBuffer();
  const exposition = await scrape(url);
  expect(
    exposition.value("http_requests_total", { method: "GET", path: "/old", status: "200" }),
  ).toBe(1);
  expect(exposition.value("orders_total", { currency: "EUR" })).toBe(1);
  await watch.kit.shutdown(5);
});
