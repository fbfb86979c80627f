import { dirname, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { createEngine, Labels as PromqlLabels } from "@seaworthy/promql";
import type { NativeHistogram, QueryValue } from "@seaworthy/promql";
import { almostEqual, parseMetric, parsePoints } from "@seaworthy/promql/testing";
import { labelsKey, messageOf, readConfigFile } from "../../model/index.ts";
import type { ConfigDocument, Labels } from "../../model/index.ts";
import { loadRuleGroups } from "../rules/load.ts";
import type { RuleGroup } from "../rules/rule-group.ts";
import { RuleSimulation } from "./rule-simulation.ts";
import { ruleTestFile } from "./test-file.ts";
import type { AlertTest, ExpressionTest, RuleTestFile, TestGroup } from "./test-file.ts";

const DEFAULT_INTERVAL = 60_000;

/** How one test group went: no problems is a pass. */
export interface RuleTestResult {
  readonly name: string;
  readonly line: number;
  readonly problems: readonly {
    readonly line: number;
    readonly what: string;
    readonly why: string;
  }[];
}

/**
 * Runs a file of unit tests for rules as `promtool test rules` does, on this installation's own engine.
 * Throws ConfigError when the file or one of its rule files cannot be read.
 */
export async function runRuleTests(file: string): Promise<RuleTestResult[]> {
  const document = await readConfigFile(file, ruleTestFile, { exactText: false });
  const results: RuleTestResult[] = [];
  for (const [index, group] of (document.value.tests ?? []).entries()) {
    const line = document.fault(["tests", index], "").line;
    const run = new GroupRun(document, group, index);
    await run.run();
    results.push({ name: group.name ?? `tests[${index}]`, line, problems: run.problems });
  }
  return results;
}

class GroupRun {
  readonly problems: { line: number; what: string; why: string }[] = [];
  readonly #document: ConfigDocument<RuleTestFile>;
  readonly #group: TestGroup;
  readonly #index: number;

  constructor(document: ConfigDocument<RuleTestFile>, group: TestGroup, index: number) {
    this.#document = document;
    this.#group = group;
    this.#index = index;
  }

  async run(): Promise<void> {
    const { value, file } = this.#document;
    const group = this.#group;
    const evaluationInterval = value.evaluation_interval || DEFAULT_INTERVAL;
    const step = group.interval || evaluationInterval;
    const start = group.start_timestamp ?? 0;
    const engine = createEngine();
    const folder = dirname(resolve(file));
    const defaults = { interval: step, externalLabels: group.external_labels ?? {} };
    const { groups } = await loadRuleGroups(value.rule_files ?? [], folder, defaults, (query) =>
      engine.parse(query),
    );
    const simulation = new RuleSimulation({
      groups: inOrder(groups, value.group_eval_order ?? []),
      externalUrl: group.external_url ?? "",
      interval: evaluationInterval,
      input: group.input_series ?? [],
      step,
      start,
    });
    const alertTests = group.alert_rule_test ?? [];
    const expressionTests = group.promql_expr_test ?? [];
    const times = [...alertTests, ...expressionTests].map(({ eval_time }) => eval_time ?? 0);
    const end = Math.max(0, ...times);
    for (let at = 0; at <= end; at += evaluationInterval) {
      const failures = await simulation.evaluate(start + at);
      for (const failure of failures) this.#problem([], "evaluation", failure);
      if (failures.length > 0) return;
      for (const [index, test] of alertTests.entries()) {
        const time = test.eval_time ?? 0;
        if (at <= time && time < at + evaluationInterval)
          this.#checkAlerts(test, index, simulation);
      }
    }
    simulation.arriveAt(start + end);
    for (const [index, test] of expressionTests.entries())
      await this.#checkExpression(test, index, simulation);
  }

  #checkAlerts(test: AlertTest, index: number, simulation: RuleSimulation): void {
    const wanted = (test.exp_alerts ?? []).map((alert) => ({
      labels: { ...alert.exp_labels, alertname: test.alertname },
      annotations: alert.exp_annotations ?? {},
    }));
    const got = simulation
      .firing(test.alertname)
      .map(({ labels, annotations }) => ({ labels, annotations }));
    if (isDeepStrictEqual(sortAlerts(wanted), sortAlerts(got))) return;
    this.#problem(
      ["alert_rule_test", index],
      `${test.alertname} at ${(test.eval_time ?? 0) / 1000}s`,
      `expected ${JSON.stringify(wanted)}, got ${JSON.stringify(got)}`,
    );
  }

  async #checkExpression(
    test: ExpressionTest,
    index: number,
    simulation: RuleSimulation,
  ): Promise<void> {
    const path = ["promql_expr_test", index];
    const start = this.#group.start_timestamp ?? 0;
    try {
      const { value } = await simulation.query(test.expr, start + (test.eval_time ?? 0));
      const wanted = sortSamples((test.exp_samples ?? []).map(wantedSample));
      const got = sortSamples(gotSamples(value));
      const isFuzzy = this.#document.value.fuzzy_compare ?? false;
      const same =
        wanted.length === got.length &&
        wanted.every((sample, i) => isSameSample(sample, got[i], isFuzzy));
      if (!same) this.#problem(path, test.expr, `expected ${show(wanted)}, got ${show(got)}`);
    } catch (error) {
      this.#problem(path, test.expr, messageOf(error));
    }
  }

  #problem(path: readonly (string | number)[], what: string, why: string): void {
    const { line } = this.#document.fault(["tests", this.#index, ...path], "");
    this.problems.push({ line, what, why });
  }
}

/** The named groups first, in the order that the file gives. */
function inOrder(groups: readonly RuleGroup[], names: readonly string[]): RuleGroup[] {
  const rank = ({ name }: RuleGroup) => (names.includes(name) ? names.indexOf(name) : names.length);
  return groups.toSorted((a, b) => rank(a) - rank(b));
}

function sortAlerts<T extends { readonly labels: Labels }>(alerts: readonly T[]): T[] {
  return alerts.toSorted((a, b) => (labelsKey(a.labels) < labelsKey(b.labels) ? -1 : 1));
}

interface Sample {
  readonly labels: PromqlLabels;
  readonly value: number;
  readonly histogram: NativeHistogram | undefined;
}

function wantedSample(sample: NonNullable<ExpressionTest["exp_samples"]>[number]): Sample {
  const labels =
    sample.labels === undefined || sample.labels === null || sample.labels === ""
      ? PromqlLabels.empty
      : parseMetric(sample.labels);
  if (sample.histogram !== undefined && sample.histogram !== null) {
    const [histogram] = parsePoints(sample.histogram);
    if (typeof histogram !== "object") throw new Error(`${sample.histogram} is not a histogram`);
    return { labels, value: 0, histogram };
  }
  if (typeof sample.value !== "string")
    return { labels, value: sample.value ?? 0, histogram: undefined };
  const [value] = parsePoints(sample.value);
  if (typeof value !== "number") throw new Error(`${sample.value} is not a number`);
  return { labels, value, histogram: undefined };
}

function gotSamples(value: QueryValue): Sample[] {
  if (value.type === "scalar")
    return [{ labels: PromqlLabels.empty, value: value.value, histogram: undefined }];
  if (value.type !== "vector")
    throw new Error("expected an expression that gives a vector or a scalar");
  return value.samples.map(({ labels, value: number, histogram }) => ({
    labels,
    value: histogram === undefined ? number : 0,
    histogram,
  }));
}

function sortSamples(samples: readonly Sample[]): Sample[] {
  return samples.toSorted((a, b) => (a.labels.key < b.labels.key ? -1 : 1));
}

function isSameSample(wanted: Sample, got: Sample | undefined, isFuzzy: boolean): boolean {
  if (got === undefined || wanted.labels.key !== got.labels.key) return false;
  const sameValue = isFuzzy
    ? almostEqual(wanted.value, got.value)
    : Object.is(wanted.value, got.value) || wanted.value === got.value;
  return sameValue && isDeepStrictEqual(wanted.histogram, got.histogram);
}

function show(samples: readonly Sample[]): string {
  if (samples.length === 0) return "nothing";
  return samples
    .map(
      ({ labels, value, histogram }) =>
        `${labels.toString()} ${histogram === undefined ? value : JSON.stringify(histogram)}`,
    )
    .join("; ");
}
