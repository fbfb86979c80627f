import { expect, it } from "vitest";
import { loadByPerson } from "./load.ts";

const at = (time: string) => Date.parse(time);
const page = (personId: string, incidentId: string, time: string, answered?: string) => ({
  personId,
  incidentId,
  at: new Date(time),
  answeredAt: answered === undefined ? null : new Date(answered),
});
const berlin = () => "Europe/Berlin";

it("counts a night once, by the wall clock of whoever sleeps, and duties that overlap once", () => {
  const duties = [
    { personId: "ana", from: at("2026-01-05T08:00:00Z"), to: at("2026-01-06T08:00:00Z") },
    { personId: "ana", from: at("2026-01-06T00:00:00Z"), to: at("2026-01-06T10:00:00Z") },
    { personId: "ben", from: at("2026-01-06T08:00:00Z"), to: at("2026-01-06T09:00:00Z") },
  ];
  const pages = [
    // 22:00 and 06:59 of one night in Berlin; 07:00 and 21:59 are day.
    page("ana", "1", "2026-01-05T21:00:00Z", "2026-01-05T21:02:00Z"),
    page("ana", "1", "2026-01-06T05:59:00Z"),
    page("ana", "2", "2026-01-06T06:00:00Z", "2026-01-06T06:10:00Z"),
    page("ana", "3", "2026-01-06T20:59:00Z", "2026-01-06T21:03:00Z"),
  ];
  expect(loadByPerson(duties, pages, berlin)).toEqual([
    {
      personId: "ana",
      timeZone: "Europe/Berlin",
      onDutySeconds: 26 * 3600,
      interruptions: 4,
      nights: 1,
      weekendDays: 0,
      incidents: 3,
      answered: 3,
      medianAnswerSeconds: 240,
    },
    expect.objectContaining({
      personId: "ben",
      onDutySeconds: 3600,
      interruptions: 0,
      medianAnswerSeconds: null,
    }),
  ]);
});

it("counts the days of a weekend apart from its nights, also of those who were not on duty", () => {
  const saturday = [
    page("cleo", "1", "2026-01-10T10:00:00Z"),
    page("cleo", "2", "2026-01-10T15:00:00Z"),
    page("cleo", "2", "2026-01-10T23:00:00Z"),
    page("cleo", "2", "2026-01-11T10:00:00Z"),
  ];
  expect(loadByPerson([], saturday, berlin)).toMatchObject([
    { personId: "cleo", interruptions: 4, weekendDays: 2, nights: 1, onDutySeconds: 0 },
  ]);
});
