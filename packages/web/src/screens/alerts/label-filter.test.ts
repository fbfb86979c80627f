import { expect, it } from "vitest";
import { matchesFilter } from "./label-filter.ts";

const alert = {
  name: "ShopDown",
  state: "firing" as const,
  labels: { alertname: "ShopDown", service: "shop", severity: "critical" },
  annotations: { summary: "The shop does not answer" },
};

it.each([
  ["", true],
  ["service=shop", true],
  ['service="shop"', true],
  ["service=search", false],
  ["service!=search", true],
  ["team=", true],
  ["state=firing", true],
  ["state=pending", false],
  ["does not ANSWER", true],
  ["service=shop critical", true],
  ["service=shop warning", false],
])("the filter %j", (filter, matches) => {
  expect(matchesFilter(alert, filter)).toBe(matches);
});
