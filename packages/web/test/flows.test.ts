import type { Page, WebSocketRoute } from "playwright-core";
import { describe, expect, it, vi } from "vitest";
import { addressShown } from "./browser.ts";
import type { Fixture } from "./fixture/server.ts";
import type { WorldName } from "./fixture/worlds.ts";
import { stage } from "./stage.ts";

vi.setConfig({ testTimeout: 90_000 });
let fixture: Fixture;
let page: Page;
const onStage = stage();

/** Opens a screen of a fresh fixture in a fresh browser profile. */
async function open(path: string, world?: WorldName, signedIn?: boolean): Promise<void> {
  page = await onStage.open(path, world, signedIn);
  fixture = onStage.fixture();
}

const search = () => new URL(page.url()).searchParams;

describe("signing in", () => {
  it("with a password, and back to where one wanted to go", async () => {
    await open("/incidents/42?tz=utc", "burning", false);
    await page.getByLabel("E-mail").fill("ada@example.org");
    await page.getByLabel("Password", { exact: true }).fill("wrong horse");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("alert").getByText("The e-mail or the password is wrong.").waitFor();
    await page.getByLabel("Password", { exact: true }).fill("correct horse battery");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: /Checkout fails/ }).waitFor();
    await expect.poll(() => page.url()).toBe(`${fixture.url}/incidents/42?tz=utc`);
  });

  it("with a link, whose token leaves the address bar, then a password or not", async () => {
    await open("/sign-in#token=good", "burning", false);
    await page.getByRole("heading", { name: "Choose a password" }).waitFor();
    await expect.poll(() => page.url()).not.toContain("token");
    await page.getByRole("button", { name: "Skip for now" }).click();
    await page.getByRole("heading", { name: /1 incident/ }).waitFor();
    await page.goBack();
    await expect.poll(() => page.url()).not.toContain("token");
  });

  it("with a link that is opened while the page is there, and does not work", async () => {
    await open("/sign-in", "burning", false);
    await page.evaluate(() => {
      window.location.hash = "token=used";
    });
    await page.getByText("It was used before or is too old.").waitFor();
    await page.getByRole("button", { name: "Use a password instead" }).click();
    await page.getByLabel("E-mail").waitFor();
  });

  it("is asked for when the session ends, and signing out ends it", async () => {
    await open("/alerts");
    await page.getByRole("button", { name: /^Account/ }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await page.goto(`${fixture.url}/targets`);
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await expect.poll(() => search().get("next")).toBe("/targets");
  });
});

describe("by keyboard", () => {
  it("j, k and Enter open an incident; the first Tab skips to the content", async () => {
    await open("/incidents?state=all");
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Skip to content");
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await page.keyboard.press("k");
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/incidents\/41/);
  });

  it("the palette finds an incident, a place by its chord, and closes by Escape", async () => {
    await open("/targets");
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox", { name: "Search or jump to" }).fill("#42");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/incidents\/42/);
    await page.getByRole("heading", { name: /Checkout fails/ }).waitFor();
    await page.keyboard.press("g");
    await page.keyboard.press("a");
    await page.waitForURL(/\/alerts/);
    await page.keyboard.press("/");
    await page.getByRole("combobox", { name: "Search or jump to" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("combobox", { name: "Search or jump to" }).waitFor({ state: "detached" });
  });

  it("a chord begins with g, also on a page that is younger than a chord may last", async () => {
    await open("/targets");
    const press = (key: string, at: number) =>
      page.evaluate(
        ([key, at]) => {
          const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
          Object.defineProperty(event, "timeStamp", { value: at });
          document.body.dispatchEvent(event);
          return event.defaultPrevented;
        },
        [key, at] as const,
      );
    expect(await press("a", 900)).toBe(false);
    expect(await press("g", 950)).toBe(false);
    expect(await press("a", 1050)).toBe(true);
    await page.waitForURL(/\/alerts/);
  });

  it("an incident is acknowledged, commented and resolved", async () => {
    await open("/incidents/42");
    await page.getByRole("button", { name: "Acknowledge incident #42" }).focus();
    await page.keyboard.press("Enter");
    await page.getByText("admin@example.org is on it").waitFor();
    await page.getByLabel("Comment").fill("Rolled back the deploy.");
    await page.keyboard.press("Control+Enter");
    await page.getByRole("listitem").getByText("Rolled back the deploy.").waitFor();
    await expect.poll(() => page.getByLabel("Comment").inputValue()).toBe("");
    await page.getByRole("button", { name: "Resolve incident #42" }).press("Enter");
    await page.getByText(/^lasted/).waitFor();
    expect(await page.getByRole("button", { name: /incident #42/ }).count()).toBe(0);
  });
});

describe("every state is in the URL", () => {
  it("the range: chosen, carried to another screen, shown again after a reload, and taken back", async () => {
    await open("/alerts");
    await page.getByRole("button", { name: "Time range: Last 1 hour" }).click();
    await page.getByRole("button", { name: "6 hours", exact: true }).click();
    await page.waitForURL(/from=now-6h&to=now/);
    // The address changes before the links do: they lead there once the range is shown.
    await page.getByRole("button", { name: "Time range: Last 6 hours" }).waitFor();
    await page.getByRole("link", { name: "Metrics" }).first().click();
    await page.getByRole("heading", { name: "Metrics" }).waitFor();
    await expect.poll(() => search().get("from")).toBe("now-6h");
    await page.reload();
    await page.getByRole("button", { name: "Time range: Last 6 hours" }).waitFor();
    await page.goBack();
    await page.goBack();
    await page.getByRole("button", { name: "Time range: Last 1 hour" }).waitFor();
  });

  it("an absolute range in UTC", async () => {
    await open("/explore/metrics?q=up&from=2026-11-20T10:00:00Z&to=2026-11-20T11:30:00Z&tz=utc");
    await page.getByRole("button", { name: "Time range: 20 Nov, 10:00 to 11:30" }).click();
    expect(await page.getByLabel("From").inputValue()).toMatch(/^2026-11-20T10:00/);
    await page.getByLabel("To", { exact: true }).fill("2026-11-20T12:00:00");
    await page.getByRole("button", { name: "Show this range" }).click();
    await page.waitForURL((url) => url.searchParams.get("to") === "2026-11-20T12:00:00Z");
  });

  it("dragging over a graph zooms, and Back zooms out again", async () => {
    await open("/explore/metrics?q=up");
    const plot = page.locator(".u-over");
    await plot.waitFor();
    const box = await plot.boundingBox();
    if (box === null) throw new Error("the graph has no size");
    await page.mouse.move(box.x + box.width * 0.25, box.y + 50);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.5, box.y + 60, { steps: 4 });
    // The chart takes moves up with the next frame: what is marked is let go once it is marked.
    await page.waitForFunction(
      (wide) => (document.querySelector(".u-select")?.getBoundingClientRect().width ?? 0) > wide,
      box.width * 0.24,
    );
    await page.mouse.up();
    await page.waitForURL(/from=20/);
    const length = Date.parse(search().get("to") ?? "") - Date.parse(search().get("from") ?? "");
    expect(length / 60_000).toBeGreaterThan(13);
    expect(length / 60_000).toBeLessThan(17);
    await page.goBack();
    await page.getByRole("button", { name: "Time range: Last 1 hour" }).waitFor();
  });

  it("a measured event leads to its trace", async () => {
    await open("/explore/metrics?q=up");
    const dots = page.getByRole("link", { name: /^The trace of 0\.[2468] at/ });
    await dots.nth(3).waitFor();
    expect(await dots.first().getAttribute("href")).toMatch(
      /^\/explore\/traces\/4bf92f3577b34da6a3ce929d0e0e4731\?span=00f067aa0ba902b7/,
    );
  });

  it("queries, table and the isolated line", async () => {
    await open("/explore/metrics");
    await page.getByRole("textbox", { name: "Query A" }).fill("sum(rate(x[5m])");
    await page.keyboard.press("Control+Enter");
    await page.getByText("unclosed left parenthesis").waitFor();
    await page.getByRole("textbox", { name: "Query A" }).fill("many");
    await page.getByRole("button", { name: "Run" }).click();
    await page.getByText("The rest: 6 more series").waitFor();
    await expect.poll(() => search().getAll("q")).toEqual(["many"]);
    await page.getByRole("button", { name: "10.0.3.23:9102" }).click();
    await page.waitForURL(/only=/);
    await page.reload();
    await page.getByRole("button", { name: "10.0.3.23:9102", pressed: true }).waitFor();
    await page.getByRole("button", { name: "Add a query" }).click();
    await page.getByRole("textbox", { name: "Query B" }).fill("up");
    await page.keyboard.press("Control+Enter");
    await page.waitForURL(/q=many&q=up/);
    await page.getByText("Table", { exact: true }).click();
    await page.waitForURL(/tab=table/);
    await page.getByRole("region", { name: "Series and values" }).first().waitFor();
    await page.getByRole("button", { name: "Earlier queries" }).first().click();
    await page.getByRole("menuitem", { name: "many" }).waitFor();
  });

  it("the alerts' filter and the unfolded alert", async () => {
    await open("/alerts?label=service%3Dmailer");
    await expect.poll(() => page.getByRole("article").count()).toBe(1);
    await page.getByRole("button", { name: /QueueBacklog/ }).click();
    await page.locator(".uplot canvas").waitFor();
    await expect.poll(() => search().get("open")).toBe("a4");
    await page.getByRole("button", { name: "severity=warning" }).click();
    await page.waitForURL((url) => url.searchParams.get("label") === "severity=warning");
  });
});

describe("live", () => {
  it("a change made elsewhere appears, without a reload and without moving what is read", async () => {
    await open("/incidents/42");
    const incident = fixture.world.incidents[0];
    if (incident === undefined) throw new Error("the fixture has no incident");
    const entry = (id: string, text: string) => {
      incident.timeline.push({
        id,
        at: new Date().toISOString(),
        kind: "comment",
        actor: "mara@example.org",
        text,
      });
      fixture.announce({ topic: "incidents", id: incident.id });
    };
    entry("live-1", "Seen by nobody's pointer");
    await page.getByText("Seen by nobody's pointer").waitFor();

    await page.getByText("Opened as P2").hover();
    const before = await page.getByText("Opened as P2").boundingBox();
    entry("live-2", "Written while it is read");
    await page.getByRole("button", { name: "Show 1 new entry" }).waitFor();
    expect(await page.getByText("Written while it is read").count()).toBe(0);
    expect(await page.getByText("Opened as P2").boundingBox()).toEqual(before);
    // By keyboard: a pointer that leaves the list on its way shows the entry by itself.
    await page.getByRole("button", { name: "Show 1 new entry" }).press("Enter");
    await page.getByText("Written while it is read").waitFor();
  });

  it("the overview learns of an incident by itself", async () => {
    await open("/", "quiet");
    await page.getByRole("heading", { name: /All clear/ }).waitFor();
    const incident = fixture.world.incidents[0];
    if (incident === undefined) throw new Error("the fixture has no incident");
    incident.state = "triggered";
    incident.title = "It broke just now";
    fixture.announce({ topic: "incidents" });
    await page.getByRole("link", { name: "It broke just now", exact: true }).waitFor();
    await page.getByRole("heading", { name: /1 incident/ }).waitFor();
  });

  it("the indicator tells when the connection is lost and when it is back", async () => {
    await open("/");
    await page.getByRole("status").getByText("Live").waitFor();
    fixture.setLive(false);
    await page.getByRole("status").getByText("Reconnecting").waitFor();
    fixture.setLive(true);
    await page.getByRole("status").getByText("Live").waitFor();
  });
});

describe("logs", () => {
  it("are narrowed by labels, text and fields, all in the URL, and paged", async () => {
    await open("/explore/logs");
    const lines = page.getByRole("article");
    await expect.poll(() => lines.count()).toBe(500);
    await page.getByRole("button", { name: "Show earlier lines" }).click();
    await page.waitForFunction(() => document.querySelectorAll("article").length === 700);
    await page.getByRole("button", { name: /^checkout/ }).click();
    await page.waitForURL((url) => url.searchParams.get("q") === '{service_name="checkout"}');
    // The address changes before the form does, which would take back what is typed until then.
    await expect
      .poll(() => page.getByLabel("Query").inputValue())
      .toBe('{service_name="checkout"}');
    await page.getByLabel("Query").fill('{service_name="checkout"} |= "payment"');
    await page.keyboard.press("Enter");
    await page.waitForURL(
      (url) => url.searchParams.get("q") === '{service_name="checkout"} |= "payment"',
    );
    await addressShown(page);
    await page
      .getByRole("button", { name: /error.*payment refused/ })
      .first()
      .click();
    await page
      .getByLabel("The whole line")
      .getByText('"reason": "timeout after 3000 ms"')
      .waitFor();
    await page.getByRole("button", { name: "Without detected_level=error" }).click();
    await page.waitForURL(
      (url) =>
        url.searchParams.get("q") ===
        '{service_name="checkout"} |= "payment" | detected_level!="error"',
    );
  });

  it("are followed as they come, stand still for who reads, and go on when the connection is back", async () => {
    await open("/");
    const sockets: WebSocketRoute[] = [];
    await page.routeWebSocket(/\/loki\/api\/v1\/tail\?/, (socket) => void sockets.push(socket));
    const said = (from: number, count: number, more: object = {}) => {
      const values = Array.from({ length: count }, (_, i) => [
        `${Date.now()}${String(from + i).padStart(6, "0")}`,
        `line ${from + i}`,
        { structuredMetadata: { detected_level: "info" } },
      ]);
      sockets
        .at(-1)
        ?.send(JSON.stringify({ streams: [{ stream: { app: "live" }, values }], ...more }));
    };
    await page.goto(`${fixture.url}/explore/logs?follow=`);
    const status = page.getByRole("status").filter({ hasText: /Following|Standing|new line|lost/ });
    await status.getByText("Following").waitFor();
    said(0, 1);
    await page.getByText("line 0", { exact: true }).waitFor();
    // More than are kept, in bursts: the newest are drawn, and what is gone is told.
    for (let burst = 0; burst < 12; burst += 1) {
      said(1 + burst * 500, 500, burst === 11 ? { dropped: 7 } : {});
    }
    await page.getByText("line 6000", { exact: true }).waitFor();
    await page.getByText("1,008 lines left out", { exact: true }).waitFor();
    await expect.poll(() => page.getByRole("article").count()).toBe(200);
    await page.getByRole("button", { name: /line 5990$/ }).click();
    await status.getByText("Standing still").waitFor();
    said(7000, 30);
    await status.getByText("30 new lines").waitFor();
    expect(await page.getByText("line 7029", { exact: true }).count()).toBe(0);
    await page.getByRole("button", { name: "Go on" }).click();
    await page.getByText("line 7029", { exact: true }).waitFor();
    await page.route(/count_over_time.*ms/, (route) =>
      route.fulfill({ json: { data: { result: [{ metric: {}, values: [[0, "123"]] }] } } }),
    );
    await sockets.at(-1)?.close();
    await expect.poll(() => sockets.length, { timeout: 30_000 }).toBe(2);
    await status.getByText("Following").waitFor();
    const again = new URL(sockets.at(-1)?.url() ?? "").searchParams;
    expect(again.get("start")).toMatch(/007030$/);
    // As many as are sent at once: there were more, which are counted.
    said(8000, Number(again.get("limit")));
    await page.getByText("line 12999", { exact: true }).waitFor();
    await page.getByText("6,161 lines left out", { exact: true }).waitFor();
  });

  it("lead to the trace of a line, and to every line of that trace", async () => {
    await open("/explore/logs");
    const trace = "/explore/traces/4bf92f3577b34da60";
    const folded = page.getByRole("link", { name: "The trace of this line" }).first();
    expect(await folded.getAttribute("href")).toBe(trace);
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    const unfolded = page.getByRole("link", { name: "Its trace" });
    expect(await unfolded.getAttribute("href")).toBe(trace);
    await page.getByRole("link", { name: "All lines of the trace" }).click();
    await page.waitForURL(/trace_id%3D%224bf92f3577b34da60%22&from=/);
  });

  it("are kept as a view, shown as patterns, and narrowed to one of them", async () => {
    await open("/explore/logs?q=%7Bservice_name%3D%22mailer%22%7D&from=now-3h");
    await page.getByRole("button", { name: "Views" }).click();
    await page.getByRole("menuitem", { name: "Save this view…" }).click();
    await page.getByLabel("Name").fill("Mails");
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByText("The view Mails is saved for everybody").waitFor();
    await page.goto(`${fixture.url}/explore/logs`);
    await page.getByRole("button", { name: "Views" }).click();
    await page.getByRole("menuitem", { name: "Mails", exact: true }).click();
    await page.waitForURL(
      (url) =>
        url.searchParams.get("q") === '{service_name="mailer"}' &&
        url.searchParams.get("from") === "now-3h",
    );
    await addressShown(page);
    await page.getByText("Patterns", { exact: true }).click();
    await page.getByRole("button", { name: "Only lines of this pattern" }).nth(1).click();
    await page.waitForURL(
      (url) =>
        url.searchParams.get("q") ===
          '{service_name="mailer"} |> `level=warn method=GET path=/products/<_> status=200 duration=<_>`' &&
        !url.searchParams.has("tab"),
    );
  });

  it("that are counted are drawn, and a step away from an alert rule", async () => {
    await open("/explore/logs?q=sum(rate(%7Ba%3D%22b%22%7D%5B1m%5D))");
    await page.getByRole("img", { name: /^Graph of sum/ }).waitFor();
    await page.getByRole("link", { name: "Make it an alert rule" }).click();
    await page.getByLabel("Expression").waitFor();
    expect(await page.getByRole("radio", { name: "Logs, in LogQL" }).isChecked()).toBe(true);
    await page.getByText("seaworthy rules check --loki").waitFor();
  });

  it("what stands around a line; what cannot be read is told", async () => {
    await open("/explore/logs?q=%7Bservice_name%3D%22mailer%22%7D");
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "What stands around it" }).click();
    await page.waitForURL(/environment%3D%22production%22.*from=20/);
    await expect
      .poll(() => page.getByLabel("Query").inputValue())
      .toContain('environment="production"');
    await page.getByLabel("Query").fill('{a="b"} |');
    await page.getByRole("button", { name: "Run" }).click();
    await page.getByText("unexpected end of the query").waitFor();
  });
});

describe("silences", () => {
  it("are made from an alert in two clicks, show what they hide, and are ended", async () => {
    await open("/alerts?open=a1");
    await page.getByRole("button", { name: "Silence", exact: true }).click();
    await page.getByText(/^Hides 1 present alert: /).waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Silence" }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(fixture.world.silences[0]?.matchers).toContainEqual({
      name: "alertname",
      value: fixture.world.alerts[0]?.name,
      isRegex: false,
      isEqual: true,
    });
    await page.getByRole("link", { name: "Silences" }).click();
    const made = page.getByRole("listitem").filter({ hasText: "Known, and being worked on" });
    await made.getByRole("button", { name: "End now" }).click();
    await made.getByRole("button", { name: "Silence again" }).waitFor();
  });

  it("name at least one label", async () => {
    await open("/alerts/silences", "empty");
    await page.getByRole("button", { name: "New silence" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Alerts with all of these labels").fill('a="b"\nservice');
    await dialog.getByText(/^Line 2: write it as/).waitFor();
    await dialog.getByLabel("Alerts with all of these labels").fill("service=~shop|cart");
    await dialog.getByText(/^None of the present alerts/).waitFor();
    const silence = dialog.getByRole("button", { name: "Silence" });
    expect(await silence.isDisabled()).toBe(true);
    await dialog.getByLabel("Why").fill("Moving the database");
    // Planned work begins and ends at times of its own.
    await dialog.getByLabel("For").selectOption("Until a time…");
    await dialog.getByLabel("From, if not now").fill("2099-01-05T22:00");
    await dialog.getByLabel("Until").fill("2099-01-05T21:00");
    await dialog.getByText("must be later").waitFor();
    await dialog.getByLabel("Until").fill("2099-01-06T02:00");
    await silence.click();
    await page.getByText('service=~"shop|cart"').waitFor();
    const [planned] = fixture.world.silences;
    const [startsAt, endsAt] = [planned?.startsAt ?? "", planned?.endsAt ?? ""].map(Date.parse);
    expect(new Date(startsAt ?? 0).getUTCFullYear()).toBe(2099);
    expect((endsAt ?? 0) - (startsAt ?? 0)).toBe(4 * 3_600_000);
  });
});

describe("an alert's page", () => {
  it("says who is told and why, and leads to the tree and the rule", async () => {
    await open("/");
    await page.getByRole("link", { name: /31 % of requests to .checkout fail/ }).click();
    await page.getByRole("heading", { name: "ShopCheckoutErrors" }).waitFor();
    await page.getByText("Tells page").waitFor();
    await page.getByText(/^Flapping: 4 times in/).waitFor();
    await page.getByRole("link", { name: "In the tree" }).click();
    await page.getByText("takes it").waitFor();
    await expect.poll(() => search().getAll("label")).toContain("route=/checkout");
    await page.goBack();
    await page.getByRole("link", { name: "Its rule" }).click();
    await page.getByText(/^This would have fired 4 times/).waitFor();
  });

  it("is there still when it has recovered, and says when there is none", async () => {
    await open("/alerts/a3");
    await page.getByText("Resolved", { exact: true }).waitFor();
    await page.getByText(/^Fired 2 times in 7 days/).waitFor();
    await page.goto(`${fixture.url}/alerts/0123456789abcdef`);
    await page.getByText("No such alert is firing, or has fired lately").waitFor();
  });
});

describe("a rule's page", () => {
  it("tries what is written on the last days; what is tried stands in the URL", async () => {
    await open("/alerts/rules");
    await page.getByRole("link", { name: "ShopCheckoutErrors" }).click();
    const before = page.getByText(
      "This would have fired 4 times in the last 7 days, for 23 min in all.",
    );
    await before.waitFor();
    const expression = page.getByRole("textbox", { name: "Expression" });
    await expression.fill("no_such_metric > 1");
    await page.getByRole("button", { name: "Preview" }).click();
    await page.getByText("The expression was never true in the last 7 days.").waitFor();
    await expect.poll(() => search().get("expr")).toBe("no_such_metric > 1");
    await page.goBack();
    await before.waitFor();
    await page.getByRole("radiogroup").getByText("Day", { exact: true }).click();
    await page
      .getByText("This would have fired 4 times in the last day, for 23 min in all.")
      .waitFor();
    await expect.poll(() => search().get("past")).toBe("1d");
    await expression.getByText("http_requests_total").first().waitFor();
    await expression.fill("sum(rate(x[5m])");
    await expression.press("Control+Enter");
    await page.getByText("unclosed left parenthesis").waitFor();
    await page.getByLabel("For", { exact: true }).fill("5 minutes");
    await page.getByText("Write it as 5m or 1h30m").waitFor();
    expect(await page.getByRole("button", { name: "Preview" }).isDisabled()).toBe(true);
  });

  it("gives the file to download", async () => {
    await open("/alerts/rules/new?expr=up%20%3D%3D%200");
    await page.getByLabel("Name", { exact: true }).fill("InstanceIsDown");
    await page
      .getByLabel("annotation summary", { exact: true })
      .fill("{{ $labels.instance }} is down");
    await page.getByText('summary: "{{ $labels.instance }} is down"').waitFor();
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Download" }).click();
    expect((await download).suggestedFilename()).toBe("instance-is-down.yml");
  });

  it("saves it in the file that is set for it", async () => {
    await open("/alerts/rules/new?expr=up%20%3D%3D%200&name=InstanceIsDown");
    const sent = page.waitForRequest((request) => request.method() === "PUT");
    await page.getByLabel("In the group").fill("ours");
    await page.getByRole("button", { name: "Save in saved.yml" }).click();
    expect((await sent).postDataJSON()).toMatchObject({
      group: "ours",
      rule: { name: "InstanceIsDown", expression: "up == 0", labels: { severity: "warning" } },
    });
    await page.getByText("InstanceIsDown is saved and runs from now on").waitFor();
  });
});

describe("routing", () => {
  it("labels that are tried light up their path, and stand in the URL", async () => {
    await open("/alerts/routing");
    await page.getByLabel("Try labels").last().fill("severity=critical\nservice");
    await page.getByText("Line 2: write it as severity=critical").waitFor();
    await page.getByLabel("Try labels").last().fill("severity=critical\nservice=cache");
    await page.getByText("Tells page and database").waitFor();
    await expect
      .poll(() => search().getAll("label"))
      .toEqual(["severity=critical", "service=cache"]);
    await page.reload();
    await page.getByText("Tells page and database").waitFor();
    const taken = page.getByRole("listitem").filter({ has: page.getByText("takes it") });
    await taken.first().waitFor();
    // The root, which holds them, and the two routes that take it.
    await expect.poll(() => taken.count()).toBe(3);
    await page.getByRole("button", { name: "QueueBacklog" }).click();
    await page.getByText("Tells nobody now").waitFor();
    await page.getByText(/^Silenced by mara@example.org/).waitFor();
  });

  it("a receiver is sent a test page, and says what became of it", async () => {
    await open("/alerts/receivers");
    await page.getByRole("button", { name: "Send a test page to page" }).click();
    await page.getByText("The test page was delivered").first().waitFor();
    await page.getByRole("button", { name: "Send a test page to operations" }).click();
    await page.getByText("The test page was not delivered").waitFor();
    await page.goto(`${fixture.url}/settings/chat`);
    await page.getByRole("button", { name: "Send a test to Discord" }).click();
    await page.getByText("The test message was posted").waitFor();
    await page.getByRole("button", { name: "Send a test to Slack" }).click();
    await page.getByText(/^The test message was not posted: .*not_in_channel/).waitFor();
  });
});

describe("tokens", () => {
  it("show their secret once, and are revoked by typing their name", async () => {
    await open("/settings/tokens");
    await page.getByRole("button", { name: "Create a token" }).click();
    await page.getByLabel("Name").fill("ci");
    await page.getByRole("button", { name: "Create", exact: true }).click();
    await page.getByText("sw_9Jq2mXb7T4pZ0cVd8KfL1hRw").waitFor();
    await page.getByRole("button", { name: "I have copied it" }).click();
    await page.getByRole("button", { name: "Revoke ci" }).click();
    const revoke = page.getByRole("button", { name: "Revoke", exact: true });
    expect(await revoke.isDisabled()).toBe(true);
    await page.getByLabel("Type ci to revoke it").fill("ci");
    await revoke.click();
    await page.getByRole("button", { name: "Revoke ci" }).waitFor({ state: "detached" });
  });
});
