import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser } from "../chromium.ts";
import { signIn } from "./sign-in.ts";
import { eventually, startPlatform, switchFault, writeSetup } from "./platform.ts";
import type { Platform, Setup } from "./platform.ts";
import { startReceiver } from "./receiver.ts";
import type { Received, Receiver } from "./receiver.ts";

interface Incidents {
  incidents: {
    id: string;
    number: number;
    title: string;
    state: string;
    service: string | null;
  }[];
}

let folder: string;
let receiver: Receiver;
let setup: Setup;
let platform: Platform;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "seaworthy-e2e-"));
  receiver = await startReceiver();
  setup = await writeSetup(folder, receiver.url);
  platform = await startPlatform(setup, "npm");
  browser = await launchBrowser();
  page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await signIn(page, platform.url);
});

afterAll(async () => {
  await browser?.close();
  if (platform !== undefined) await platform.end("SIGTERM");
  await receiver?.close();
  await rm(folder, { recursive: true, force: true });
});

/** When the alert with this name was first in a state, s since 1970, as the series `ALERTS` tells it. */
async function firstIn(state: "pending" | "firing", alert: string): Promise<number> {
  const query = `ALERTS{alertname="${alert}",alertstate="${state}"}[10m]`;
  const { data } = (await platform.call(`/api/v1/query?query=${encodeURIComponent(query)}`)) as {
    data: { result: { values: [number, string][] }[] };
  };
  return Math.min(...data.result.map(({ values }) => values[0]?.[0] ?? Infinity));
}

const carries = (alert: string, status: string, path: string) => (notification: Received) =>
  notification.path === path &&
  (path === "/slack"
    ? JSON.stringify(notification.body).includes(alert) &&
      JSON.stringify(notification.body).toUpperCase().includes(status.toUpperCase())
    : notification.body.alerts?.some(
        (each) => each.labels["alertname"] === alert && each.status === status,
      ) === true);

/** Resolves when visitors of the status page are told this of the shop's checkout. */
const checkoutIsShown = (status: string) =>
  eventually(`a checkout shown as ${status}`, async () => {
    const answer = await fetch(`${platform.url}/status/api/v2/components.json`);
    const { components } = (await answer.json()) as {
      components: { name: string; status: string }[];
    };
    return components.find(({ name }) => name === "Checkout")?.status === status || undefined;
  });

describe.each([
  { fault: "errors", alert: "ShopCheckoutErrors", checkout: "major_outage" },
  // What is shown of the checkout follows its own alerts.
  { fault: "down", alert: "ShopDown", checkout: "operational" },
])("the shop breaks: $fault", ({ fault, alert, checkout }) => {
  it("is noticed, paged, shown, acknowledged, and closed when the shop recovers", async () => {
    const { incidents: before } = (await platform.call("/api/incidents")) as Incidents;
    const seenBefore = receiver.received.length;
    await eventually("the shop to be healthy", async () => {
      const { data } = (await platform.call("/api/v1/query?query=up%7Bjob%3D%22shop%22%7D")) as {
        data: { result: { value: [number, string] }[] };
      };
      return data.result[0]?.value[1] === "1" || undefined;
    });
    await page.goto(`${platform.url}/`);
    await page
      .getByText(/all clear/i)
      .first()
      .waitFor();

    await switchFault(setup.shopPort, fault, true);

    const page1 = await receiver.waitFor("webhook page", carries(alert, "firing", "/webhook"));
    expect(page1.idempotencyKey).toMatch(/.{8,}/);
    await receiver.waitFor("Slack page", carries(alert, "firing", "/slack"));
    expect(await firstIn("pending", alert)).toBeLessThan(await firstIn("firing", alert));

    // The open page learns of the incident by itself.
    const opened = await eventually("an open incident", async () => {
      const { incidents } = (await platform.call("/api/incidents?state=open")) as Incidents;
      return incidents[0];
    });
    const link = page.locator(`a[href='/incidents/${opened.number}']`).first();
    await link.waitFor();
    await link.click();
    await page.waitForURL(/\/incidents\/\d+/);
    await page.locator(".uplot canvas").first().waitFor();
    await page.getByRole("button", { name: "Acknowledge" }).first().click();
    const acknowledged = await eventually("the acknowledgement", async () => {
      const { incidents } = (await platform.call("/api/incidents")) as Incidents;
      return incidents.find((incident) => incident.state === "acknowledged");
    });
    expect(acknowledged.service).toBe("shop");
    await checkoutIsShown(checkout);

    await switchFault(setup.shopPort, fault, false);
    await receiver.waitFor("resolved webhook", carries(alert, "resolved", "/webhook"));
    await receiver.waitFor("resolved Slack message", carries(alert, "resolved", "/slack"));
    await eventually("the incident to be resolved", async () => {
      const { incidents } = (await platform.call("/api/incidents")) as Incidents;
      return incidents.every((incident) => incident.state === "resolved") || undefined;
    });
    await checkoutIsShown("operational");
    await page
      .getByText(/resolved/i)
      .first()
      .waitFor();

    const { incidents } = (await platform.call("/api/incidents")) as Incidents;
    const known = new Set(before.map(({ number }) => number));
    const fresh = incidents.filter(({ number }) => !known.has(number));
    expect(fresh.map(({ number, title }) => `#${number} ${title}`)).toEqual([
      expect.stringMatching(`^#${opened.number} `),
    ]);
    const firings = receiver.received
      .slice(seenBefore)
      .filter(carries(alert, "firing", "/webhook"));
    expect(new Set(firings.map((each) => each.idempotencyKey)).size, "pages for one fault").toBe(1);
  });
});

it("ends soon after SIGTERM, with the shop and the database", async () => {
  const { took } = await platform.end("SIGTERM");
  // The promise is 5 s: the process itself leaves at 4.5 s. On a machine that is busy with much else some
  // time passes before it runs again, and before npm and this test learn of it.
  expect(took).toBeLessThan(15_000);
  for (const port of [setup.port, setup.shopPort]) {
    await expect(fetch(`http://127.0.0.1:${port}/health`)).rejects.toThrow("fetch failed");
  }
  await expect.poll(() => postgresOn(setup.data)).toEqual([]);
});

/** The processes whose command line names the folder. */
async function postgresOn(folder: string): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const commands = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")),
  );
  return commands.filter((command) => command.includes(folder));
}
