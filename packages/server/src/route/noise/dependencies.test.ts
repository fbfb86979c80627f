import { expect, it } from "vitest";
import { dependencySuggestions } from "./dependencies.ts";

const known = {
  targets: [{ job: "shop" }, { job: "a", service: "payments" }],
  alerts: new Set(["ServiceDown", "Slow", "Failing"]),
  requestAlerts: ["Slow", "Failing"],
  rules: [],
};
const call = (caller: string, callee: string, calls = 1) => ({ caller, callee, calls });

it("suggests to hide what follows from a service that is down, by the labels that name the two", () => {
  expect(dependencySuggestions([call("shop", "payments", 7)], known)).toEqual([
    {
      ...call("shop", "payments", 7),
      source: { alertname: "ServiceDown", service: "payments" },
      target: { job: "shop" },
      alerts: ["Failing", "Slow"],
    },
  ]);
});

it("leaves out what has no alerts, and calls the most frequent first", () => {
  const calls = [
    call("shop", "a database", 90),
    call("shop", "shop", 80),
    call("shop", "payments", 2),
    call("payments", "shop", 3),
  ];
  expect(dependencySuggestions(calls, known).map(({ callee }) => callee)).toEqual([
    "shop",
    "payments",
  ]);
  expect(dependencySuggestions(calls, { ...known, alerts: new Set(["Slow"]) })).toEqual([]);
  expect(dependencySuggestions(calls, { ...known, requestAlerts: [] })).toEqual([]);
});

it("knows what is hidden already, and what only would be within one service", () => {
  const rule = (equal: string[]) => ({
    name: "",
    source: [{ name: "alertname", operator: "=" as const, value: "ServiceDown" }],
    target: [{ name: "alertname", operator: "!=" as const, value: "ServiceDown" }],
    equal,
  });
  const calls = [call("shop", "payments")];
  expect(
    dependencySuggestions(calls, { ...known, rules: [rule(["service", "job"])] }),
  ).toHaveLength(1);
  expect(dependencySuggestions(calls, { ...known, rules: [rule([])] })).toEqual([]);
});
