import { dirname, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { createEngine, Labels as PromqlLabels } from "@seaworthy/promql";
import type { RuleTestChart, RuleTestProblem, RuleTestResult } from "@seaworthy/contract";
import type { NativeHistogram, QueryValue } from "@seaworthy/promql";
import { almostEqual, parseMetric, parsePoints } from "@seaworthy/promql/testing";
import {
  ConfigError,
  formatDuration,
  labelsKey,
  messageOf,
  readConfigFile,
  sortedNames,
} from "../../model/index.ts";
import type { ConfigDocument, Labels } from "../../model/index.ts";
import { logqlRules, promqlRules } from "../rules/languages.ts";
import { loadRuleGroups } from "../rules/load.ts";
import type { RuleGroup } from "../rules/rule-group.ts";
import { RuleSimulation, seriesText } from "./rule-simulation.ts";
import { ruleTestFile } from "./test-file.ts";
import type { AlertTest, ExpressionTest, RuleTestFile, TestGroup } from "./test-file.ts";

const DEFAULT_INTERVAL = 60_000;
/** The most points and series of a problem's charts. */
const MAX_POINTS = 60;
const MAX_CHARTS = 4;

/**
 * Runs a file of unit tests for rules as `promtool test rules` does, on this installation's own engine.
 * Throws ConfigError when the file or one of its rule files cannot be read. `wanted` chooses test groups
 * by their names.
 */
export async function runRuleTests(
  file: string,
  wanted: (name: string) => boolean = () => true,
): Promise<RuleTestResult[]> {
  const document = await readConfigFile(file, ruleTestFile, { exactText: false });
  checkOrder(document);
  const results: RuleTestResult[] = [];
  for (const [index, group] of (document.value.tests ?? []).entries()) {
    if (!wanted(group.name ?? "")) continue;
    const line = document.fault(["tests", index], "").line;
    const run = new GroupRun(document, group, index);
    await run.run();
    results.push({ name: group.name ?? `tests[${index}]`, line, problems: run.problems });
  }
  return results;
}

function checkOrder(document: ConfigDocument<RuleTestFile>): void {
  const names = document.value.group_eval_order ?? [];
  const twice = names.findIndex((name, i) => names.indexOf(name) !== i);
  if (twice < 0) return;
  const reason = `group name repeated in evaluation order: ${names[twice] ?? ""}`;
  throw new ConfigError([document.fault(["group_eval_order", twice], reason)]);
}

class GroupRun {
  readonly problems: RuleTestProblem[] = [];
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
    const promql = promqlRules((query) => engine.parse(query));
    const overMetrics = await loadRuleGroups(value.rule_files ?? [], folder, defaults, promql);
    const overLogs = await loadRuleGroups(value.loki_rule_files ?? [], folder, defaults, {
      ...logqlRules,
      setting: "loki_rule_files",
    });
    const groups = [...overMetrics.groups, ...overLogs.groups];
    const simulation = new RuleSimulation({
      groups: inOrder(groups, value.group_eval_order ?? []),
      externalUrl: group.external_url ?? "",
      interval: evaluationInterval,
      input: group.input_series ?? [],
      streams: group.input_streams ?? [],
      step,
      start,
    });
    const alertTests = group.alert_rule_test ?? [];
    const expressionTests = group.promql_expr_test ?? [];
    const times = [...alertTests, ...expressionTests].map(({ eval_time }) => eval_time ?? 0);
    const end = Math.max(0, ...times);
    const failedAlerts: { test: AlertTest; index: number; got: FiringAlert[] }[] = [];
    for (let at = 0; at <= end; at += evaluationInterval) {
      const failures = await simulation.evaluate(start + at);
      for (const failure of failures) this.#problem([], "evaluation", failure);
      if (failures.length > 0) return;
      for (const [index, test] of alertTests.entries()) {
        const time = test.eval_time ?? 0;
        if (at > time || time >= at + evaluationInterval) continue;
        const got = firingAlerts(simulation, test.alertname);
        if (!isDeepStrictEqual(sortAlerts(wantedAlerts(test)), sortAlerts(got)))
          failedAlerts.push({ test, index, got });
      }
    }
    simulation.arriveAt(start + end);
    // Told once the whole history is there to be drawn.
    for (const { test, index, got } of failedAlerts) {
      this.#alertProblem(test, index, got, simulation.timelines(test.alertname));
    }
    for (const [index, test] of expressionTests.entries())
      await this.#checkExpression(test, index, simulation);
  }

  #alertProblem(
    test: AlertTest,
    index: number,
    got: readonly FiringAlert[],
    charts: readonly RuleTestChart[],
  ): void {
    const wanted = wantedAlerts(test);
    const time = formatDuration(test.eval_time ?? 0);
    this.#problem(
      ["alert_rule_test", index],
      `${test.alertname} at ${time}`,
      `expected ${JSON.stringify(wanted)}, got ${JSON.stringify(got)}`,
      {
        expected: sortAlerts(wanted).flatMap(alertLines),
        got: sortAlerts(got).flatMap(alertLines),
        charts,
      },
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
      if (same) return;
      this.#problem(
        path,
        `${test.expr} at ${formatDuration(test.eval_time ?? 0)}`,
        `expected ${show(wanted)}, got ${show(got)}`,
        {
          expected: wanted.map(sampleLine),
          got: got.map(sampleLine),
          charts: await this.#history(test, simulation),
        },
      );
    } catch (error) {
      this.#problem(path, test.expr, messageOf(error));
    }
  }

  /** How the expression went until it was looked at: the first few of its series. */
  async #history(test: ExpressionTest, simulation: RuleSimulation): Promise<RuleTestChart[]> {
    const start = this.#group.start_timestamp ?? 0;
    const length = test.eval_time ?? 0;
    const interval =
      this.#group.interval || this.#document.value.evaluation_interval || DEFAULT_INTERVAL;
    const step = interval * Math.max(1, Math.ceil(length / interval / MAX_POINTS));
    const count = Math.floor(length / step) + 1;
    const series = new Map<string, (number | null)[]>();
    for (let i = 0; i < count; i += 1) {
      const { value } = await simulation.query(test.expr, start + i * step);
      for (const { labels, value: number, histogram } of gotSamples(value)) {
        const key = seriesText(labels);
        if (!series.has(key)) {
          if (series.size >= MAX_CHARTS) continue;
          series.set(key, Array<number | null>(count).fill(null));
        }
        const values = series.get(key);
        if (values !== undefined) values[i] = histogram?.count ?? number;
      }
    }
    return [...series].map(([title, values]) => ({ title, kind: "values", start, step, values }));
  }

  #problem(
    path: readonly (string | number)[],
    what: string,
    why: string,
    more: Pick<RuleTestProblem, "expected" | "got" | "charts"> = {},
  ): void {
    const { line } = this.#document.fault(["tests", this.#index, ...path], "");
    this.problems.push({ line, what, why, ...more });
  }
}

interface FiringAlert {
  readonly labels: Labels;
  readonly annotations: Labels;
}

function wantedAlerts(test: AlertTest): FiringAlert[] {
  return (test.exp_alerts ?? []).map((alert) => ({
    labels: { ...alert.exp_labels, alertname: test.alertname },
    annotations: alert.exp_annotations ?? {},
  }));
}

function firingAlerts(simulation: RuleSimulation, alertname: string): FiringAlert[] {
  return simulation.firing(alertname).map(({ labels, annotations }) => ({ labels, annotations }));
}

/** An alert as lines, each label and annotation on its own so that a difference stands alone. */
function alertLines({ labels, annotations }: FiringAlert): string[] {
  const pairs = (map: Labels) =>
    sortedNames(map).map((name) => `${name}=${JSON.stringify(map[name])}`);
  const { alertname = "", ...others } = labels;
  return [
    alertname,
    ...pairs(others).map((pair) => `  ${pair}`),
    ...pairs(annotations).map((pair) => `  # ${pair}`),
  ];
}

function sampleLine({ labels, value, histogram }: Sample): string {
  return `${seriesText(labels)} ${histogram === undefined ? value : JSON.stringify(histogram)}`;
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
  return samples.map(sampleLine).join("; ");
}
