import { expect, it } from "vitest";
import { advance, byFingerprint, isDue, RESOLVED_RETENTION } from "./alert-lifecycle.ts";
import type { AlertStates } from "./alert-lifecycle.ts";

const MINUTE = 60_000;
const FOUND = { labels: { alertname: "Down", instance: "a" }, annotations: {}, value: 1 };

/** Runs the lifecycle over a history: `1` found, `.` not found; answers the state letters. */
function states(history: string, rule: { holdFor: number; keepFiringFor: number }, step: number) {
  let alerts: AlertStates = new Map();
  let letters = "";
  for (const [index, char] of Array.from(history).entries()) {
    const found = byFingerprint(char === "1" ? [FOUND] : []) ?? new Map();
    alerts = advance(alerts, found, index * step, rule);
    letters += [...alerts.values()][0]?.state.slice(0, 1) ?? "-";
  }
  return { letters, alerts };
}

it.each([
  // Without `for` an alert fires at once and stays as resolved for a while.
  ["1.", { holdFor: 0, keepFiringFor: 0 }, "fi"],
  // `for` counts from the first finding, and one miss starts it over.
  ["1111", { holdFor: 2 * MINUTE, keepFiringFor: 0 }, "ppff"],
  ["11.111.", { holdFor: 2 * MINUTE, keepFiringFor: 0 }, "pp-ppfi"],
  // `keep_firing_for` bridges gaps, and a finding resets it.
  ["1..1...", { holdFor: 0, keepFiringFor: 3 * MINUTE }, "fffffff"],
  ["1....", { holdFor: 0, keepFiringFor: 3 * MINUTE }, "ffffi"],
  // A resolved alert that is found again is a new one.
  ["1.1", { holdFor: MINUTE, keepFiringFor: 0 }, "p-p"],
  ["11.11", { holdFor: MINUTE, keepFiringFor: 0 }, "pfipf"],
] as const)("%s under %o goes %s", (history, rule, expected) => {
  expect(states(history, rule, MINUTE).letters).toBe(expected);
});

it("a resolved alert is kept for the retention and then forgotten", () => {
  const minutes = RESOLVED_RETENTION / MINUTE;
  const rule = { holdFor: 0, keepFiringFor: 0 };
  expect(states(`1${".".repeat(minutes + 1)}`, rule, MINUTE).letters.endsWith("i")).toBe(true);
  expect(states(`1${".".repeat(minutes + 2)}`, rule, MINUTE).letters.endsWith("-")).toBe(true);
});

it("an alert that fires has to wait again when its rule is made to wait longer", () => {
  const { alerts } = states("11", { holdFor: MINUTE, keepFiringFor: 0 }, MINUTE);
  const found = byFingerprint([FOUND]) ?? new Map();
  const longer = { holdFor: 3 * MINUTE, keepFiringFor: 0 };
  const sent = new Map([...alerts].map(([key, alert]) => [key, { ...alert, lastSentAt: MINUTE }]));
  const waiting = advance(sent, found, 2 * MINUTE, longer);
  expect([...waiting.values()]).toMatchObject([
    { state: "pending", activeAt: 0, firedAt: undefined, lastSentAt: 0 },
  ]);
  expect([...advance(waiting, found, 3 * MINUTE, longer).values()]).toMatchObject([
    { state: "firing", firedAt: 3 * MINUTE },
  ]);
});

it("a new alert starts anew: times, and never sent", () => {
  const { alerts } = states("1.1", { holdFor: 0, keepFiringFor: 0 }, MINUTE);
  expect([...alerts.values()][0]).toMatchObject({
    state: "firing",
    activeAt: 2 * MINUTE,
    firedAt: 2 * MINUTE,
    resolvedAt: undefined,
    lastSentAt: 0,
  });
});

it("an alert that goes on keeps its start and takes the new value and annotations", () => {
  const rule = { holdFor: 0, keepFiringFor: 0 };
  const first = advance(new Map(), byFingerprint([FOUND]) ?? new Map(), 1000, rule);
  const changed = { ...FOUND, value: 7, annotations: { summary: "7" } };
  const second = advance(first, byFingerprint([changed]) ?? new Map(), 2000, rule);
  expect([...second.values()]).toMatchObject([
    { activeAt: 1000, firedAt: 1000, value: 7, annotations: { summary: "7" } },
  ]);
});

it("two findings with the same labels are refused", () => {
  expect(byFingerprint([FOUND, { ...FOUND, value: 2 }])).toBeUndefined();
});

it("a restored alert is not over while it is tolerated, nor does it fire unseen", () => {
  const rule = { holdFor: MINUTE, keepFiringFor: 0 };
  const pending = advance(new Map(), byFingerprint([FOUND]) ?? new Map(), 0, rule);
  const restored = new Map(
    [...pending].map(([key, alert]) => [key, { ...alert, toleratedUntil: 5 * MINUTE }] as const),
  );
  const unseen = advance(restored, new Map(), 4 * MINUTE, rule);
  expect([...unseen.values()]).toMatchObject([{ state: "pending" }]);
  expect(advance(unseen, new Map(), 5 * MINUTE, rule).size).toBe(0);
  const seen = advance(unseen, byFingerprint([FOUND]) ?? new Map(), 4 * MINUTE, rule);
  expect([...seen.values()]).toMatchObject([{ state: "firing", activeAt: 0 }]);
  expect(
    advance(seen, new Map(), 4 * MINUTE + 1, rule)
      .values()
      .next().value,
  ).toMatchObject({
    state: "inactive",
  });
});

it("the router hears of an alert every resend delay, and of its end at once", () => {
  const rule = { holdFor: MINUTE, keepFiringFor: 0 };
  const found = byFingerprint([FOUND]) ?? new Map();
  const one = (alerts: AlertStates) => {
    const [alert] = alerts.values();
    if (alert === undefined) throw new Error("there is no alert");
    return alert;
  };
  const start = 10 * MINUTE;
  const pending = advance(new Map(), found, start, rule);
  expect(isDue(one(pending), start, MINUTE)).toBe(false);
  const firing = advance(pending, found, start + MINUTE, rule);
  expect(isDue(one(firing), start + MINUTE, MINUTE)).toBe(true);
  const sent = { ...one(firing), lastSentAt: start + MINUTE };
  expect(isDue(sent, start + 2 * MINUTE, MINUTE)).toBe(false);
  expect(isDue(sent, start + 2 * MINUTE + 1, MINUTE)).toBe(true);
  const over = advance(new Map([[sent.fingerprint, sent]]), new Map(), start + 2 * MINUTE, rule);
  expect(isDue(one(over), start + 2 * MINUTE, MINUTE)).toBe(true);
});
