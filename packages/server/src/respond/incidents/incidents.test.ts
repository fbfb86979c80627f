import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { fingerprint } from "../../model/index.ts";
import type { AlertGroup, AlertSnapshot, Change, Clock, Labels } from "../../model/index.ts";
import { listAudit, noteNotifications } from "../../store/index.ts";
import type { Records } from "../../store/index.ts";
import { testRecords } from "../../../test/records.ts";
import { createIncidents } from "./incidents.ts";
import type { Incidents } from "./incidents.ts";

const START = Date.UTC(2026, 0, 1);
const MINUTE = 60_000;
const NEVER = START + 365 * 86_400_000;

let records: Records;
let incidents: Incidents;
let now = START;
let changes: Change[] = [];
const clock: Clock = {
  now: () => now,
  after: () => {
    throw new Error("incidents set no timers");
  },
};

beforeAll(async () => {
  records = await testRecords();
});
afterAll(() => records.close());
beforeEach(async () => {
  await records.db.deleteFrom("incidents").execute();
  await records.db.deleteFrom("audit_log").execute();
  now = START;
  changes = [];
  incidents = createIncidents({
    records,
    clock,
    announce: (change) => changes.push(change),
    expressionOf: (labels) => (labels["alertname"] === "Errors" ? "rate(errors[1m]) > 1" : null),
  });
});

function alert(labels: Labels, more: Partial<AlertSnapshot> = {}): AlertSnapshot {
  return {
    labels,
    annotations: {},
    startsAt: START,
    endsAt: more.status === "resolved" ? now : NEVER,
    generatorURL: "",
    fingerprint: fingerprint(labels),
    status: "firing",
    ...more,
  };
}

function group(alerts: readonly AlertSnapshot[], groupKey = "{}:{}"): AlertGroup {
  return {
    groupKey,
    status: alerts.some((one) => one.status === "firing") ? "firing" : "resolved",
    groupLabels: {},
    commonLabels: {},
    commonAnnotations: {},
    alerts,
  };
}

const errors = { alertname: "Errors", severity: "critical", service: "shop" };
const slow = { alertname: "Slow", severity: "warning", service: "shop" };

async function all() {
  return (await incidents.list({ state: "all", limit: 200 })).incidents;
}
const kinds = async (id: string) => (await incidents.get(id)).timeline.map((entry) => entry.kind);

describe("opening", () => {
  it.each([
    ["critical", "P1"],
    ["PAGE", "P1"],
    ["error", "P2"],
    ["warning", "P3"],
  ])("severity %s opens %s", async (severity, expected) => {
    await incidents.takeGroup(group([alert({ ...errors, severity })]));
    expect(await all()).toMatchObject([{ number: 1, severity: expected, state: "triggered" }]);
  });

  it.each(["info", "none", "", "constructor", "__proto__"])(
    "severity %j opens none",
    async (severity) => {
      const ids = await incidents.takeGroup(group([alert({ ...errors, severity })]));
      expect(ids).toEqual([]);
      expect(await all()).toEqual([]);
      expect(changes).toEqual([]);
    },
  );

  it("takes other severities from the policy, in whatever case", async () => {
    const other = createIncidents({
      records,
      clock,
      announce: () => {},
      policy: { severities: { SEV1: "P1" } },
    });
    await other.takeGroup(group([alert({ ...errors, severity: "sev1" })]));
    await other.takeGroup(group([alert({ ...slow, severity: "critical" })]));
    expect(await all()).toMatchObject([{ alertCount: 1, severity: "P1" }]);
  });

  it("takes title, service, expression and evidence from the worst alert", async () => {
    const [id = ""] = await incidents.takeGroup(
      group([
        alert(slow, { generatorURL: "http://p:9090/graph?g0.expr=latency+%3E+1&g0.tab=1" }),
        alert(errors, { annotations: { summary: "Checkouts fail" } }),
      ]),
    );
    const { incident, alerts, timeline } = await incidents.get(id);
    expect(incident).toMatchObject({
      title: "Checkouts fail",
      severity: "P1",
      service: "shop",
      alertCount: 2,
      firingAlerts: 2,
    });
    expect(new Set(alerts.map((one) => one.expression))).toEqual(
      new Set(["latency > 1", "rate(errors[1m]) > 1"]),
    );
    expect(timeline.map(({ kind, text }) => [kind, text])).toEqual([
      ["opened", "Opened as P1 by Errors"],
      ["alert_firing", "Errors is firing: Checkouts fail"],
      ["alert_firing", "Slow is firing"],
    ]);
    expect(changes).toEqual([{ topic: "incidents", id }]);
  });

  it("names ten alerts in the timeline and counts the rest", async () => {
    const many = Array.from({ length: 2500 }, (_, n) => alert({ ...errors, instance: String(n) }));
    const [id = ""] = await incidents.takeGroup(group(many));
    const { incident, timeline } = await incidents.get(id);
    expect(incident).toMatchObject({ alertCount: 2500, firingAlerts: 2500 });
    expect(timeline).toHaveLength(12);
    expect(timeline.at(-1)?.text).toBe("2490 more alerts are firing");
  });

  it("says a group in one line while a storm grows, and sums many groups up", async () => {
    const groupOf = (key: string, size: number) => ({
      group: group(
        Array.from({ length: size }, (_, n) => alert({ ...errors, instance: `${key}-${n}` })),
        key,
      ),
      at: now,
    });
    const [id = ""] = await incidents.takeGroup(groupOf("first", 60).group);
    await incidents.takeGroup(groupOf("second", 20).group);
    const rest = Array.from({ length: 30 }, (_, n) => groupOf(`k${n}`, 2));
    await records.transaction((tx) => incidents.groupsChanged(tx, rest));
    const lines = (await incidents.get(id)).timeline.map(({ text }) => text);
    expect(lines[12]).toBe("20 alerts are firing: Errors of shop");
    expect(lines.slice(13)).toEqual([
      ...Array.from({ length: 20 }, () => "2 alerts are firing: Errors of shop"),
      "20 more alerts are firing",
    ]);
  });
});

describe("joining", () => {
  it("says nothing when an alert is merely repeated", async () => {
    const [id = ""] = await incidents.takeGroup(group([alert(errors)]));
    const before = await kinds(id);
    await incidents.takeGroup(group([alert(errors)]));
    expect(await kinds(id)).toEqual(before);
    expect(await all()).toHaveLength(1);
  });

  it("joins by service across groups, and by job when there is no service", async () => {
    await incidents.takeGroup(group([alert(errors)], "a"));
    await incidents.takeGroup(group([alert(slow)], "b"));
    const { service, ...jobOnly } = slow;
    await incidents.takeGroup(group([alert({ ...jobOnly, job: service })], "c"));
    expect(await all()).toMatchObject([{ alertCount: 3, severity: "P1" }]);
  });

  it("joins by group key when nothing names a service", async () => {
    await incidents.takeGroup(group([alert({ alertname: "A", severity: "page" })], "same"));
    await incidents.takeGroup(group([alert({ alertname: "B", severity: "page" })], "same"));
    await incidents.takeGroup(group([alert({ alertname: "C", severity: "page" })], "other"));
    expect((await all()).map((one) => one.alertCount)).toEqual([1, 2]);
  });

  it("keeps services apart", async () => {
    await incidents.takeGroup(group([alert(errors)], "a"));
    await incidents.takeGroup(group([alert({ ...errors, service: "search" })], "b"));
    expect(await all()).toMatchObject([{ service: "search" }, { service: "shop" }]);
  });

  it("raises the severity and never lowers it", async () => {
    const [id = ""] = await incidents.takeGroup(group([alert(slow)]));
    await incidents.takeGroup(group([alert(slow), alert(errors)]));
    expect((await incidents.get(id)).incident.severity).toBe("P1");
    await incidents.takeGroup(group([alert(slow), alert(errors, { status: "resolved" })]));
    expect((await incidents.get(id)).incident).toMatchObject({ severity: "P1", firingAlerts: 1 });
    expect(await kinds(id)).toEqual([
      "opened",
      "alert_firing",
      "alert_firing",
      "severity_raised",
      "alert_resolved",
    ]);
  });
});

describe("recovery", () => {
  it("resolves when the last alert recovers, even while an info alert of the group fires", async () => {
    const info = alert({ ...errors, severity: "info" });
    const [id = ""] = await incidents.takeGroup(group([alert(errors), alert(slow), info]));
    await incidents.takeGroup(group([alert(errors, { status: "resolved" }), alert(slow), info]));
    expect((await incidents.get(id)).incident.state).toBe("triggered");
    now += MINUTE;
    await incidents.takeGroup(group([alert(slow, { status: "resolved" }), info]));
    expect((await incidents.get(id)).incident).toMatchObject({
      state: "resolved",
      resolvedBy: "system",
      resolvedAt: new Date(now),
      firingAlerts: 0,
    });
    expect((await kinds(id)).slice(-2)).toEqual(["alert_resolved", "resolved"]);
    const deeds = (await listAudit(records.db, { limit: 10 })).entries;
    expect(deeds.map(({ actor, action, subject }) => [actor, action, subject])).toEqual([
      ["system", "incident.resolve", id],
      ["system", "incident.open", id],
    ]);
  });

  it("knows nothing of a recovery without a firing", async () => {
    expect(await incidents.takeGroup(group([alert(errors, { status: "resolved" })]))).toEqual([]);
    expect(await all()).toEqual([]);
  });

  it("does not resolve and open anew when one alert takes over from another", async () => {
    await incidents.takeGroup(group([alert(errors)]));
    await incidents.takeGroup(group([alert(errors, { status: "resolved" }), alert(slow)]));
    expect(await all()).toMatchObject([{ state: "triggered", alertCount: 2, firingAlerts: 1 }]);
  });

  it("does not close what a person opened", async () => {
    const { incident } = await incidents.open("ann@example.com", {
      title: "The till is slow",
      severity: "P3",
      service: "shop",
    });
    await incidents.takeGroup(group([alert(errors)]));
    await incidents.takeGroup(group([alert(errors, { status: "resolved" })]));
    expect(await all()).toMatchObject([{ id: incident.id, state: "triggered", severity: "P1" }]);
  });
});

it("does not believe news that is older than what it knows", async () => {
  const [id = ""] = await incidents.takeGroup(group([alert(errors)], "a"));
  const before = now + 10;
  now += 20;
  await incidents.takeGroup(group([alert(errors, { status: "resolved" })], "a"));
  await records.transaction((tx) =>
    incidents.groupsChanged(tx, [{ group: group([alert(errors)], "b"), at: before }]),
  );
  expect((await incidents.get(id)).incident).toMatchObject({ state: "resolved", firingAlerts: 0 });
});

describe("flapping", () => {
  it("reopens within five minutes, and opens anew after them", async () => {
    const [id = ""] = await incidents.takeGroup(group([alert(errors)]));
    await incidents.acknowledge("ann@example.com", id);
    await incidents.takeGroup(group([alert(errors, { status: "resolved" })]));
    now += 5 * MINUTE;
    await incidents.takeGroup(group([alert(errors, { startsAt: now })]));
    expect((await incidents.get(id)).incident).toMatchObject({
      state: "triggered",
      acknowledgedBy: null,
      resolvedAt: null,
    });
    expect((await kinds(id)).slice(-2)).toEqual(["reopened", "alert_firing"]);
    await incidents.takeGroup(group([alert(errors, { startsAt: now, status: "resolved" })]));
    now += 5 * MINUTE + 1;
    const [second] = await incidents.takeGroup(group([alert(errors, { startsAt: now })]));
    expect(second).not.toBe(id);
    expect(await all()).toHaveLength(2);
  });

  it("leaves an incident resolved by hand alone until the alert fires anew", async () => {
    const [id = ""] = await incidents.takeGroup(group([alert(errors)]));
    await incidents.resolve("ann@example.com", id);
    now += MINUTE;
    expect(await incidents.takeGroup(group([alert(errors)]))).toEqual([]);
    expect(await all()).toMatchObject([{ state: "resolved", resolvedBy: "ann@example.com" }]);
    now += MINUTE;
    await incidents.takeGroup(group([alert(errors, { startsAt: now })]));
    expect(await all()).toMatchObject([{ id, state: "triggered" }]);
  });

  it("notes a late recovery after a resolve by hand without waking anything", async () => {
    const [id = ""] = await incidents.takeGroup(group([alert(errors)]));
    await incidents.resolve("ann@example.com", id);
    await incidents.takeGroup(group([alert(errors, { status: "resolved" })]));
    expect((await incidents.get(id)).incident).toMatchObject({
      state: "resolved",
      resolvedBy: "ann@example.com",
      firingAlerts: 0,
    });
    expect((await kinds(id)).slice(-2)).toEqual(["resolved", "alert_resolved"]);
  });

  it("leaves nothing firing behind when an alert moves to another incident", async () => {
    const [first = ""] = await incidents.takeGroup(group([alert(errors)]));
    await incidents.resolve("ann@example.com", first);
    now += 10 * MINUTE;
    const [second = ""] = await incidents.takeGroup(group([alert(errors, { startsAt: now })]));
    expect(second).not.toBe(first);
    expect((await incidents.get(first)).incident).toMatchObject({ firingAlerts: 0 });
    expect((await incidents.get(second)).incident).toMatchObject({ firingAlerts: 1 });
  });
});

describe("commands", () => {
  it("acknowledges once, whoever asks again", async () => {
    const [id = ""] = await incidents.takeGroup(group([alert(errors)]));
    await incidents.acknowledge("ann@example.com", "1");
    const { incident, timeline } = await incidents.acknowledge("bob@example.com", id);
    expect(incident).toMatchObject({ state: "acknowledged", acknowledgedBy: "ann@example.com" });
    expect(timeline.filter((entry) => entry.kind === "acknowledged")).toHaveLength(1);
  });

  it("refuses to acknowledge what is over, and says since when", async () => {
    const [id = ""] = await incidents.takeGroup(group([alert(errors)]));
    await incidents.resolve("ann@example.com", id, "Rolled back");
    await incidents.resolve("bob@example.com", id, "Confirmed");
    await expect(incidents.acknowledge("bob@example.com", id)).rejects.toMatchObject({
      code: "incident_resolved",
      message: expect.stringContaining("resolved by ann@example.com at 2026-01-01T00:00:00.000Z"),
    });
    const { timeline } = await incidents.get(id);
    expect(timeline.slice(2).map(({ kind, actor, text }) => [kind, actor, text])).toEqual([
      ["comment", "ann@example.com", "Rolled back"],
      ["resolved", "ann@example.com", "Resolved by hand while 1 alert was firing"],
      ["comment", "bob@example.com", "Confirmed"],
    ]);
  });

  it.each(["0", "2", "-1", "1e3", "99999999999", "x", "", "' or 1=1 --", "\0"])(
    "does not find %j",
    async (id) => {
      await incidents.takeGroup(group([alert(errors)]));
      await expect(incidents.get(id)).rejects.toMatchObject({ code: "incident_not_found" });
      await expect(incidents.comment("a", id, "hi")).rejects.toMatchObject({ status: 404 });
    },
  );

  it("pages through the list", async () => {
    for (const service of ["a", "b", "c"]) {
      await incidents.takeGroup(group([alert({ ...errors, service })], service));
    }
    const first = await incidents.list({ state: "open", limit: 2 });
    expect(first.incidents.map((one) => one.number)).toEqual([3, 2]);
    expect(first.next).toBe(2);
    const rest = await incidents.list({ state: "open", limit: 2, before: 2 });
    expect(rest.incidents.map((one) => one.number)).toEqual([1]);
    expect(rest.next).toBeNull();
  });
});

describe("together", () => {
  it("opens one incident when many webhooks come at once", async () => {
    await Promise.all(
      Array.from({ length: 24 }, (_, n) =>
        incidents.takeGroup(group([alert({ ...errors, instance: String(n % 3) })], `g${n}`)),
      ),
    );
    expect(await all()).toMatchObject([{ number: 1, alertCount: 3, firingAlerts: 3 }]);
    expect((await kinds("1")).filter((kind) => kind === "opened")).toHaveLength(1);
  });

  it("does with groups of one transaction what it would do with them one by one", async () => {
    const step = fc.record({
      key: fc.constantFrom("a", "b"),
      alerts: fc.array(
        fc.record({
          name: fc.constantFrom("Errors", "Slow", "Info"),
          service: fc.constantFrom("shop", "till", undefined),
          status: fc.constantFrom("firing" as const, "resolved" as const),
        }),
        { minLength: 1, maxLength: 3 },
      ),
    });
    const severities: Record<string, string> = {
      Errors: "critical",
      Slow: "warning",
      Info: "info",
    };
    const groupOf = ({
      key,
      alerts,
    }: {
      key: string;
      alerts: readonly {
        name: string;
        service: string | undefined;
        status: "firing" | "resolved";
      }[];
    }) =>
      group(
        alerts.map(({ name, service, status }) =>
          alert(
            {
              alertname: name,
              severity: severities[name] ?? "",
              ...(service === undefined ? {} : { service }),
            },
            { status, endsAt: status === "firing" ? NEVER : now },
          ),
        ),
        key,
      );
    const outcome = async () =>
      Promise.all(
        (await all()).map(async ({ id, ...incident }) => ({
          ...incident,
          history: (await incidents.get(id)).timeline.map(({ kind, text }) => `${kind} ${text}`),
        })),
      );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 5 }), async (steps) => {
        await records.db.deleteFrom("incidents").execute();
        now = START;
        for (const one of steps) {
          now += 1000;
          const change = { group: groupOf(one), at: now };
          await records.transaction((tx) => incidents.groupsChanged(tx, [change]));
        }
        const singly = await outcome();
        await records.db.deleteFrom("incidents").execute();
        now = START;
        const changes = steps.map((one) => ({ group: groupOf(one), at: (now += 1000) }));
        await records.transaction((tx) => incidents.groupsChanged(tx, changes));
        expect(await outcome()).toEqual(singly);
      }),
      { numRuns: 12 },
    );
  });

  it("numbers without gaps when some transactions fail", async () => {
    const failing = records.transaction(async (tx) => {
      const lost = group([alert({ ...errors, service: "x" })], "x");
      await incidents.groupsChanged(tx, [{ group: lost, at: now }]);
      throw new Error("the router changed its mind");
    });
    await expect(failing).rejects.toThrow("changed its mind");
    expect(changes).toEqual([]);
    await incidents.takeGroup(group([alert(errors)]));
    expect(await all()).toMatchObject([{ number: 1, service: "shop" }]);
  });

  it("acknowledges once under ten hands", async () => {
    await incidents.takeGroup(group([alert(errors)]));
    await Promise.all(
      Array.from({ length: 10 }, (_, n) => incidents.acknowledge(`p${n}@example.com`, "1")),
    );
    expect((await kinds("1")).filter((kind) => kind === "acknowledged")).toHaveLength(1);
  });
});

it("keeps alerts that carry what PostgreSQL cannot store", async () => {
  const odd = { ...errors, path: "/a\0b", half: "\ud800" };
  await incidents.takeGroup(group([alert(odd, { annotations: { summary: "NUL \0 here" } })]));
  expect(await all()).toMatchObject([{ title: "NUL \uFFFD here" }]);
  await incidents.takeGroup(group([alert(odd, { status: "resolved" })]));
  expect(await all()).toMatchObject([{ state: "resolved" }]);
});

it("puts notifications into the timeline of the newest incident that holds the alert", async () => {
  const [id = ""] = await incidents.takeGroup(group([alert(errors), alert(slow)]));
  const noted = await records.transaction((tx) =>
    noteNotifications(tx, [
      {
        fingerprints: [fingerprint(errors), fingerprint(slow), "feedfacecafebeef"],
        at: now,
        delivered: true,
        text: "Slack #ops was told",
      },
    ]),
  );
  expect(noted).toEqual([id]);
  expect((await kinds(id)).filter((kind) => kind === "notified")).toHaveLength(1);
});

it("whatever happens, counts agree and an alert fires in at most one incident", async () => {
  const step = fc.record({
    service: fc.constantFrom("shop", "search", ""),
    name: fc.constantFrom("A", "B"),
    severity: fc.constantFrom("critical", "warning", "info"),
    status: fc.constantFrom("firing" as const, "resolved" as const),
    key: fc.constantFrom("k1", "k2"),
    wait: fc.constantFrom(0, MINUTE, 6 * MINUTE),
    hand: fc.constantFrom("none", "acknowledge", "resolve"),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      await records.db.deleteFrom("incidents").execute();
      for (const { service, name, severity, status, key, wait, hand } of steps) {
        now += wait;
        const labels = { alertname: name, severity, ...(service === "" ? {} : { service }) };
        await incidents.takeGroup(group([alert(labels, { startsAt: now, status })], key));
        const [latest] = await all();
        if (hand === "resolve" && latest) await incidents.resolve("p", latest.id);
        if (hand === "acknowledge" && latest?.state === "triggered") {
          await incidents.acknowledge("p", latest.id);
        }
      }
      const seen = new Set<string>();
      for (const { id, state, firingAlerts, alertCount } of await all()) {
        const { alerts } = await incidents.get(id);
        const firing = alerts.filter((one) => one.status === "firing");
        expect(alerts).toHaveLength(alertCount);
        expect(firing).toHaveLength(firingAlerts);
        if (state !== "resolved") expect(firingAlerts).toBeGreaterThan(0);
        for (const one of firing) {
          expect(seen.has(one.fingerprint)).toBe(false);
          seen.add(one.fingerprint);
        }
      }
    }),
    { numRuns: 60 },
  );
}, 180_000);
