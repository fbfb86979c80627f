import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { build } from "vite";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { launchBrowser } from "../../../test/chromium.ts";
import type { SeaworthyBrowserOptions } from "../src/index.ts";
import { Receiver, type Behaviour, type Json } from "./receiver.ts";

let site: string;
let browser: Browser;
let context: BrowserContext;
let receiver: Receiver;
/** Errors of the page that nobody caught, as the page's own code would see them. */
let uncaught: string[];

beforeAll(async () => {
  site = await mkdtemp(join(tmpdir(), "seaworthy-browser-"));
  const [launched] = await Promise.all([
    launchBrowser(),
    build({
      root: fileURLToPath(new URL("page", import.meta.url)),
      configFile: false,
      logLevel: "error",
      mode: "production",
      resolve: { conditions: ["@seaworthy/source", "module", "browser", "development|production"] },
      build: { outDir: site, emptyOutDir: true, target: "es2022" },
    }),
  ]);
  browser = launched;
});
afterAll(async () => {
  await browser.close();
  await rm(site, { recursive: true, force: true });
});
beforeEach(async () => {
  context = await browser.newContext();
  receiver = await Receiver.start(site);
  uncaught = [];
});
afterEach(async () => {
  await context.close();
  await receiver.close();
});

/** Opens the page with the kit started. */
async function open(options: Partial<SeaworthyBrowserOptions> = {}, path = "/"): Promise<Page> {
  const page = await context.newPage();
  page.on("pageerror", (error) => uncaught.push(error.message));
  await page.addInitScript(
    (given) => {
      window.options = given;
    },
    { dsn: receiver.dsn, service: "shop", release: "shop@1.2.3", ...options },
  );
  await page.goto(`http://${receiver.host}${path}`);
  await page.waitForFunction(() => window.ready);
  return page;
}

/** Throws an error that nothing on the page catches. */
function throwIn(page: Page, message: string): Promise<void> {
  return page.evaluate((text) => {
    setTimeout(function paymentFailed() {
      throw new TypeError(text);
    });
  }, message);
}

/** Where something secret stands in what was sent. */
function leaks(): string[] {
  return receiver.bytes.flatMap(
    (text) => text.match(/.{0,80}(?:private-|ada@|4111|abc123).{0,40}/g) ?? [],
  );
}

function exceptionOf(event: Json): Json {
  return (event["exception"] as { values: Json[] }).values[0] ?? {};
}

const nothing = { replay: false, vitals: false, traces: false } as const;

test("an uncaught error arrives with its stack, its release and what led to it, masked", async () => {
  const page = await open(
    nothing,
    "/items/42?session=private-query-word#access_token=private-hash-word",
  );
  await page.evaluate(() => {
    window.kit.setUser({ id: "u-7", username: "ada@example.com" });
    window.kit.setTag("plan", "pro");
    window.kit.addBreadcrumb({
      message: "paid with 4111 1111 1111 1111",
      data: { password: "private-crumb-word" },
    });
    return fetch("/own/basket?card=private-fetch-word");
  });
  await page.click("#button");
  await throwIn(page, "no answer for ada@example.com, Bearer abc123def456ghi789");
  const event = await receiver.until(() => receiver.of("event")[0]);
  expect(exceptionOf(event)).toMatchObject({
    type: "TypeError",
    value: "no answer for [masked], Bearer [masked]",
    mechanism: { handled: false },
  });
  const { frames } = exceptionOf(event)["stacktrace"] as { frames: Json[] };
  expect(frames.map((frame) => frame["function"])).toContain("paymentFailed");
  expect(event).toMatchObject({
    release: "shop@1.2.3",
    environment: "production",
    user: { id: "u-7", username: "[masked]" },
    tags: { service: "shop", plan: "pro" },
    request: { url: `http://${receiver.host}/items/42#[masked]` },
  });
  const crumbs = event["breadcrumbs"] as Json[];
  expect(crumbs.map((crumb) => crumb["category"])).toEqual(
    expect.arrayContaining(["fetch", "ui.click"]),
  );
  const own = crumbs.find((crumb) => String(crumb["message"]).startsWith("paid"));
  expect(own).toMatchObject({ message: "paid with [masked]", data: { password: "[masked]" } });
  expect(leaks()).toEqual([]);
});

test("a rejection that nobody handles arrives, and one that was captured says so", async () => {
  const page = await open(nothing);
  await page.evaluate(() => {
    window.kit.captureException(new RangeError("too far"), { tags: { part: "map" } });
    setTimeout(() => void Promise.reject(new Error("nobody waits")));
  });
  await receiver.until(() => receiver.of("event").length === 2);
  const events = new Map(receiver.of("event").map((event) => [exceptionOf(event)["value"], event]));
  expect(events.get("too far")).toMatchObject({ tags: { part: "map" } });
  expect(exceptionOf(events.get("too far") ?? {})).toMatchObject({ mechanism: { handled: true } });
  expect(exceptionOf(events.get("nobody waits") ?? {})).toMatchObject({
    mechanism: { handled: false },
  });
});

test("requests to the own origin carry traceparent, of the trace that is sent; others carry nothing", async () => {
  const other = await Receiver.start(site);
  try {
    const page = await open({ ...nothing, traces: 1 });
    await page.evaluate(async (elsewhere) => {
      await fetch("/own/orders?id=private-order-word");
      await fetch(`http://${elsewhere}/own/x`, { mode: "no-cors" });
    }, other.host);
    const { headers } = await receiver.until(() => receiver.calls[0]);
    const [, traceId, spanId] =
      /^00-(\w{32})-(\w{16})-01$/.exec(String(headers["traceparent"])) ?? [];
    const span = await receiver.until(() =>
      receiver.entriesOf("span").find((each) => each["span_id"] === spanId),
    );
    expect(span).toMatchObject({ trace_id: traceId });
    expect(JSON.stringify(span)).toContain("/own/orders");
    expect(other.calls[0]?.headers).not.toHaveProperty("traceparent");
    expect(other.calls[0]?.headers).not.toHaveProperty("baggage");
    expect(leaks()).toEqual([]);
  } finally {
    await other.close();
  }
});

test("vitals of the page are measured, and sent when it is left", async () => {
  const page = await open({ ...nothing, vitals: true });
  // Its chunk comes after the page, which is not left before it measures.
  const chunk = await page.waitForFunction(() => {
    const loaded = performance.getEntriesByType("resource");
    return loaded.find(({ name }) => /\/vitals-[^/]*\.js$/.test(name))?.name;
  });
  await page.evaluate(`import(${JSON.stringify(await chunk.jsonValue())})`);
  await page.waitForFunction(
    () => performance.getEntriesByName("first-contentful-paint").length > 0,
  );
  await page.click("#button");
  await page.goto("about:blank");
  const named = () =>
    new Map(receiver.entriesOf("trace_metric").map((metric) => [metric["name"], metric]));
  await receiver.until(() => named().has("web_vitals.lcp") && named().has("web_vitals.cls"));
  expect([...named().keys()]).toEqual(
    expect.arrayContaining(["web_vitals.ttfb", "web_vitals.fcp", "web_vitals.lcp"]),
  );
  expect(named().get("web_vitals.lcp")).toMatchObject({
    type: "distribution",
    unit: "millisecond",
    attributes: {
      rating: { value: expect.stringMatching(/good|poor|needs/) },
      navigation_type: { value: "navigate" },
      "service.name": { value: "shop" },
    },
  });
});

test("an error brings what led to it as a recording in which nothing can be read", async () => {
  const page = await open({ ...nothing, replay: {} });
  // Its chunk comes after the page; it is recording once it keeps its session.
  await page.waitForFunction(() => sessionStorage.getItem("sentryReplaySession") !== null);
  await page.fill("#text-field", "private-typed-word");
  await page.fill("#password-field", "private-password-word");
  await page.fill("#area", "private-area-word");
  await page.fill("#editor", "private-editor-word");
  await page.evaluate(() => {
    const added = document.createElement("p");
    added.textContent = "private-added-word";
    document.body.append(added);
    history.pushState({}, "", "/next?code=private-history-word");
  });
  await throwIn(page, "it broke");
  const recording = await receiver.until(() => receiver.of("replay_recording")[0]);
  const events = recording["events"] as Json[];
  // rrweb's numbers: 2 is a whole document, 3 a change of it.
  expect(events.map((event) => event["type"])).toEqual(expect.arrayContaining([2, 3]));
  const text = JSON.stringify(events);
  expect(text).toContain("password-field");
  expect(text).toContain("*****");
  expect(receiver.of("replay_event")[0]).toMatchObject({ replay_type: "buffer" });
  expect(leaks()).toEqual([]);
});

test("a part that fails shows its fallback, is sent with its components, and can be tried again", async () => {
  const page = await open(nothing);
  await page.click("#part");
  const event = await receiver.until(() => receiver.of("event")[0]);
  expect(exceptionOf(event)).toMatchObject({ type: "RangeError", value: "part broke" });
  expect(event).toMatchObject({ tags: { boundary: "basket" } });
  expect(JSON.stringify(event["contexts"])).toContain("componentStack");
  await page.waitForFunction(
    (id) => document.querySelector("#again")?.textContent === `failed: ${id}`,
    String(event["event_id"]),
  );
  await page.click("#again");
  await page.waitForSelector("#part");
});

test("a server that hangs gets a bounded number of requests, and the page does not notice", async () => {
  receiver.behaviour = () => {};
  const page = await open({ ...nothing, maxErrorsPerMinute: 60 });
  await page.evaluate(() => {
    for (let index = 0; index < 200; index += 1)
      window.kit.captureException(new Error(`failure ${index}`));
  });
  await receiver.until(() => receiver.underWay > 0);
  expect(await page.evaluate(() => fetch("/own/alive").then((answer) => answer.status))).toBe(200);
  expect(receiver.mostUnderWay).toBeLessThanOrEqual(20);
  expect(await page.evaluate(() => window.kit.flush(10))).toBe(false);
  expect(uncaught).toEqual([]);
});

const misbehaviours: [string, Behaviour][] = [
  ["absent", (_request, response) => void response.destroy()],
  [
    "answering nonsense",
    (_request, response) =>
      void response.writeHead(200, { "x-sentry-rate-limits": ":::,-1:;" }).end("<garbage"),
  ],
];

test.each(misbehaviours)("a server that is %s costs the page nothing", async (_name, behaviour) => {
  receiver.behaviour = behaviour;
  const page = await open({ traces: 1, replay: { sessions: 1 } });
  await throwIn(page, "expected");
  await receiver.until(() => receiver.received > 0);
  await page.click("#part");
  await page.waitForSelector("#again");
  expect(uncaught).toEqual(["expected"]);
});

test("what goes through an address of one's own needs no other, and wrong options break nothing", async () => {
  const page = await context.newPage();
  page.on("pageerror", (error) => uncaught.push(error.message));
  const said: string[] = [];
  page.on("console", (message) => said.push(message.text()));
  await page.addInitScript(() => {
    window.options = {
      endpoint: "/relay",
      dsn: "nonsense",
      traces: 7,
      replay: false,
      vitals: false,
      maxErrorsPerMinute: -1,
    };
  });
  await page.goto(`http://${receiver.host}/`);
  await page.waitForFunction(() => window.ready);
  await throwIn(page, "through the relay");
  const event = await receiver.until(() => receiver.of("event")[0]);
  expect(exceptionOf(event)).toMatchObject({ value: "through the relay" });
  expect(said.join("\n")).toMatch(/dsn has not the form[^]*traces is a share/);
  // A second start is no second kit.
  await page.evaluate(() => window.kit.seaworthy(window.options));
  expect(uncaught).toEqual(["through the relay"]);
});
