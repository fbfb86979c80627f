import { describe, expect, it } from "vitest";
import type { TestReceiver } from "../../test/receiver.ts";
import { down, house, simple } from "../../test/router-rig.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

describe("grouping", () => {
  it(
    "waits for group_wait, then for group_interval, then repeats",
    { timeout: 120_000 },
    async () => {
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
    },
  );

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
      notification_reason: "first notification",
      routeLabels: {},
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
