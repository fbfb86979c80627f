import type { Page } from "playwright-core";
import { describe, expect, it, vi } from "vitest";
import { stage } from "./stage.ts";

vi.setConfig({ testTimeout: 90_000 });
const { open } = stage();

/** What the address asks the log explorer for. */
const asksFor = (query: string) => (url: URL) =>
  url.pathname === "/explore/logs" && url.searchParams.get("q") === query;

describe.each([1440, 390])("signals lead to one another, %i pixels wide:", (width) => {
  /** Opens a screen as wide as is asked for. */
  async function openWide(path: string): Promise<Page> {
    const page = await open(path);
    await page.setViewportSize({ width, height: 900 });
    return page;
  }

  it("an exception in a log line, its trace, and the lines of both", async () => {
    const page = await openWide("/explore/logs");
    const trace = "4bf92f3577b34da60";
    const line = page.getByRole("article").first();
    await line.getByRole("link", { name: "The trace of this line" }).click();
    await page.waitForURL((url) => url.pathname === `/explore/traces/${trace}`);
    await page.goBack();
    await line.getByRole("button").first().click();
    const exception = line.getByRole("group", { name: "Exception" });
    await exception.getByText("TimeoutError: the bank did not answer within 3000 ms").waitFor();
    expect(await exception.getByLabel("Stack", { exact: true }).textContent()).toMatch(
      /^ {4}at charge \(/,
    );
    await line.getByRole("link", { name: "Its trace" }).click();
    await page.waitForURL((url) => url.pathname === `/explore/traces/${trace}`);
    await page.goBack();
    await line.getByRole("link", { name: "All lines of the trace" }).click();
    await page.waitForURL(asksFor(`{service_name=~".+"} | trace_id="${trace}"`));
    await page.goBack();
    await line.getByRole("link", { name: "What stands around it" }).click();
    await page.waitForURL(asksFor('{service_name="checkout", environment="production"}'));
  });

  it("an exception of a span, the lines around it, of the span and of the trace", async () => {
    const id = "4bf92f3577b34da6a3ce929d0e0e4736";
    const page = await openWide(`/explore/traces/${id}?span=0000000000000005`);
    const span = page.getByRole("complementary", { name: "Span" });
    const exception = span.getByRole("group", { name: "Exception" });
    await exception.getByText("TimeoutError: the bank did not answer within 3 s").waitFor();
    const ofTrace = `{service_name=~".+"} | trace_id="${id}"`;
    for (const [name, query] of [
      ["Log lines of payments around it", '{service_name="payments"}'],
      [/log line|Logs of this span/, `${ofTrace} | span_id="0000000000000005"`],
    ] as const) {
      await span.getByRole("link", { name }).last().click();
      await page.waitForURL(asksFor(query));
      await page.goBack();
      await exception.waitFor();
    }
    await page.getByRole("link", { name: "Logs of this trace" }).click();
    await page.waitForURL(asksFor(ofTrace));
  });

  it("a measured event its trace, and an alert the logs and traces of its service then", async () => {
    const page = await openWide("/explore/metrics?q=up");
    const dot = page.getByRole("link", { name: /^The trace of 0\.[2468] at/ }).first();
    await dot.click();
    await page.waitForURL(/\/explore\/traces\/4bf9.*span=00f067aa0ba902b7/);
    await page.goto(new URL("/alerts/a1", page.url()).href);
    await page.getByRole("link", { name: "Its logs" }).click();
    await page.waitForURL(
      (url) => asksFor('{service_name="shop"}')(url) && url.searchParams.get("from") !== "now-1h",
    );
    await page.goBack();
    await page.getByRole("link", { name: "Its traces" }).click();
    await page.waitForURL(
      (url) =>
        url.pathname === "/explore/traces" &&
        url.searchParams.get("q") === '{ resource.service.name = "shop" }',
    );
  });
});

it("two clicks before the first is drawn both stand in the address", async () => {
  const page = await open("/explore/logs");
  await page.evaluate(() => {
    const click = (label: string) =>
      [...document.querySelectorAll("label")].find((each) => each.textContent === label)?.click();
    click("Follow");
    click("Patterns");
  });
  await page.waitForURL(
    ({ searchParams: asked }) => asked.has("follow") && asked.get("tab") === "patterns",
  );
});

describe("traces", () => {
  it("are found by fields, opened at what was found, and lead to their logs", async () => {
    const page = await open("/explore/traces");
    await page.getByLabel("Status").selectOption("failed");
    await page.waitForURL((url) => url.searchParams.get("q") === "{ status = error }");
    await page.getByText("15 traces", { exact: true }).waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/explore\/traces\/4bf9.*span=0000000000000005/);
    const span = page.getByRole("complementary", { name: "Span" });
    await span.getByText("TimeoutError: the bank did not answer within 3 s").first().waitFor();
    const logs = await span.getByRole("link", { name: "Logs of this span" }).getAttribute("href");
    expect(new URLSearchParams(logs?.split("?")[1]).get("q")).toBe(
      '{service_name=~".+"} | trace_id="4bf92f3577b34da6a3ce929d0e0e4736" | span_id="0000000000000005"',
    );
    const rows = page.getByRole("treeitem");
    await expect.poll(() => rows.count()).toBe(6);
    // By keyboard: to the parent, and its children away.
    await page.getByRole("tree", { name: "Spans" }).focus();
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowLeft");
    await page.waitForURL((url) => url.searchParams.get("fold") === "0000000000000004");
    await page.waitForFunction(() => document.querySelectorAll("[role=treeitem]").length === 5);
    await page.getByLabel("Find in this trace").fill("postgres");
    await page.getByRole("search").getByText("1", { exact: true }).waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => url.searchParams.get("span") === "0000000000000003");
    await span.getByRole("heading", { name: "SELECT carts" }).waitFor();
    await page.getByRole("button", { name: "Zoom to this span" }).click();
    await page.waitForURL(/zoom=0\.00/);
    await page.reload();
    await span.getByRole("heading", { name: "SELECT carts" }).waitFor();
    await expect.poll(() => rows.count()).toBe(5);
  });

  it("of 10,000 spans are drawn where one looks, also at the span of a link", async () => {
    const page = await open(`/explore/traces/${"f".repeat(32)}?span=0000000000002000`);
    const there = page.getByRole("treeitem", { selected: true });
    expect(await there.textContent()).toContain("step 8191");
    expect(await page.getByRole("treeitem").count()).toBeLessThan(100);
    await page.getByRole("tree", { name: "Spans" }).focus();
    await page.keyboard.press("End");
    await there.waitFor({ state: "detached" });
    await page.getByLabel("Find in this trace").fill("item.number=77");
    await page.keyboard.press("Enter");
    await page.getByRole("treeitem", { selected: true }).getByText("step 77").waitFor();
  });

  it("are ranked by operation, drawn by service, and compared", async () => {
    const page = await open("/explore/traces/operations");
    await page.getByRole("button", { name: "Errors" }).click();
    await page.waitForURL(/sort=errors/);
    await page.getByRole("row").nth(1).getByText("POST /charges").waitFor();
    await page.getByRole("link", { name: "15.1\u00a0%" }).click();
    await page.waitForURL((url) =>
      (url.searchParams.get("q") ?? "").includes('name = "POST /charges" && status = error'),
    );
    await page.getByRole("link", { name: "Service map" }).click();
    await page.getByRole("button", { name: /^payments/ }).click();
    await page.waitForURL(/service=payments/);
    await page.waitForFunction(
      () => document.querySelectorAll("section[aria-label=Calls] tbody tr").length === 2,
    );
    await page.getByRole("link", { name: "Slow against normal" }).click();
    await page.getByRole("link", { name: "payment.method=card" }).click();
    await page.waitForURL(
      (url) =>
        url.searchParams.get("q") ===
        '{ duration >= 620ms && kind = server && .payment.method = "card" }',
    );
  });
});
