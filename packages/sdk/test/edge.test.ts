import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { seaworthy, type RequestTools } from "../src/edge.ts";
import { Collector } from "./collector.ts";

let collector: Collector;
beforeEach(async () => {
  collector = await Collector.start();
});
afterEach(() => collector.close());

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-01`, "x-request-id": "r-1" };

type Handler = (
  request: Request,
  environment: object,
  context: object,
  tools: RequestTools,
) => Response | Promise<Response>;

/** A worker, and what its runtime waits for after the response. */
function worker(handler: Handler, url = collector.url) {
  const waited: Promise<unknown>[] = [];
  const serve = seaworthy(
    (env: { key: string }) => ({ service: "edge", url, key: env.key, console: false }),
    handler,
  );
  const context = { waitUntil: (work: Promise<unknown>) => waited.push(work) };
  return {
    call: (path: string, init?: RequestInit) =>
      serve(new Request(`https://shop.example${path}`, init), { key: "test-key" }, context),
    settled: () => Promise.all(waited),
    waited,
  };
}

test("nothing of Node, and no package, is imported", () => {
  const seen = new Set<string>();
  const visit = (file: URL) => {
    if (seen.has(file.href)) return;
    seen.add(file.href);
    const source = readFileSync(file, "utf8");
    for (const [statement, target = ""] of source.matchAll(
      /^(?:import|export)\b[^;]*?from\s+"([^"]+)"/gms,
    )) {
      // Types are gone when it runs.
      if (/^(?:import|export) type\b/.test(statement)) continue;
      expect(target).toMatch(/^\.\.?\//);
      visit(new URL(target, file));
    }
  };
  visit(new URL("../src/edge.ts", import.meta.url));
  expect(seen.size).toBeGreaterThan(5);
});

test("sends the request's span, its logs and its calls once the response is out", async () => {
  const called = createServer((request, response) =>
    response.end(
      JSON.stringify({
        traceparent: request.headers.traceparent,
        tracestate: request.headers["tracestate"],
      }),
    ),
  ).listen(0, "127.0.0.1");
  await once(called, "listening");
  const address = `http://127.0.0.1:${(called.address() as AddressInfo).port}`;
  const edge = worker(async (_request, _env, _context, tools) => {
    tools.route("/items/:id");
    tools.log("warn", "looking", { item: 7 });
    return tools.span("work", () => tools.fetch(`${address}/stock?secret=x`));
  });
  const response = await edge.call("/items/7?token=x", {
    headers: { ...headers, tracestate: "rojo=1" },
  });
  expect(response.headers.get("x-request-id")).toBe("r-1");
  const { traceparent, tracestate } = (await response.json()) as Record<string, string>;
  expect(tracestate).toBe("rojo=1");
  called.close();
  await edge.settled();
  const named = (name: string) => collector.spans.find((span) => span.name === name);
  const server = named("GET /items/:id");
  expect(server).toMatchObject({ traceId, parentSpanId: "00f067aa0ba902b7", kind: 2 });
  expect(server?.attributes).toMatchObject({ "url.path": "/items/7" });
  expect(named("work")?.parentSpanId).toBe(server?.spanId);
  expect(traceparent).toBe(`00-${traceId}-${named("GET")?.spanId}-01`);
  expect(named("GET")?.attributes["url.full"]).toBe(`${address}/stock`);
  expect(collector.logs).toMatchObject([
    { body: "looking", severityText: "WARN", traceId, attributes: { item: 7, requestId: "r-1" } },
    { body: "request completed", attributes: { method: "GET", url: "/items/7", statusCode: 200 } },
  ]);
  expect(collector.resources[0]).toMatchObject({ "service.name": "edge" });
});

test("requests of one second share what is sent", async () => {
  const edge = worker(() => new Response("ok"));
  for (let index = 0; index < 20; index += 1) await edge.call("/");
  expect(edge.waited).toHaveLength(1);
  await edge.settled();
  expect(collector.requests).toBe(2);
  expect(collector.logs).toHaveLength(20);
});

test("what comes while a batch is on its way is sent without another request", async () => {
  const edge = worker(() => new Response("ok"));
  let release: () => void = () => {};
  collector.behave((response) => {
    release = () => response.writeHead(200).end();
  });
  await edge.call("/first");
  await collector.until(() => collector.requests >= 2);
  // The first batch is still on its way.
  collector.behave(undefined);
  await edge.call("/second");
  expect(edge.waited).toHaveLength(2);
  release();
  await edge.waited[1];
  expect(collector.logs.map(({ attributes }) => attributes["url"])).toEqual(["/second"]);
});

test("a request that ended before it could send is stood in for", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "Date"] });
  try {
    const edge = worker(() => new Response("ok"));
    await edge.call("/ended");
    // Its runtime forgets what it waited for.
    vi.clearAllTimers();
    await edge.call("/at-once");
    expect(edge.waited).toHaveLength(1);
    vi.setSystemTime(Date.now() + 10_000);
    await edge.call("/later");
    expect(edge.waited).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1_000);
    vi.useRealTimers();
    await edge.waited[1];
    expect(collector.logs).toHaveLength(3);
  } finally {
    vi.useRealTimers();
  }
});

test("an error goes on to the runtime, and to Seaworthy with its trace", async () => {
  const failure = new TypeError("broken");
  const edge = worker(() => {
    throw failure;
  });
  await expect(edge.call("/", { headers })).rejects.toBe(failure);
  await edge.settled();
  const event = collector.logs.find(({ eventName }) => eventName === "exception");
  expect(event).toMatchObject({ traceId, attributes: { "exception.type": "TypeError" } });
  expect(collector.spans[0]?.status).toEqual({ code: 2, message: "broken" });
});

test("what cannot be delivered is kept for the next time, and in the end let go", async () => {
  collector.behave((response) => response.writeHead(503).end());
  const edge = worker(() => new Response("ok"));
  await edge.call("/first");
  await edge.settled();
  collector.behave(undefined);
  await edge.call("/second");
  await edge.settled();
  expect(collector.logs.map(({ attributes }) => attributes["url"])).toEqual(["/first", "/second"]);
});

test("what cannot be encoded is lost alone", async () => {
  const edge = worker((_request, _env, _context, tools) => {
    tools.log("info", "before");
    tools.log("info", "unwritable", { field: Object.create(null) });
    tools.log("info", "after");
    return new Response("ok");
  });
  await edge.call("/");
  await edge.settled();
  expect(collector.logs.map(({ body }) => body)).toEqual(["before", "after", "request completed"]);
  expect(collector.spans).toHaveLength(1);
});

test("without an address nothing is sent, and lines still go to the console", async () => {
  const write = vi.spyOn(console, "log").mockImplementation(() => {});
  try {
    const serve = seaworthy({ service: "edge" }, () => new Response("ok"));
    const response = await serve(new Request("https://shop.example/a?b=c"), {}, undefined);
    expect(await response.text()).toBe("ok");
    expect(JSON.parse(String(write.mock.calls[0]?.[0]))).toMatchObject({
      level: "info",
      service: "edge",
      message: "request completed",
      url: "/a",
      statusCode: 200,
    });
  } finally {
    write.mockRestore();
  }
});

test("a field that JSON cannot say costs a line its fields, and the application nothing", async () => {
  const write = vi.spyOn(console, "log").mockImplementation(() => {});
  try {
    const serve = seaworthy({ service: "edge" }, (_request, _env, _context, tools) => {
      const circular: Record<string, unknown> = {};
      circular["self"] = circular;
      for (const value of [7n, circular]) tools.log("warn", "odd", { value: value as never });
      return new Response("ok");
    });
    const response = await serve(new Request("https://shop.example/"), {}, undefined);
    expect(await response.text()).toBe("ok");
    const lines = write.mock.calls.map(([line]) => JSON.parse(String(line)) as object);
    expect(lines.slice(0, 2)).toMatchObject([
      { level: "warn", message: "odd" },
      { level: "warn", message: "odd" },
    ]);
  } finally {
    write.mockRestore();
  }
});

test("nothing that the kit is given, and nothing that a runtime does, fails a request", async () => {
  const write = vi.spyOn(console, "log").mockImplementation(() => {});
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  try {
    const unreadable = new Error("mine");
    Object.defineProperty(unreadable, "stack", {
      get() {
        throw new Error("no");
      },
    });
    const throwing = {
      get field(): never {
        throw new Error("no");
      },
    };
    const odd = Symbol("odd") as never;
    const handler: Handler = (_request, _env, _context, { log, route, captureException, span }) => {
      route(odd);
      for (const level of ["info", "fatal", "verbose", undefined, odd] as never[])
        for (const fields of [{}, null, throwing, { big: 7n }] as never[]) log(level, odd, fields);
      for (const error of [unreadable, Object.assign(new Error("x"), { name: odd }), null])
        for (const options of [null, { level: "info" }, { tags: throwing }, { user: null }])
          captureException(error, options as never);
      void span(odd, async () => {});
      return new Response("ok");
    };
    const throws = {
      waitUntil: () => {
        throw new Error("no context");
      },
    };
    const sending = { service: "edge", url: collector.url, key: "test-key" };
    const answers: number[] = [];
    for (const options of [
      sending,
      null,
      { service: 7, perSecond: "x", slowMs: null, console: "no" },
      { service: "edge", url: "not an address", key: "k" },
      { service: "edge", sampling: 1 },
      () => {
        throw new Error("no environment");
      },
    ] as never[])
      for (const context of [throws, undefined, null, { waitUntil: null }]) {
        const serve = seaworthy<object, unknown>(options, handler as never);
        answers.push((await serve(new Request("https://shop.example/"), {}, context)).status);
      }
    expect(new Set(answers)).toEqual(new Set([200]));
    const said = warn.mock.calls.flat().join("\n");
    expect(said).toContain("perSecond is of a wrong kind; using 10");
    expect(said).toContain("url must be an address");
    expect(said).toContain('there is no option "sampling"');
    expect(said).toContain("the options cannot be read");

    const failing = seaworthy(sending, () => {
      throw unreadable;
    });
    const failure = failing(new Request("https://shop.example/"), {}, throws);
    await expect(failure).rejects.toBe(unreadable);
    const refused = seaworthy(sending, () => Response.error());
    const answer = await refused(new Request("https://shop.example/"), {}, undefined);
    expect(answer.type).toBe("error");
  } finally {
    write.mockRestore();
    warn.mockRestore();
  }
});

test("headers that may not be changed and responses that may not be copied come through", async () => {
  const passed = worker(() => Response.redirect("https://other.example/", 302));
  const response = await passed.call("/", { headers });
  expect(response.status).toBe(302);
  expect(response.headers.get("x-request-id")).toBe("r-1");
  await passed.settled();
});
