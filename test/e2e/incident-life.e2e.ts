import { appendFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Locator } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startApp } from "../../packages/server/src/app.ts";
import type { App } from "../../packages/server/src/app.ts";
import { loadConfig } from "../../packages/server/src/config.ts";
import { startMailServer } from "../../packages/server/test/mail-server.ts";
import type { ReceivedMail } from "../../packages/server/test/mail-server.ts";
import { launchBrowser } from "../chromium.ts";
import { signIn } from "./sign-in.ts";
import { eventually, TOKEN, writeSetup } from "./platform.ts";
import { SkippingClock } from "./skipping-clock.ts";

const MINUTE = 60_000;
const SERVICE = "orders-db";
/** The demo's rules run without their shop: an incident of its own, which is not in this story. */
const OTHER_FAULT = "The shop does not answer";

const clock = new SkippingClock();
const began = clock.now();
let folder: string;
let browser: Browser;
let app: App | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "seaworthy-life-"));
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
  await app?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const response = await fetch((app?.url ?? "") + path, {
    method,
    headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
  return (text === "" ? undefined : JSON.parse(text)) as T;
}

/** 300 alerts of one fault, as a Prometheus sends them: each says until when it holds. */
const storm = (endsAt: number) =>
  Array.from({ length: 300 }, (_, i) => ({
    labels: {
      alertname: ["DatabaseDown", "DatabaseConnectionFailures", "DatabaseErrors"][i % 3],
      severity: "critical",
      service: SERVICE,
      instance: `orders-${Math.floor(i / 3)}:5432`,
    },
    annotations: {
      summary: "The database does not answer",
      runbook_url: `${app?.url}/runbooks/DatabaseDown`,
    },
    startsAt: new Date(began).toISOString(),
    endsAt: new Date(endsAt).toISOString(),
  }));

/** A mail's text as it reads: long lines are folded by quoted-printable. */
const readable = (mail: ReceivedMail) => mail.text.replaceAll("=\r\n", "").replaceAll("=3D", "=");
const linkIn = (mail: ReceivedMail, path: string) =>
  new RegExp(`${app?.url}${path}/[\\w./=-]+`).exec(readable(mail))?.[0] ?? "";

interface Opened {
  readonly id: string;
  readonly number: number;
  readonly state: string;
  readonly service: string | null;
  readonly acknowledgedBy: string | null;
}
interface Figures {
  readonly byService: readonly {
    readonly service: string | null;
    readonly incidents: number;
    readonly mttaSeconds: number | null;
  }[];
}

it("an incident's life: storm, page, escalation, answer, runbook, visitors, end, post-mortem, figures", async () => {
  const mail = await startMailServer();
  const setup = await writeSetup(folder, "http://127.0.0.1:9", { demo: false });
  await appendFile(
    setup.config,
    `paging: {email: {smarthost: "${mail.address}", from: "pages@sea.test", require_tls: false}}\n`,
  );
  const options = { config: setup.config, data: setup.data, demo: false };
  const config = await loadConfig(
    { ...options, host: undefined, port: undefined },
    { ...process.env, SEAWORTHY_TOKEN: TOKEN, SEAWORTHY_LOG_LEVEL: "fatal" },
  );
  app = await startApp(config, clock);
  const { url } = app;
  const arrived = (what: string, to: string, after = 0) =>
    eventually(what, async () =>
      mail.received
        .slice(after)
        .find((one) => one.to.includes(to) && !readable(one).includes(OTHER_FAULT)),
    );

  // Two people, who are paged one after the other; a status page, and somebody who follows it.
  const [ana, ben] = await Promise.all(
    ["Ana", "Ben"].map((name) =>
      call<{ person: { id: string } }>("POST", "/api/people", {
        name,
        email: `${name.toLowerCase()}@sea.test`,
      }),
    ),
  );
  const step = (id: string | undefined) => ({
    targets: [{ kind: "person", id }],
    waitSeconds: 300,
  });
  await call("POST", "/api/escalation-policies", {
    name: "Everything",
    steps: [step(ana?.person.id), step(ben?.person.id)],
  });
  await call("POST", "/api/status-page/components", { name: "Checkout" });
  const figures = async () =>
    (await call<Figures>("GET", "/api/incident-figures")).byService.find(
      ({ service }) => service === SERVICE,
    );
  expect(await figures()).toBeUndefined();
  const visitor = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
  /** Loads the status page anew until it shows that: it is made moments after a change. */
  const shown = (what: Locator) =>
    expect
      .poll(async () => {
        await visitor.goto(`${url}/status`);
        return what.count();
      })
      .toBeGreaterThan(0);
  await shown(visitor.getByText("By e-mail"));
  await visitor.getByText("By e-mail").click();
  await visitor.getByLabel(/^Your e-mail address/).fill("visitor@example.com");
  await visitor.getByRole("button", { name: "Subscribe" }).first().click();
  const asked = await arrived("the question whether to subscribe", "visitor@example.com");
  await visitor.goto(linkIn(asked, "/status/subscribe"));
  await visitor.getByRole("button").first().click();

  // The storm is one incident, and pages Ana; she sleeps, and Ben is paged.
  await call("POST", "/api/v2/alerts", storm(clock.now() + 60 * MINUTE));
  const opened = await eventually("the incident", async () => {
    clock.skip(10_000);
    const { incidents } = await call<{ incidents: Opened[] }>("GET", "/api/incidents?state=open");
    return incidents.find(({ service }) => service === SERVICE);
  });
  await arrived("the page to Ana", "ana@sea.test");
  clock.skip(5 * MINUTE);
  const page = await arrived("the page to Ben", "ben@sea.test");

  // Ben answers from the mail, on his telephone.
  const telephone = await (
    await browser.newContext({ viewport: { width: 390, height: 844 }, hasTouch: true })
  ).newPage();
  await telephone.goto(linkIn(page, "/acknowledge"));
  await telephone.getByRole("button", { name: "Take it on as Ben" }).tap();
  await telephone.getByText("You are on it.").waitFor();
  const detail = () => call<Opened>("GET", `/api/incidents/${opened.id}`);
  expect(await detail()).toMatchObject({ state: "acknowledged", acknowledgedBy: "ben@sea.test" });

  // The runbook is followed; what is ticked off stands in the timeline.
  const desk = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await signIn(desk, url);
  await desk.goto(`${url}/incidents/${opened.number}`);
  const runbook = desk.getByRole("region", { name: "Runbook", exact: true });
  const first = runbook.getByRole("checkbox").first();
  await first.click();
  await desk.getByText(/1 of \d+ steps done/).waitFor();

  // Visitors are told, in words that cannot hurt them; so is who subscribed.
  const toldBefore = mail.received.length;
  await desk.getByRole("button", { name: "Tell visitors" }).click();
  await desk.getByLabel("Title").fill("Orders fail");
  await desk
    .getByLabel("What you say")
    .fill("We are **on it**. <img src=x onerror=alert(1)> [more](javascript:alert(2))");
  await desk.getByRole("button", { name: "Announce it" }).click();
  await desk.getByRole("button", { name: "Update visitors" }).waitFor();
  await shown(visitor.getByText("Orders fail"));
  await visitor.locator("strong", { hasText: "on it" }).first().waitFor();
  expect(await visitor.locator("img[onerror], a[href^='javascript']").count()).toBe(0);
  const told = await arrived("the update", "visitor@example.com", toldBefore);
  expect(readable(told)).toContain("Orders fail");

  // The database is back: the alerts end, and the incident with them.
  await call("POST", "/api/v2/alerts", storm(clock.now()));
  await eventually("the end of the incident", async () => {
    clock.skip(MINUTE);
    return (await detail()).state === "resolved" || undefined;
  });
  await desk.getByRole("button", { name: "Update visitors" }).click();
  await desk.getByRole("dialog").getByLabel("State").selectOption({ label: "Resolved" });
  await desk.getByRole("button", { name: "Send the update" }).click();
  await desk.getByText("Orders fail: Resolved").waitFor();
  const { incidents } = await call<{ incidents: Opened[] }>("GET", "/api/incidents");
  expect(incidents.filter(({ service }) => service === SERVICE)).toHaveLength(1);

  // The post-mortem is drafted from the timeline and taken away; the figures know of it all.
  await desk.getByRole("link", { name: "Post-mortem", exact: true }).click();
  await desk.getByRole("button", { name: "Draft it from the timeline" }).click();
  const download = desk.waitForEvent("download");
  await desk.getByRole("button", { name: "Export as Markdown" }).click();
  const markdown = await readFile(await (await download).path(), "utf8");
  expect(markdown).toContain("Acknowledged (ben@sea.test)");
  // Once for a group, and not once for each alert.
  expect(markdown).toMatch(/\d+ alerts are firing: Database|is firing: .* \(\d+ times\)/);
  expect(markdown).toMatch(/^## /m);
  await desk.getByRole("button", { name: "Make it public" }).click();
  await desk.getByRole("button", { name: "Take it back" }).waitFor();
  const published = visitor.getByRole("link", { name: "Read the post-mortem" }).first();
  await shown(published);
  await published.click();
  await visitor
    .getByRole("heading", { name: /The database does not answer/ })
    .first()
    .waitFor();
  const after = await figures();
  expect(after?.incidents).toBe(1);
  expect(after?.mttaSeconds).toBeGreaterThanOrEqual(300);
});
