import { createEngine } from "@seaworthy/promql";
import { expect, it } from "vitest";
import { alertingRule, recordingRule } from "../../../test/rules-rig.ts";
import type { Rule } from "./rule-group.ts";
import { metricsRead } from "./metrics-read.ts";
import { stagesOf } from "./stages.ts";

const engine = createEngine();
const parsed = (rule: Rule): Rule => ({ ...rule, reads: metricsRead(engine.parse(rule.query)) });
const names = (rules: readonly Rule[]) =>
  stagesOf(rules.map(parsed)).map((stage) => stage.map(({ name }) => name).join(" "));

it.each([
  ["1 + time()", []],
  ["up", ["up"]],
  ['{__name__="up", a="b"}', ["up"]],
  ["sum(rate(a[5m])) / on () group_left () -b offset 5m", ["a", "b"]],
  ["max_over_time((c > 3)[5m:1m]) and topk(scalar(d), e)", ["c", "e", "d"]],
  ["quantile_over_time(scalar(q), r[5m])", ["q", "r"]],
])("%s reads %j", (query, expected) => {
  expect(metricsRead(engine.parse(query))).toEqual(new Set(expected));
});

it.each(['{__name__=~"a.*"}', '{job="x"}', 'count({__name__!="a", job="x"})'])(
  "%s may read anything",
  (query) => {
    expect(metricsRead(engine.parse(query))).toBe("any");
  },
);

it("puts rules into one stage unless one reads what another there makes", () => {
  const a = recordingRule("a", "x");
  const b = recordingRule("b", "y");
  expect(names([a, b])).toEqual(["a b"]);
  expect(names([a, b, recordingRule("c", "a + b"), recordingRule("d", "x")])).toEqual([
    "a b",
    "c d",
  ]);
  expect(names([a, recordingRule("any", '{job="x"}')])).toEqual(["a", "any"]);
  expect(
    names([alertingRule("A", "x"), alertingRule("B", "y"), recordingRule("c", "ALERTS")]),
  ).toEqual(["A B", "c"]);
  const asks = alertingRule("Q", "y", { annotations: { x: '{{ query "a" }}' } });
  expect(names([a, asks])).toEqual(["a", "Q"]);
  expect(names([])).toEqual([]);
});
