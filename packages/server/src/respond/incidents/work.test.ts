import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { INCIDENT_STATES, fingerprint } from "../../model/index.ts";
import type { AlertGroup, Clock } from "../../model/index.ts";
import { ensureUser, listAudit } from "../../store/index.ts";
import type { Records, UserRecord } from "../../store/index.ts";
import { testRecords } from "../../../test/records.ts";
import { createIncidents } from "./incidents.ts";
import type { Incidents } from "./incidents.ts";
import { ServiceMap } from "./service-map.ts";
import { mayFollow, statesAfter } from "./states.ts";

const START = Date.UTC(2026, 0, 1);
const MINUTE = 60_000;
const ann = "ann@example.com";

let records: Records;
let incidents: Incidents;
let people: readonly UserRecord[];
let now = START;
const clock: Clock = {
  now: () => now,
  after: () => {
    throw new Error("incidents set no timers");
  },
};

beforeAll(async () => {
  records = await testRecords();
  people = await records.transaction(async (tx) => [
    await ensureUser(tx, { email: ann, name: "Ann", role: "admin" }),
    await ensureUser(tx, { email: "ben@example.com", name: "Ben", role: "member" }),
  ]);
});
afterAll(() => records.close());
beforeEach(async () => {
  await records.db.updateTable("incidents").set({ merged_into: null, split_from: null }).execute();
  await records.db.deleteFrom("incidents").execute();
  await records.db.deleteFrom("audit_log").execute();
  now = START;
  incidents = createIncidents({ records, clock, announce: () => {} });
});

const idOf = (place: number) => people[place]?.id ?? "";

function storm(services: readonly string[], groupKey = "storm"): AlertGroup {
  return {
    groupKey,
    status: "firing",
    groupLabels: {},
    commonLabels: {},
    commonAnnotations: {},
    alerts: services.map((service, place) => {
      const labels = { alertname: `Errors${place}`, service, severity: "critical" };
      return {
        labels,
        annotations: {},
        startsAt: now,
        endsAt: now + 365 * 86_400_000,
        generatorURL: "",
        fingerprint: fingerprint(labels),
        status: "firing" as const,
      };
    }),
  };
}
const open = (title = "Checkout fails") =>
  incidents.open(ann, { title, severity: "P2", service: "shop" });
const actions = async () =>
  (await listAudit(records.db, { limit: 100 })).entries.map(({ action }) => action).reverse();
const texts = ({ timeline }: Awaited<ReturnType<typeof open>>) => timeline.map(({ text }) => text);

describe("states", () => {
  it("follow each other as the table says; none goes back to triggered, none leaves resolved", () => {
    for (const state of INCIDENT_STATES) {
      expect(statesAfter(state)).not.toContain("triggered");
      expect(mayFollow(state, state)).toBe(false);
      if (state !== "resolved") expect(mayFollow(state, "resolved")).toBe(true);
    }
    expect(statesAfter("resolved")).toEqual([]);
  });

  it("are changed by one click; the first counts as the answer, and twice is once", async () => {
    await open();
    now += 4 * MINUTE;
    await incidents.moveTo(ann, "1", "identified", "A bad deploy");
    const { incident, timeline } = await incidents.moveTo("ben@example.com", "1", "identified");
    expect(incident).toMatchObject({
      state: "identified",
      acknowledgedBy: ann,
      acknowledgedAt: new Date(START + 4 * MINUTE),
    });
    expect(timeline.map(({ kind }) => kind)).toEqual(["opened", "comment", "state_changed"]);
    await expect(incidents.moveTo(ann, "1", "acknowledged")).rejects.toMatchObject({
      code: "incident_state_refused",
    });
    await incidents.moveTo(ann, "1", "resolved");
    await expect(incidents.moveTo(ann, "1", "monitoring")).rejects.toThrow(/reopen it first/);
    now += MINUTE;
    await incidents.reopen(ann, "1", "It is back");
    const again = await incidents.reopen(ann, "1");
    expect(again.incident).toMatchObject({
      state: "investigating",
      resolvedAt: null,
      triggeredAt: new Date(now),
      firstAcknowledgedAt: new Date(START + 4 * MINUTE),
    });
    expect(await actions()).toEqual([
      "incident.open",
      "incident.comment",
      "incident.identified",
      "incident.resolve",
      "incident.reopen",
    ]);
  });

  it("have a time until which somebody has to answer, which planned work has not", async () => {
    expect((await open()).respondBy).toEqual(new Date(START + 60 * MINUTE));
    const planned = await incidents.open(ann, {
      title: "New disks",
      severity: "maintenance",
      service: "shop",
    });
    expect(planned).toMatchObject({ respondBy: null, incident: { state: "acknowledged" } });
  });
});

it("alerts do not join planned work on their service", async () => {
  await incidents.open(ann, { title: "New disks", severity: "maintenance", service: "shop" });
  const [id] = await incidents.takeGroup(storm(["shop"]));
  expect((await incidents.get(id ?? "")).incident.number).toBe(2);
});

it("opens once for a key", async () => {
  const given = { title: "Slow", severity: "P3", service: null, key: "form-1" } as const;
  const opened = await Promise.all([incidents.open(ann, given), incidents.open(ann, given)]);
  expect(opened.map(({ incident }) => incident.number)).toEqual([1, 1]);
  expect(await actions()).toEqual(["incident.open"]);
});

describe("work", () => {
  it("roles, tasks, links, services and subscribers, each told once", async () => {
    await open();
    const task = crypto.randomUUID();
    const link = crypto.randomUUID();
    for (const _ of [1, 2]) {
      await incidents.assign(ann, "1", "commander", idOf(0));
      await incidents.addTask(ann, "1", { id: task, text: "Roll back", ownerId: null });
      await incidents.editTask(ann, "1", task, { ownerId: idOf(1) });
      await incidents.subscribe(ann, "1", idOf(1), true);
      await incidents.editTask("ben@example.com", "1", task, { done: true });
      const call = { id: link, url: "https://meet.example.com/1", title: "The call" };
      await incidents.addResource(ann, "1", call);
      await incidents.setServices(ann, "1", ["search", "cart", "shop", "cart"]);
      await incidents.edit(ann, "1", { severity: "P1", title: "Nobody can pay" });
    }
    const detail = await incidents.get("1");
    expect(detail.work).toMatchObject({
      roles: [{ role: "commander", person: { name: "Ann" } }],
      tasks: [{ text: "Roll back", owner: { name: "Ben" }, doneBy: "ben@example.com" }],
      resources: [{ title: "The call", addedBy: ann }],
      services: ["cart", "search"],
      subscribers: [{ name: "Ann" }, { name: "Ben" }],
    });
    expect(texts(detail)).toEqual([
      "Opened as P2 by hand",
      "Ann is commander",
      "Task: Roll back",
      "Task of Ben now: Roll back",
      "Ben is kept informed",
      "Task done: Roll back",
      "Link: The call",
      "Also touches cart, search",
      'Named "Nobody can pay"',
      "Changed from P2 to P1",
    ]);
    await incidents.removeResource(ann, "1", link);
    await incidents.subscribe(ann, "1", idOf(1), false);
    const bare = await incidents.assign(ann, "1", "commander", null);
    expect(bare.work).toMatchObject({ roles: [], resources: [], subscribers: [{ name: "Ann" }] });
  });

  it("refuses people and tasks that there are not", async () => {
    await open();
    const nobody = crypto.randomUUID();
    await expect(incidents.assign(ann, "1", "scribe", nobody)).rejects.toMatchObject({
      code: "person_unknown",
    });
    await expect(incidents.editTask(ann, "1", nobody, { done: true })).rejects.toMatchObject({
      code: "incident_part_not_found",
    });
    expect(await actions()).toEqual(["incident.open"]);
  });
});

describe("two that are one", () => {
  it("become one with all that both held; merging again changes nothing", async () => {
    await incidents.takeGroup(storm(["database"], "a"));
    now += MINUTE;
    await incidents.takeGroup(storm(["shop", "shop"], "b"));
    await incidents.addTask(ann, "2", { text: "Look", ownerId: null });
    for (const _ of [1, 2]) {
      const merged = await incidents.merge(ann, "2", "1");
      expect(merged.incident).toMatchObject({ number: 1, alertCount: 3, firingAlerts: 3 });
      expect(merged.work).toMatchObject({ tasks: [{ text: "Look" }], services: ["shop"] });
      expect(texts(merged).filter((text) => text.startsWith("Took in"))).toHaveLength(1);
      expect(merged.blast.map(({ service, firing }) => [service, firing])).toEqual([
        ["shop", 2],
        ["database", 1],
      ]);
    }
    const source = await incidents.get("2");
    expect(source).toMatchObject({ mergedInto: 1, incident: { state: "resolved", alertCount: 0 } });
    await expect(incidents.reopen(ann, "2")).rejects.toMatchObject({ code: "incident_merged" });
    // What fires on stays with the one that took it in.
    expect(await incidents.takeGroup(storm(["shop", "shop"], "b"))).toHaveLength(1);
    await expect(incidents.merge(ann, "1", "1")).rejects.toThrow(/into itself/);
    await expect(incidents.merge(ann, "1", "2")).rejects.toThrow(/itself merged/);
  });

  it("whoever merges at once, the alerts are in one place", async () => {
    for (const key of ["a", "b", "c"]) await incidents.takeGroup(storm([key], key));
    await Promise.allSettled([
      incidents.merge(ann, "1", "2"),
      incidents.merge(ann, "2", "3"),
      incidents.merge(ann, "3", "1"),
    ]);
    const counts = await Promise.all(["1", "2", "3"].map((id) => incidents.get(id)));
    expect(counts.reduce((sum, { incident }) => sum + incident.alertCount, 0)).toBe(3);
  });
});

it("splits some alerts off, once, and keeps at least one", async () => {
  await incidents.takeGroup(storm(["shop", "search", "mail"]));
  const before = await incidents.get("1");
  const mail = before.alerts.filter(({ labels }) => labels["service"] === "mail");
  const given = {
    title: "Mail is another matter",
    severity: "P3",
    service: "mail",
    alerts: mail.map((each) => each.fingerprint),
  } as const;
  for (const _ of [1, 2]) {
    const other = await incidents.split(ann, "1", given);
    expect(other).toMatchObject({
      splitFrom: 1,
      incident: { number: 2, alertCount: 1, state: "investigating", acknowledgedBy: ann },
    });
  }
  expect((await incidents.get("1")).incident.alertCount).toBe(2);
  // It stays there while it fires, and is resolved there.
  await incidents.takeGroup(storm(["shop", "search", "mail"]));
  expect((await incidents.get("2")).incident.alertCount).toBe(1);
  const rest = (await incidents.get("1")).alerts.map((each) => each.fingerprint);
  await expect(incidents.split(ann, "1", { ...given, alerts: rest })).rejects.toThrow(
    /has to stay/,
  );
  await expect(incidents.split(ann, "1", { ...given, alerts: ["?"] })).rejects.toThrow(
    /0 of these 1/,
  );
});

describe("a storm", () => {
  const chain = [
    { caller: "web", callee: "shop" },
    { caller: "shop", callee: "database" },
    { caller: "mail", callee: "database" },
    { caller: "blog", callee: "cms" },
  ];

  it("of 300 alerts in 60 groups after one database failed is one incident with all that it reaches", async () => {
    const map = new ServiceMap();
    map.learn(chain);
    incidents = createIncidents({
      records,
      clock,
      announce: () => {},
      calls: map,
    });
    await incidents.takeGroup(storm(["database"], "first"));
    for (let group = 0; group < 60; group += 1) {
      const service = ["web", "shop", "mail"][group % 3] ?? "";
      const { alerts, ...rest } = storm(
        Array.from({ length: 5 }, () => service),
        `g${group}`,
      );
      const own = alerts.map((each, place) => {
        const labels = { ...each.labels, instance: `${group}-${place}` };
        return { ...each, labels, fingerprint: fingerprint(labels) };
      });
      await incidents.takeGroup({ ...rest, alerts: own });
    }
    const detail = await incidents.get("1");
    expect(detail.incident).toMatchObject({ service: "database", alertCount: 301 });
    expect(detail.blast.map(({ service, firing }) => [service, firing])).toEqual([
      ["mail", 100],
      ["shop", 100],
      ["web", 100],
      ["database", 1],
    ]);
    // What has nothing to do with it, and what begins long afterwards, is another matter.
    await incidents.takeGroup(storm(["blog"], "elsewhere"));
    now += 11 * MINUTE;
    await incidents.takeGroup(storm(["mail"], "later"));
    expect((await incidents.get("2")).incident.service).toBe("blog");
    const { timeline } = await incidents.get("1");
    expect(timeline.filter(({ kind }) => kind === "opened")).toHaveLength(1);
  });

  it("is one incident too when those who call the failed one are heard of first, and it is named by that one", async () => {
    const map = new ServiceMap();
    const services = Array.from({ length: 12 }, (_, index) => `caller-${index}`);
    map.learn(services.map((caller) => ({ caller, callee: "database" })));
    incidents = createIncidents({ records, clock, announce: () => {}, calls: map });
    const changes = (names: readonly string[]) =>
      names.map((service) => ({ group: storm([service], service), at: now }));
    await records.transaction((tx) =>
      incidents.groupsChanged(tx, changes([...services.slice(0, 8), "database"])),
    );
    for (const late of services.slice(8)) await incidents.takeGroup(storm([late], late));
    const { incidents: open } = await incidents.list({ state: "open", limit: 10 });
    expect(open).toHaveLength(1);
    expect(open[0]).toMatchObject({ service: "database", alertCount: 13 });
  });

  it("is one incident by a label as well, within one transaction and over several", async () => {
    incidents = createIncidents({
      records,
      clock,
      announce: () => {},
      policy: { joinLabels: ["cluster"] },
    });
    const labelled = (service: string, cluster: string, key: string): AlertGroup => {
      const { alerts, ...rest } = storm([service], key);
      const own = alerts.map((each) => {
        const labels = { ...each.labels, cluster };
        return { ...each, labels, fingerprint: fingerprint(labels) };
      });
      return { ...rest, alerts: own };
    };
    await records.transaction((tx) =>
      incidents.groupsChanged(tx, [
        { group: labelled("a", "eu", "1"), at: now },
        { group: labelled("b", "eu", "2"), at: now },
        { group: labelled("c", "us", "3"), at: now },
      ]),
    );
    await incidents.takeGroup(labelled("d", "eu", "4"));
    const { incidents: open } = await incidents.list({ state: "open", limit: 10 });
    expect(open.map(({ number, alertCount }) => [number, alertCount])).toEqual([
      [2, 1],
      [1, 3],
    ]);
  });
});
