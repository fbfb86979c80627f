import { expect, it } from "vitest";
import type { MeasuredIncident } from "../../store/index.ts";
import { testRecords } from "../../../test/records.ts";
import { createIncidents } from "../incidents/incidents.ts";
import { createIncidentFigures, figuresOf } from "./figures.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const at = (text: string) => new Date(`${text}Z`);
const span = { from: at("2026-01-01T00:00"), to: at("2026-04-01T00:00") };

function incident(
  id: string,
  opened: string,
  more: Partial<MeasuredIncident> = {},
): MeasuredIncident {
  const openedAt = at(opened);
  const later = (minutes: number) => new Date(openedAt.getTime() + minutes * MINUTE);
  return {
    id,
    number: Number(id),
    title: "Checkout fails",
    severity: "P1",
    service: "shop",
    beganAt: later(-2),
    openedAt,
    acknowledgedAt: later(4),
    resolvedAt: later(30),
    ...more,
  };
}

it("are means by severity, service and month; what was there 30 days before is a repeat", () => {
  const incidents = [
    incident("1", "2025-12-20T00:00"),
    incident("2", "2026-01-10T00:00"),
    incident("3", "2026-01-11T00:00", { title: "Slow", severity: "P3", service: null }),
    incident("4", "2026-03-31T23:00", {
      beganAt: at("2026-03-31T22:50"),
      acknowledgedAt: null,
      resolvedAt: null,
    }),
  ];
  const report = figuresOf(incidents, [], ["P1"], span, at("2026-04-02T00:00").getTime());
  expect(report.all).toEqual({
    incidents: 3,
    detect: ((2 + 2 + 10) / 3) * MINUTE,
    acknowledge: 4 * MINUTE,
    resolve: 30 * MINUTE,
    repeats: 1,
  });
  expect(report.bySeverity.map(({ severity, incidents: many }) => [severity, many])).toEqual([
    ["P1", 2],
    ["P2", 0],
    ["P3", 1],
  ]);
  expect(report.bySeverity[1]).toMatchObject({ detect: null, acknowledge: null, resolve: null });
  expect(report.byService.map(({ service, repeats }) => [service, repeats])).toEqual([
    ["shop", 1],
    [null, 0],
  ]);
  expect(report.byMonth.map(({ month, incidents: many }) => [month, many])).toEqual([
    ["2026-01", 2],
    ["2026-02", 0],
    ["2026-03", 1],
  ]);
  expect(report.followUp).toMatchObject({ inTime: 0, actions: 0 });
});

it("count a post-mortem once it is due or done", () => {
  const incidents = [
    incident("1", "2026-01-10T00:00"),
    incident("2", "2026-01-11T00:00"),
    incident("3", "2026-01-12T00:00", { severity: "P3" }),
    incident("4", "2026-03-31T12:00"),
  ];
  const done = (id: string, after: number) => ({
    incidentId: id,
    completedAt: new Date(Number(incidents[Number(id) - 1]?.resolvedAt) + after),
    actions: 3,
    actionsDone: 1,
  });
  const written = [done("1", 47 * HOUR), done("2", 49 * HOUR)];
  const now = at("2026-04-01T00:00").getTime();
  // The third needs none, and that of the fourth is not due yet.
  expect(figuresOf(incidents, written, ["P1", "P2"], span, now).followUp).toEqual({
    due: 2,
    inTime: 1,
    actions: 6,
    actionsDone: 2,
  });
});

it("are of what is kept: neither planned work nor what was merged", async () => {
  const records = await testRecords();
  try {
    let now = at("2026-02-01T00:00").getTime();
    const clock = {
      now: () => now,
      after: () => {
        throw new Error("no timers");
      },
    };
    const incidents = createIncidents({ records, clock, announce: () => {} });
    const given = { title: "Checkout fails", severity: "P1", service: "shop" } as const;
    await incidents.open("ann", { ...given, beganAt: new Date(now - 5 * MINUTE) });
    await incidents.open("ann", given);
    await incidents.open("ann", { ...given, severity: "maintenance" });
    await incidents.merge("ann", "2", "1");
    now += 3 * MINUTE;
    await incidents.moveTo("ann", "1", "investigating");
    now += 7 * MINUTE;
    await incidents.resolve("ann", "1");
    const figures = createIncidentFigures({ records, now: () => now, severities: ["P1"] });
    const report = await figures.report(span.from, span.to);
    expect(report.all).toEqual({
      incidents: 1,
      detect: 5 * MINUTE,
      acknowledge: 3 * MINUTE,
      resolve: 10 * MINUTE,
      repeats: 0,
    });
  } finally {
    await records.close();
  }
});
