import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { CDPSession } from "playwright-core";
import { expect, it, onTestFinished } from "vitest";
import { launchBrowser } from "../../../../test/chromium.ts";
import { buildInterface } from "../../../web/test/browser.ts";
import { BOOTSTRAP, testServer } from "../../test/http.ts";
import { pushBrowser } from "../../test/push-browser.ts";

/** What a notification shows. */
interface Seen {
  readonly title: string;
  readonly body: string;
  readonly actions: readonly string[];
}

/** The id under which Chromium keeps a page's service worker, once it runs. */
function registrationOf(session: CDPSession): Promise<string> {
  return new Promise((resolve) => {
    session.on("ServiceWorker.workerVersionUpdated", ({ versions }) => {
      const active = versions.find(({ status }) => status === "activated");
      if (active !== undefined) resolve(active.registrationId);
    });
  });
}

// Chromium's own push service is out of reach here: a push is handed to the service worker as the browser
// hands it over, with what a local push service was sent for it.
it(
  "shows a push as a notification whose button acknowledges, without a page",
  { timeout: 120_000 },
  async () => {
    const build = await buildInterface();
    onTestFinished(() => build.remove());
    const pushed: Buffer[] = [];
    const service = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        pushed.push(Buffer.concat(chunks));
        response.writeHead(201).end();
      });
    });
    await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      service.closeAllConnections();
      service.close();
    });
    const server = await testServer({ ui: build.folder, externalURL: "http://127.0.0.1" });
    onTestFinished(() => server.close());
    server.paging.start();

    const cookie = await server.session();
    const ask = async (path: string, body?: unknown) => {
      const response = await fetch(server.url + path, {
        method: body === undefined ? "GET" : "POST",
        headers: path.startsWith("/api/account")
          ? { cookie, origin: server.url, "content-type": "application/json" }
          : { authorization: `Bearer ${BOOTSTRAP}`, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      expect(response.ok).toBe(true);
      return (await response.json()) as Record<string, unknown>;
    };
    const telephone = pushBrowser(`http://127.0.0.1:${(service.address() as AddressInfo).port}/`);
    const way = { kind: "push", address: telephone.subscription, name: "Telephone" };
    await ask("/api/account/contact-methods", way);
    const steps = [{ targets: [{ kind: "everyone" }], waitSeconds: 300 }];
    await ask("/api/escalation-policies", { name: "All", steps, everyoneInTheEnd: false });
    const incident = await ask("/api/incidents", { title: "Checkout fails", severity: "P1" });
    await server.paging.settle();
    const notice = telephone.read(pushed[0] ?? Buffer.of()) as object;

    const browser = await launchBrowser();
    onTestFinished(() => browser.close());
    const context = await browser.newContext();
    await context.grantPermissions(["notifications"], { origin: server.url });
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    await page.goto(server.url);
    const session = await context.newCDPSession(page);
    const registered = registrationOf(session);
    await session.send("ServiceWorker.enable");
    const registering = context.waitForEvent("serviceworker", { timeout: 60_000 });
    await page.evaluate("void navigator.serviceWorker.register('/service-worker.js')");
    const [worker, registrationId] = await Promise.all([registering, registered]);

    const seen = (): Promise<readonly Seen[]> =>
      page.evaluate(async () => {
        const registration = await navigator.serviceWorker.ready;
        const shown = (await registration.getNotifications()) as (Notification & {
          readonly actions: readonly { readonly title: string }[];
        })[];
        return shown.map(({ title, body, actions }) => ({
          title,
          body,
          actions: actions.map((action) => action.title),
        }));
      });
    const deliver = (data: string) =>
      session.send("ServiceWorker.deliverPushMessage", {
        origin: server.url,
        registrationId,
        data,
      });
    /** As somebody presses a button of the notification; answers what was opened instead. */
    const press = (action: string): Promise<readonly string[]> =>
      worker.evaluate(async (pressed) => {
        // A worker's own names, of which a page has none.
        const scope = globalThis as unknown as {
          readonly registration: ServiceWorkerRegistration;
          readonly clients: { openWindow(path: string): Promise<null> };
          readonly NotificationEvent: new (name: string, init: object) => Event;
        };
        const opened: string[] = [];
        scope.clients.openWindow = async (path) => {
          opened.push(path);
          return null;
        };
        const [notification] = await scope.registration.getNotifications();
        const event = new scope.NotificationEvent("notificationclick", {
          action: pressed,
          notification,
        });
        let work: Promise<unknown> = Promise.resolve();
        // A browser waits for its own events only.
        Object.defineProperty(event, "waitUntil", {
          value: (given: Promise<unknown>) => (work = given),
        });
        globalThis.dispatchEvent(event);
        await work;
        return opened;
      }, action);

    await deliver(JSON.stringify(notice));
    await expect.poll(seen, { timeout: 30_000 }).toEqual([
      {
        title: "P1 · Checkout fails",
        body: "#1\nPaged by All, step 1 of 1",
        actions: ["Acknowledge", "Escalate"],
      },
    ]);
    // Nobody is left to be paged: the incident is shown, where that is said.
    expect(await press("escalate")).toEqual([`/incidents/${String(incident["number"])}`]);
    await expect.poll(seen, { timeout: 30_000 }).toEqual([]);

    await deliver(JSON.stringify(notice));
    await expect.poll(seen, { timeout: 30_000 }).toHaveLength(1);
    expect(await press("acknowledge")).toEqual([]);
    await expect
      .poll(seen, { timeout: 30_000 })
      .toEqual([{ title: "#1 Checkout fails", body: "You are on it.", actions: [] }]);
    expect(await ask(`/api/incidents/${String(incident["id"])}`)).toMatchObject({
      state: "acknowledged",
    });

    // A link that answers no more is opened, where its page says why; what cannot be read is shown all the same.
    const old = { ...notice, acknowledge: `/acknowledge/${"A".repeat(43)}` };
    await deliver(JSON.stringify(old));
    await expect.poll(async () => (await seen())[0]?.actions, { timeout: 30_000 }).toHaveLength(2);
    expect(await press("acknowledge")).toEqual([old.acknowledge]);
    await deliver("{");
    await expect.poll(seen, { timeout: 30_000 }).toMatchObject([{ title: "You are paged" }]);
  },
);
