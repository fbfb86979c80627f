import { expect, test } from "vitest";
import { randomSchedules, referenceDuties, YEAR } from "../../../test/duty-reference.ts";
import type { ScheduleLayer } from "../../model/index.ts";
import { byPerson, dutiesOf, dutyAt } from "./duties.ts";

const layer = (given: Partial<ScheduleLayer>): ScheduleLayer => ({
  name: "Primary",
  timeZone: "Europe/Berlin",
  people: ["ana", "ben"],
  startsAt: "2026-01-05T09:00",
  endsAt: null,
  turn: { unit: "week", length: 1 },
  windows: [],
  ...given,
});
const at = (iso: string) => Date.parse(iso);
const shown = (
  layers: readonly ScheduleLayer[],
  from: string,
  to: string,
  overrides: Parameters<typeof dutiesOf>[1] = [],
) =>
  dutiesOf(layers, overrides, at(from), at(to)).map(
    (duty) =>
      `${new Date(duty.from).toISOString().slice(0, 16)} ${new Date(duty.to).toISOString().slice(0, 16)} ${duty.personId}`,
  );

test("a weekly turn is handed over at the same local time before and after daylight saving", () => {
  expect(shown([layer({})], "2026-03-20T00:00Z", "2026-04-07T00:00Z")).toEqual([
    "2026-03-20T00:00 2026-03-23T08:00 ana",
    "2026-03-23T08:00 2026-03-30T07:00 ben",
    "2026-03-30T07:00 2026-04-06T07:00 ana",
    "2026-04-06T07:00 2026-04-07T00:00 ben",
  ]);
});

test("nobody is on duty before a layer begins, nor after it has ended", () => {
  const short = layer({ endsAt: "2026-01-06T09:00" });
  expect(shown([short], "2026-01-01T00:00Z", "2026-02-01T00:00Z")).toEqual([
    "2026-01-05T08:00 2026-01-06T08:00 ana",
  ]);
});

test("a handover in the hour that is left out happens at the leap, one in the hour that comes twice once", () => {
  const night = layer({
    startsAt: "2026-03-28T02:30",
    turn: { unit: "day", length: 1 },
  });
  expect(shown([night], "2026-03-28T12:00Z", "2026-03-29T12:00Z")).toEqual([
    "2026-03-28T12:00 2026-03-29T01:00 ana",
    "2026-03-29T01:00 2026-03-29T12:00 ben",
  ]);
  expect(shown([night], "2026-10-24T12:00Z", "2026-10-25T12:00Z")).toEqual([
    "2026-10-24T12:00 2026-10-25T00:30 ana",
    "2026-10-25T00:30 2026-10-25T12:00 ben",
  ]);
});

test("a window that begins with the hour that is left out begins at the leap", () => {
  const night = layer({ people: ["ana"], windows: [{ days: [7], from: "02:00", to: "04:00" }] });
  expect(shown([night], "2026-03-28T00:00Z", "2026-03-30T00:00Z")).toEqual([
    "2026-03-29T01:00 2026-03-29T02:00 ana",
  ]);
});

test("the sun is followed by layers with windows in their own zones", () => {
  const office = (name: string, timeZone: string, person: string) =>
    layer({
      name,
      timeZone,
      people: [person],
      startsAt: "2026-01-01T00:00",
      windows: [{ days: [1, 2, 3, 4, 5], from: "09:00", to: "17:00" }],
    });
  const everywhere = layer({ people: ["zoe"], startsAt: "2026-01-01T00:00" });
  const layers = [
    everywhere,
    office("Auckland", "Pacific/Auckland", "kiri"),
    office("Berlin", "Europe/Berlin", "ana"),
    office("New York", "America/New_York", "lou"),
  ];
  expect(shown(layers, "2026-07-15T00:00Z", "2026-07-16T00:00Z")).toEqual([
    "2026-07-15T00:00 2026-07-15T05:00 kiri",
    "2026-07-15T05:00 2026-07-15T07:00 zoe",
    "2026-07-15T07:00 2026-07-15T13:00 ana",
    "2026-07-15T13:00 2026-07-15T21:00 lou",
    "2026-07-15T21:00 2026-07-16T00:00 kiri",
  ]);
});

test("a window over midnight belongs to the day on which it begins", () => {
  const nights = layer({
    people: ["ana"],
    windows: [{ days: [5], from: "22:00", to: "06:00" }],
  });
  expect(shown([nights], "2026-01-12T00:00Z", "2026-01-19T00:00Z")).toEqual([
    "2026-01-16T21:00 2026-01-17T05:00 ana",
  ]);
});

test("an override takes precedence, the later of two too, and ends as it should", () => {
  const overrides = [
    { id: "1", personId: "cleo", from: at("2026-01-06T00:00Z"), to: at("2026-01-08T00:00Z") },
    { id: "2", personId: "ben", from: at("2026-01-07T00:00Z"), to: at("2026-01-07T12:00Z") },
  ];
  expect(shown([layer({})], "2026-01-05T12:00Z", "2026-01-09T00:00Z", overrides)).toEqual([
    "2026-01-05T12:00 2026-01-06T00:00 ana",
    "2026-01-06T00:00 2026-01-07T00:00 cleo",
    "2026-01-07T00:00 2026-01-07T12:00 ben",
    "2026-01-07T12:00 2026-01-08T00:00 cleo",
    "2026-01-08T00:00 2026-01-09T00:00 ana",
  ]);
});

test("somebody is on duty at an instant, and nobody when no layer is", () => {
  const days = layer({ windows: [{ days: [1, 2, 3, 4, 5], from: "09:00", to: "17:00" }] });
  expect(dutyAt([days], [], at("2026-01-05T08:00Z"))?.personId).toBe("ana");
  expect(dutyAt([days], [], at("2026-01-05T07:59Z"))).toBeUndefined();
  expect(dutyAt([layer({ people: [] })], [], at("2026-01-06T00:00Z"))).toBeUndefined();
});

test("generated schedules are the same as a count of every minute of a year", () => {
  for (const schedule of randomSchedules(7, 40)) {
    const duties = byPerson(dutiesOf(schedule.layers, schedule.overrides, YEAR.from, YEAR.to));
    const found = duties.map(({ from, to, personId }) => ({ from, to, personId }));
    expect(found, JSON.stringify(schedule)).toEqual(referenceDuties(schedule));
  }
});
