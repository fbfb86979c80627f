import { expect, it } from "vitest";
import { faultOf, newLayer } from "./schedule-draft.ts";

const layer = {
  ...newLayer("Primary", "Europe/Berlin", new Date(2026, 0, 7, 12)),
  people: ["ana"],
};
const draft = { name: "Backend", timeZone: "Europe/Berlin", layers: [layer] };

it("begins on the Monday of this week", () => {
  expect(layer.startsAt).toBe("2026-01-05T09:00");
  expect(newLayer("x", "UTC", new Date(2026, 0, 11, 12)).startsAt).toBe("2026-01-05T09:00");
  expect(newLayer("x", "UTC", new Date(2026, 0, 12)).startsAt).toBe("2026-01-12T09:00");
});

it.each([
  [{}, undefined],
  [{ name: "" }, "Give the schedule a name."],
  [{ layers: [{ ...layer, people: [] }] }, '"Primary" needs somebody to take turns.'],
  [{ layers: [{ ...layer, name: " " }] }, "A layer needs a name."],
  [{ layers: [{ ...layer, startsAt: "" }] }, '"Primary" needs the time of its first handover.'],
  [
    { layers: [{ ...layer, turn: { unit: "day" as const, length: Number.NaN } }] },
    '"Primary" needs turns of 1 to 52 days or weeks.',
  ],
  [
    { layers: [{ ...layer, windows: [{ days: [], from: "09:00", to: "17:00" }] }] },
    '"Primary" needs days and times for each of its windows.',
  ],
])("says what is missing: %j", (change, reason) => {
  expect(faultOf({ ...draft, ...change })?.reason).toBe(reason);
});
