import { expect, it } from "vitest";
import { scopeInWords, stepsInWords, targetName } from "./policy-words.ts";

const people = [
  { id: "ana", name: "Ana" },
  { id: "ben", name: "Ben" },
];
const schedules = [{ id: "backend", name: "Backend" }];
const nameOf = (target: Parameters<typeof targetName>[0]) => targetName(target, schedules, people);

it("says who is paged when", () => {
  const steps = [
    { targets: [{ kind: "schedule", id: "backend" } as const], mode: "all", waitSeconds: 300 },
    {
      targets: [{ kind: "person", id: "ana" } as const, { kind: "person", id: "ben" } as const],
      mode: "round-robin",
      waitSeconds: 600,
    },
  ] as const;
  const policy = { steps: [...steps].map((step) => ({ ...step, targets: [...step.targets] })) };
  expect(stepsInWords({ ...policy, repeats: 2, everyoneInTheEnd: true }, nameOf)).toEqual([
    "At once: on call by Backend",
    "After 5 min without an answer: Ana or Ben, in turns",
    "After 10 min more: all of it again, 2 times",
    "After 10 min more: everybody",
  ]);
  expect(stepsInWords({ ...policy, repeats: 0, everyoneInTheEnd: false }, nameOf)).toHaveLength(2);
});

it("names what is gone, and what a policy is for", () => {
  expect(nameOf({ kind: "person", id: "x" })).toBe("somebody who is gone");
  expect(nameOf({ kind: "everyone" })).toBe("everybody");
  expect(scopeInWords({ severities: ["P1", "P2"], services: ["checkout"] })).toBe(
    "P1 and P2 of checkout",
  );
  expect(scopeInWords({ severities: ["P1"], services: [] })).toBe(
    "P1 of every service that no other policy names",
  );
});
