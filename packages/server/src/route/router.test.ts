import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { pino } from "pino";
import { describe, expect, it, onTestFinished } from "vitest";
import { systemClock } from "../model/index.ts";
import type { AlertGroup, Labels } from "../model/index.ts";
import type { Records } from "../store/index.ts";
import { ManualClock } from "../../test/manual-clock.ts";
import { startReceiver } from "../../test/receiver.ts";
import type { TestReceiver } from "../../test/receiver.ts";
import { testRecords } from "../../test/records.ts";
import { createRouter, loadRouteConfig } from "./index.ts";
import type { IncomingAlert, Router, RouterOptions } from "./index.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

async function config(yaml: string) {
  const dir = await mkdtemp(join(tmpdir(), "sw-route-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const file = join(dir, "alertmanager.yml");
  await writeFile(file, yaml);
  return loadRouteConfig(file);
}

/** A route with one webhook; waits of 10 s, 1 min and 1 h. */
const simple = (receiver: TestReceiver, more = "") => `
route:
  receiver: hook
  group_by: [alertname]
  group_wait: 10s
  group_interval: 1m
  repeat_interval: 1h
${more}
receivers:
  - name: hook
    webhook_configs:
      - url: ${receiver.url}/hook
  - name: other
    webhook_configs:
      - url: ${receiver.url}/other
  - name: quiet
    webhook_configs:
      - url: ${receiver.url}/quiet
        send_resolved: false
`;

interface House {
  readonly clock: ManualClock;
  readonly records: Records;
  readonly receiver: TestReceiver;
  readonly told: AlertGroup[];
  readonly router: Router;
  /** Another router over the same records, as another process would have it. */
  readonly another: (options?: Partial<RouterOptions>) => Promise<Router>;
  readonly fire: (labels: Labels, more?: Partial<IncomingAlert>) => Promise<void>;
  readonly resolve: (labels: Labels) => Promise<void>;
  readonly advance: (ms: number) => Promise<void>;
  /** What has arrived: path, status and the alerts' instances with their status. */
  readonly arrived: () => string[];
}

async function house(yaml: (receiver: TestReceiver) => string = simple): Promise<House> {
  const clock = new ManualClock(Date.UTC(2026, 0, 5, 12));
  const records = await testRecords();
  const receiver = await startReceiver();
  const told: AlertGroup[] = [];
  const routeConfig = await config(yaml(receiver));
  const routers: Router[] = [];
  const another = async (options: Partial<RouterOptions> = {}) => {
    const router = createRouter({
      records,
      clock,
      incidents: {
        groupChanged: async (_tx, group) => void told.push(group),
      },
      log: pino({ level: "silent" }),
      announce: () => {},
      externalURL: "http://seaworthy.example",
      random: () => 0.5,
      ...options,
    });
    router.apply(routeConfig);
    await router.start();
    routers.push(router);
    return router;
  };
  const router = await another();
  onTestFinished(async () => {
    for (const one of routers) await one.stop();
    await records.close();
  });
  const settled = async () => {
    for (const one of routers) await one.settled();
  };
  const started = new Map<string, number>();
  return {
    clock,
    records,
    receiver,
    told,
    router,
    another,
    async fire(labels, more = {}) {
      const key = JSON.stringify(labels);
      const startsAt = started.get(key) ?? clock.now();
      started.set(key, startsAt);
      const endsAt = clock.now() + 4 * HOUR;
      await router.accept([
        { labels, annotations: {}, startsAt, endsAt, generatorURL: "http://expr", ...more },
      ]);
    },
    async resolve(labels) {
      const startsAt = started.get(JSON.stringify(labels)) ?? clock.now();
      started.delete(JSON.stringify(labels));
      await router.accept([
        { labels, annotations: {}, startsAt, endsAt: clock.now(), generatorURL: "http://expr" },
      ]);
    },
    advance: (ms) => clock.advanceSettled(ms, settled),
    arrived: () =>
      receiver.received.map(({ path, body }) => {
        const alerts = body.alerts.map((a) => `${a.labels["instance"]}:${a.status}`);
        return `${path} ${body.status} ${alerts.join(" ")}`;
      }),
  };
}

const down = (instance: string, more: Labels = {}): Labels => ({
  alertname: "Down",
  instance,
  ...more,
});

describe("grouping", () => {
  it("waits for group_wait, then for group_interval, then repeats", async () => {
    const { fire, resolve, advance, arrived } = await house();
    await fire(down("a"));
    await advance(9 * SECOND);
    expect(arrived()).toEqual([]);
    await fire(down("b"));
    await advance(1 * SECOND);
    expect(arrived()).toEqual(["/hook firing a:firing b:firing"]);
    await fire(down("c"));
    await advance(59 * SECOND);
    expect(arrived()).toHaveLength(1);
    await advance(1 * SECOND);
    expect(arrived()[1]).toBe("/hook firing a:firing b:firing c:firing");
    await resolve(down("a"));
    await advance(MINUTE);
    expect(arrived()[2]).toBe("/hook firing a:resolved b:firing c:firing");
    await advance(HOUR);
    expect(arrived()).toHaveLength(3);
    await advance(MINUTE);
    expect(arrived()[3]).toBe("/hook firing b:firing c:firing");
    await resolve(down("b"));
    await resolve(down("c"));
    await advance(MINUTE);
    expect(arrived().slice(4)).toEqual(["/hook resolved b:resolved c:resolved"]);
    await advance(3 * HOUR);
    expect(arrived()).toHaveLength(5);
  });

  it("flushes a new group at once when its alert began long ago", async () => {
    const { fire, advance, arrived, clock } = await house();
    await fire(down("a"), { startsAt: clock.now() - HOUR });
    await advance(0);
    expect(arrived()).toEqual(["/hook firing a:firing"]);
  });

  it("resolves an alert that nobody repeats when its end comes", async () => {
    const { fire, advance, arrived, clock } = await house();
    await fire(down("a"), { endsAt: clock.now() + 2 * MINUTE });
    await advance(10 * SECOND + MINUTE);
    expect(arrived()).toEqual(["/hook firing a:firing"]);
    await advance(MINUTE);
    expect(arrived()[1]).toBe("/hook resolved a:resolved");
  });

  it("gives an alert without an end the resolve timeout", async () => {
    const { router, advance, arrived, clock } = await house();
    const startsAt = clock.now();
    await router.accept([{ labels: down("a"), annotations: {}, startsAt, generatorURL: "" }]);
    await advance(10 * SECOND + 4 * MINUTE);
    expect(arrived()).toEqual(["/hook firing a:firing"]);
    await advance(MINUTE);
    expect(arrived()[1]).toBe("/hook resolved a:resolved");
  });

  it("sends to every route that continues, and not to one that does not match", async () => {
    const { fire, advance, arrived } = await house((receiver) =>
      simple(
        receiver,
        `  routes:
    - matchers: [severity="page"]
      receiver: other
      continue: true
    - matchers: ['instance=~"a|b"']
      receiver: quiet`,
      ),
    );
    await fire(down("a", { severity: "page" }));
    await fire(down("c"));
    await advance(10 * SECOND);
    expect(arrived().sort()).toEqual([
      "/hook firing c:firing",
      "/other firing a:firing",
      "/quiet firing a:firing",
    ]);
  });

  it("tells who does not want resolved alerts nothing of them", async () => {
    const { fire, resolve, advance, arrived } = await house((receiver) =>
      simple(receiver).replace("receiver: hook", "receiver: quiet"),
    );
    await fire(down("a"));
    await fire(down("b"));
    await advance(10 * SECOND);
    await resolve(down("a"));
    await advance(MINUTE);
    expect(arrived()).toEqual(["/quiet firing a:firing b:firing"]);
    await resolve(down("b"));
    await advance(MINUTE);
    expect(arrived()).toHaveLength(1);
    await fire(down("a"));
    await advance(10 * SECOND);
    expect(arrived()[1]).toBe("/quiet firing a:firing");
  });
});

describe("holding back", () => {
  const inhibiting = (receiver: TestReceiver) =>
    `${simple(receiver)}
inhibit_rules:
  - source_matchers: [severity="page"]
    target_matchers: [severity="warn"]
    equal: [cluster]
`;

  it("keeps inhibited alerts from being notified, and tells of them when they are not any more", async () => {
    const { fire, resolve, advance, arrived, router } = await house(inhibiting);
    await fire({ alertname: "Big", instance: "x", severity: "page", cluster: "1" });
    await fire(down("a", { severity: "warn", cluster: "1" }));
    await fire(down("b", { severity: "warn", cluster: "2" }));
    await advance(10 * SECOND);
    expect(arrived().sort()).toEqual(["/hook firing b:firing", "/hook firing x:firing"]);
    expect(router.alerts().filter((alert) => alert.inhibitedBy.length > 0)).toHaveLength(1);
    await resolve({ alertname: "Big", instance: "x", severity: "page", cluster: "1" });
    await advance(MINUTE);
    expect(arrived().slice(2).sort()).toEqual([
      "/hook firing a:firing b:firing",
      "/hook resolved x:resolved",
    ]);
  });

  it("silences, and pages for an alert that fires again after having resolved in silence", async () => {
    const { fire, resolve, advance, arrived, router, clock, told } = await house();
    await fire(down("a"));
    await advance(10 * SECOND);
    const silence = {
      matchers: [{ name: "instance", operator: "=" as const, value: "a" }],
      startsAt: clock.now(),
      endsAt: clock.now() + 5 * MINUTE,
      createdBy: "me",
      comment: "",
      annotations: {},
    };
    const id = await router.silences.set(silence, "someone");
    expect(router.alerts()[0]?.silencedBy).toEqual([id]);
    await resolve(down("a"));
    await advance(MINUTE);
    expect(arrived()).toHaveLength(1);
    // The incident ends although nobody is notified.
    expect(told.map((group) => group.status)).toEqual(["firing", "resolved"]);
    await advance(5 * MINUTE);
    await fire(down("a"));
    await advance(10 * SECOND);
    expect(arrived().slice(1)).toEqual(["/hook firing a:firing"]);
  });

  it("is quiet during a mute interval and speaks after it", async () => {
    const { fire, advance, arrived } = await house((receiver) =>
      simple(
        receiver,
        `  routes:
    - matchers: [severity="warn"]
      mute_time_intervals: [noon]
time_intervals:
  - name: noon
    time_intervals:
      - times: [{start_time: "12:00", end_time: "12:30"}]`,
      ),
    );
    await fire(down("a", { severity: "warn" }));
    await advance(29 * MINUTE);
    expect(arrived()).toEqual([]);
    await advance(2 * MINUTE);
    expect(arrived()).toEqual(["/hook firing a:firing"]);
  });
});

describe("exactly once", () => {
  it("tells incidents once for each change, whatever the number of receivers", async () => {
    const { fire, resolve, advance, told } = await house((receiver) =>
      simple(receiver).replace(
        "  - name: hook\n    webhook_configs:",
        `  - name: hook\n    webhook_configs:\n      - url: ${receiver.url}/second`,
      ),
    );
    await fire(down("a"));
    await advance(3 * MINUTE);
    await fire(down("b"));
    await advance(3 * MINUTE);
    await resolve(down("a"));
    await advance(3 * MINUTE);
    const seen = told.map((group) =>
      group.alerts.map((a) => `${a.labels["instance"]}:${a.status}`),
    );
    expect(seen).toEqual([["a:firing"], ["a:firing", "b:firing"], ["b:firing", "a:resolved"]]);
  });

  it("neither repeats nor forgets when another process goes on", async () => {
    const first = await house();
    await first.fire(down("a"));
    await first.advance(5 * SECOND);
    await first.router.stop();
    const second = await first.another();
    await first.advance(4 * SECOND);
    expect(first.arrived()).toEqual([]);
    await first.advance(1 * SECOND);
    expect(first.arrived()).toEqual(["/hook firing a:firing"]);
    await second.stop();
    const third = await first.another();
    await first.advance(10 * MINUTE);
    expect(first.arrived()).toHaveLength(1);
    await third.accept([
      {
        labels: down("a"),
        annotations: {},
        startsAt: 0,
        endsAt: first.clock.now(),
        generatorURL: "",
      },
    ]);
    await third.stop();
    await first.another();
    await first.advance(MINUTE);
    expect(first.arrived().slice(1)).toEqual(["/hook resolved a:resolved"]);
    expect(first.told.map((group) => group.status)).toEqual(["firing", "resolved"]);
  });

  it("pages once when two servers over one database have the same alerts", async () => {
    const { fire, advance, arrived, another, clock, told } = await house();
    const other = await another({ server: "second" });
    await fire(down("a"));
    const endsAt = clock.now() + HOUR;
    await other.accept([
      { labels: down("a"), annotations: {}, startsAt: clock.now(), endsAt, generatorURL: "" },
    ]);
    await advance(10 * MINUTE);
    expect(arrived()).toEqual(["/hook firing a:firing"]);
    expect(told).toHaveLength(1);
  });

  it("pages once when servers decide at the same moment", async () => {
    const {
      records,
      receiver,
      told,
      another,
      router: first,
    } = await house((one) => simple(one).replace("group_wait: 10s", "group_wait: 100ms"));
    await first.stop();
    const servers = await Promise.all(
      ["a", "b", "c"].map((server) => another({ server, clock: systemClock })),
    );
    const startsAt = Date.now();
    const alerts = Array.from({ length: 20 }, (_, index) => ({
      labels: { alertname: `Down${index}`, instance: "a" },
      annotations: {},
      startsAt,
      endsAt: startsAt + HOUR,
      generatorURL: "",
    }));
    await Promise.all(servers.map((server) => server.accept(alerts)));
    await receiver.arrived(alerts.length);
    // Whoever came second has found the group told; nothing more is on its way.
    for (const server of servers) await server.stop();
    const groups = receiver.received.map(({ body }) => body.groupKey);
    expect(groups).toHaveLength(alerts.length);
    expect(new Set(groups).size).toBe(alerts.length);
    expect(told).toHaveLength(alerts.length);
    const { rows } = await sql<{ n: number }>`select count(*)::int as n from notifications`.execute(
      records.db,
    );
    expect(rows[0]?.n).toBe(alerts.length);
  });

  it("keeps the order of a group's notifications over servers, also when one of them dies", async () => {
    const { fire, advance, receiver, arrived, another, clock } = await house();
    receiver.answer = 503;
    await fire(down("a"));
    await advance(10 * SECOND);
    const tries = receiver.received.length;
    expect(tries).toBeGreaterThan(0);
    const other = await another({ server: "other" });
    const endsAt = clock.now() + HOUR;
    const both = ["a", "b"].map((instance) => ({
      labels: down(instance),
      annotations: {},
      startsAt: clock.now(),
      endsAt,
      generatorURL: "",
    }));
    await other.accept(both);
    await advance(MINUTE);
    // The second is decided on, but the first server still holds the first.
    expect((await other.notifications(5)).map((one) => one.state)).toEqual(["waiting", "waiting"]);
    expect(new Set(receiver.received.map(({ body }) => body.alerts.length))).toEqual(new Set([1]));
    receiver.answer = 200;
    const before = receiver.received.length;
    await advance(3 * MINUTE);
    expect(arrived().slice(before)).toEqual([
      "/hook firing a:firing",
      "/hook firing a:firing b:firing",
    ]);
  });

  it("rolls the page back when its incident cannot be written, and tries again", async () => {
    const { fire, arrived, advance, another, router } = await house();
    await router.stop();
    let broken = true;
    const flaky = await another({
      incidents: {
        async groupChanged() {
          if (broken) throw new Error("no room");
        },
      },
    });
    await expect(fire(down("a"))).rejects.toThrow(/not taken/);
    await flaky.accept([{ labels: down("a"), annotations: {}, startsAt: 0, generatorURL: "" }]);
    await advance(20 * SECOND);
    expect(arrived()).toEqual([]);
    broken = false;
    await advance(2 * SECOND);
    expect(arrived()).toEqual(["/hook firing a:firing"]);
  });
});

describe("delivery", () => {
  it("sends Alertmanager's webhook, version 4, with the key in body and header", async () => {
    const { router, advance, receiver, clock } = await house();
    const startsAt = clock.now();
    await router.accept([
      {
        labels: down("a", { job: "shop", empty: "" }),
        annotations: { summary: "It is down" },
        startsAt,
        generatorURL: "http://expr",
      },
    ]);
    await advance(10 * SECOND);
    const [one] = receiver.received;
    const labels = { alertname: "Down", instance: "a", job: "shop" };
    expect(one?.body).toEqual({
      version: "4",
      groupKey: '{}:{alertname="Down"}',
      truncatedAlerts: 0,
      status: "firing",
      receiver: "hook",
      groupLabels: { alertname: "Down" },
      commonLabels: labels,
      commonAnnotations: { summary: "It is down" },
      externalURL: "http://seaworthy.example",
      idempotencyKey: one?.headers["idempotency-key"],
      alerts: [
        {
          status: "firing",
          labels,
          annotations: { summary: "It is down" },
          startsAt: "2026-01-05T12:00:00Z",
          endsAt: "0001-01-01T00:00:00Z",
          generatorURL: "http://expr",
          fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
        },
      ],
    });
    expect(one?.headers["idempotency-key"]).toMatch(/^[0-9a-f]{64}$/);
    const [record] = await router.notifications(10);
    expect(record).toMatchObject({
      state: "sent",
      receiver: "hook",
      integration: "webhook",
      attempts: 1,
    });
    expect((await router.lastNotification())?.id).toBe(record?.id);
  });

  it("tries again under the same key until the receiver takes it, in order", async () => {
    const { fire, resolve, advance, receiver, arrived, router } = await house();
    receiver.answer = 503;
    await fire(down("a"));
    await advance(10 * SECOND);
    await advance(30 * SECOND);
    await resolve(down("a"));
    await advance(3 * MINUTE);
    const tries = receiver.received.length;
    expect(tries).toBeGreaterThan(4);
    expect(new Set(receiver.received.map(({ body }) => body.idempotencyKey)).size).toBe(1);
    const waiting = (await router.notifications(10)).map((n) => [n.status, n.state]);
    expect(waiting).toEqual([
      ["resolved", "waiting"],
      ["firing", "waiting"],
    ]);
    receiver.answer = 200;
    await advance(2 * MINUTE);
    expect(arrived().slice(tries)).toEqual(["/hook firing a:firing", "/hook resolved a:resolved"]);
    expect((await router.notifications(10)).every((n) => n.state === "sent")).toBe(true);
  });

  it("waits as long as the receiver asks", async () => {
    const { fire, advance, receiver } = await house();
    receiver.answer = (response) => response.writeHead(429, { "retry-after": "45" }).end();
    await fire(down("a"));
    await advance(10 * SECOND);
    expect(receiver.received).toHaveLength(1);
    await advance(44 * SECOND);
    expect(receiver.received).toHaveLength(1);
    receiver.answer = 200;
    await advance(1 * SECOND);
    expect(receiver.received).toHaveLength(2);
  });

  it("shows at once what the receiver refuses, and decides anew at the next flush", async () => {
    const { fire, advance, receiver, router, arrived } = await house();
    receiver.answer = (response) => response.writeHead(400).end("no such room");
    await fire(down("a"));
    await advance(10 * SECOND);
    const [failed] = await router.notifications(10);
    expect(failed).toMatchObject({
      state: "failed",
      error: "the receiver answered 400: no such room",
    });
    receiver.answer = 200;
    await advance(MINUTE);
    expect(arrived()).toEqual(["/hook firing a:firing", "/hook firing a:firing"]);
    const keys = receiver.received.map(({ body }) => body.idempotencyKey);
    expect(new Set(keys).size).toBe(2);
    await advance(10 * MINUTE);
    expect(arrived()).toHaveLength(2);
  });

  it("does not pile up repetitions while the receiver cannot be reached", async () => {
    const { fire, advance, receiver, router } = await house((one) =>
      simple(one).replace("repeat_interval: 1h", "repeat_interval: 5m"),
    );
    receiver.answer = 500;
    await fire(down("a"));
    await advance(20 * MINUTE);
    expect(await router.notifications(10)).toHaveLength(1);
    receiver.answer = 200;
    await advance(7 * MINUTE);
    expect((await router.notifications(10)).map((one) => one.state)).toEqual(["sent", "sent"]);
  });
});

describe("records", () => {
  it("writes an alert that is only repeated now and then, not every time", async () => {
    const { router, clock, records } = await house();
    const startsAt = clock.now();
    let writes = 0;
    const stored = async () =>
      (
        await records.db.selectFrom("alerts").select("ends_at").executeTakeFirst()
      )?.ends_at.getTime();
    let before: number | undefined;
    for (let second = 0; second < 120; second += 1) {
      await router.accept([
        {
          labels: down("a"),
          annotations: {},
          startsAt,
          endsAt: clock.now() + 4 * SECOND,
          generatorURL: "",
        },
      ]);
      const end = await stored();
      if (end !== before) writes += 1;
      before = end;
      expect(end).toBeGreaterThan(clock.now() + 3 * SECOND);
      clock.advance(SECOND);
    }
    expect(writes).toBeLessThanOrEqual(5);
  });

  it("refuses what cannot be an alert", async () => {
    const { router, clock } = await house();
    const good = { annotations: {}, startsAt: clock.now(), generatorURL: "" };
    await expect(router.accept([{ ...good, labels: { a: "" } }])).rejects.toThrow(
      /at least one label/,
    );
    await expect(
      router.accept([{ ...good, labels: { a: "b" }, endsAt: clock.now() - 1 }]),
    ).rejects.toThrow(/ends before/);
    expect(router.alerts()).toEqual([]);
  });

  it("keeps labels that only JSON can write", async () => {
    const first = await house();
    const odd = { alertname: "Odd", instance: "nul\u0000 half\ud800 😀" };
    await first.fire(odd);
    await first.router.stop();
    const second = await first.another();
    expect(second.alerts()[0]?.labels).toEqual(odd);
  });
});
