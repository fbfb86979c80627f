import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runRuleTests } from "./run-rule-tests.ts";

const RULES = `
groups:
  - name: g
    rules:
      - record: job:up:sum
        expr: sum by (job) (up)
      - alert: Down
        expr: job:up:sum == 0
        for: 2m
        labels: { severity: critical }
        annotations: { summary: "{{ $labels.job }} is down in {{ $externalLabels.zone }}" }
`;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sw-rule-tests-"));
  await writeFile(join(folder, "rules.yml"), RULES);
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function problemsOf(tests: string) {
  const file = join(folder, "tests.yml");
  await writeFile(file, `rule_files: [rules.yml]\n${tests}`);
  const results = await runRuleTests(file);
  return results.flatMap(({ problems }) => problems);
}

const DOWN = `
tests:
  - interval: 1m
    external_labels: { zone: z }
    input_series:
      - { series: 'up{job="shop", instance="a"}', values: "1 0x5" }
      - { series: 'up{job="shop", instance="b"}', values: "1 0x5" }
`;

it("passes where alerts, recorded series and expressions are as expected", async () => {
  const tests = `${DOWN}
    alert_rule_test:
      - { eval_time: 2m, alertname: Down }
      - eval_time: 3m30s
        alertname: Down
        exp_alerts:
          - exp_labels: { severity: critical, job: shop }
            exp_annotations: { summary: "shop is down in z" }
    promql_expr_test:
      - expr: job:up:sum
        eval_time: 0
        exp_samples: [{ labels: 'job:up:sum{job="shop"}', value: 2 }]
      - expr: count(ALERTS{alertstate="pending"})
        eval_time: 1m
        exp_samples: [{ value: 1 }]
      - expr: time()
        eval_time: 1m
        exp_samples: [{ value: 60 }]
`;
  expect(await problemsOf(tests)).toEqual([]);
});

it("says the line, what was expected and what was there", async () => {
  const problems = await problemsOf(`${DOWN}
    alert_rule_test:
      - { eval_time: 3m, alertname: Down }
    promql_expr_test:
      - { expr: job:up:sum, eval_time: 0, exp_samples: [{ labels: 'job:up:sum{job="shop"}', value: 3 }] }
      - { expr: nosuch(up), eval_time: 0 }
`);
  expect(problems[0]).toMatchObject({
    expected: [],
    got: ["Down", '  job="shop"', '  severity="critical"', '  # summary="shop is down in z"'],
    charts: [{ kind: "states", start: 0, step: 60_000, values: [0, 1, 1, 2] }],
  });
  expect(problems[1]).toMatchObject({
    expected: ['job:up:sum{job="shop"} 3'],
    got: ['job:up:sum{job="shop"} 2'],
    charts: [{ kind: "values", values: [2] }],
  });
  expect(problems).toMatchObject([
    { line: 11, what: "Down at 3m", why: expect.stringContaining("expected [], got [{") },
    { line: 13, why: expect.stringMatching(/^expected .*job:up:sum.* 3, got .*job:up:sum.* 2$/) },
    { line: 14, why: expect.stringContaining("unknown function") },
  ]);
});

it("compares exactly unless told otherwise", async () => {
  const tests = (fuzzy: boolean) => `
fuzzy_compare: ${fuzzy}
tests:
  - input_series: [{ series: x, values: 2.9999999999999996 }]
    promql_expr_test: [{ expr: x, exp_samples: [{ labels: x, value: 3 }] }]
`;
  expect(await problemsOf(tests(true))).toEqual([]);
  expect(await problemsOf(tests(false))).toHaveLength(1);
});

it("stops at a rule that fails, and names it", async () => {
  await writeFile(
    join(folder, "twice.yml"),
    "groups: [{name: g, rules: [{record: r, expr: up, labels: {i: one}}]}]",
  );
  const tests = `rule_files: [twice.yml]
tests:
  - input_series: [{ series: 'up{i="a"}', values: 1 }, { series: 'up{i="b"}', values: 1 }]
    promql_expr_test: [{ expr: r, eval_time: 5m }]
`;
  const file = join(folder, "twice-test.yml");
  await writeFile(file, tests);
  const problems = (await runRuleTests(file)).flatMap((result) => result.problems);
  expect(problems).toMatchObject([{ what: "evaluation", why: expect.stringContaining("rule: r") }]);
});

it("records native histograms", async () => {
  const problems = await problemsOf(`
tests:
  - input_series: [{ series: 'up{job="a"}', values: "{{sum:1 count:1 buckets:[1]}}x5" }]
    promql_expr_test:
      - expr: job:up:sum
        exp_samples:
          - { labels: 'job:up:sum{job="a"}', histogram: "{{count:1 sum:1 buckets:[1]}}" }
`);
  expect(problems).toEqual([]);
});

it("starts where it is told to", async () => {
  const problems = await problemsOf(`
tests:
  - start_timestamp: 2026-01-01T00:00:00Z
    input_series: [{ series: x, values: "1 2" }]
    promql_expr_test:
      - { expr: x, eval_time: 1m, exp_samples: [{ labels: x, value: 2 }] }
      - { expr: year(), eval_time: 1m, exp_samples: [{ value: 2026 }] }
`);
  expect(problems).toEqual([]);
});
