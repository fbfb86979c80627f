import fc from "fast-check";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { emptyDraft, type RuleDraft } from "./rule-draft.ts";
import { ruleYaml } from "./rule-yaml.ts";

const draft: RuleDraft = {
  type: "alerting",
  language: "promql",
  name: "TooManyErrors",
  expression: 'sum(rate(x{status=~"5.."}[5m]))\n  / sum(rate(x[5m])) > 0.05',
  hold: "5m",
  keep: "",
  labels: [["severity", "critical"]],
  annotations: [
    ["summary", '{{ $value | humanizePercentage }} of "everything" fails'],
    ["runbook_url", ""],
  ],
};

it("writes what people would write", () => {
  expect(ruleYaml(draft, "shop")).toBe(`groups:
  - name: shop
    rules:
      - alert: TooManyErrors
        expr: |-
          sum(rate(x{status=~"5.."}[5m]))
            / sum(rate(x[5m])) > 0.05
        for: 5m
        labels:
          severity: critical
        annotations:
          summary: "{{ $value | humanizePercentage }} of \\"everything\\" fails"
`);
});

it("leaves out what is empty, and what a recording rule does not have", () => {
  const yaml = ruleYaml({ ...draft, type: "recording", name: "job:x", labels: [] }, "a: b");
  expect(parse(yaml)).toEqual({
    groups: [{ name: "a: b", rules: [{ record: "job:x", expr: draft.expression }] }],
  });
});

it("is read back as what it was, whatever is in it", () => {
  const text = fc.string({ unit: "grapheme" }).filter((value) => !/\p{Surrogate}/u.test(value));
  const pair = fc.tuple(text, text).filter(([name]) => name !== "__proto__" && name !== "<<");
  fc.assert(
    fc.property(
      text,
      text,
      fc.oneof(
        text,
        fc.string({
          unit: fc.constantFrom(
            "a",
            " ",
            "\n",
            "\t",
            "#",
            ":",
            "'",
            '"',
            "{",
            "|",
            "-",
            "&",
            "!",
            "%",
          ),
        }),
      ),
      fc.uniqueArray(pair, { selector: ([name]) => name }),
      (group, name, expression, labels) => {
        const yaml = ruleYaml({ ...emptyDraft, name, expression, labels }, group);
        const filled = labels.filter(([label, value]) => label !== "" && value !== "");
        const [rule] = (parse(yaml) as { groups: { name: string; rules: unknown[] }[] }).groups.map(
          (each) => ({ group: each.name, ...(each.rules[0] as object) }),
        );
        expect(rule).toEqual({
          group,
          alert: name,
          expr: expression.trim(),
          for: "5m",
          ...(filled.length === 0 ? {} : { labels: Object.fromEntries(filled) }),
        });
      },
    ),
    { numRuns: 400 },
  );
});
