import { createEngine as createLogEngine, parseMatchers } from "@seaworthy/logql";
import type { LogEntry } from "@seaworthy/logql";
import { memorySource } from "@seaworthy/logql/testing";
import { createEngine, Labels as PromqlLabels } from "@seaworthy/promql";
import type { Engine, NativeHistogram, QueryResult } from "@seaworthy/promql";
import { MemorySource, parsePoints, parseSeries } from "@seaworthy/promql/testing";
import type { SampleValue } from "@seaworthy/promql/testing";
import type { RuleTestChart } from "@seaworthy/contract";
import { pino } from "pino";
import { isStale, labelsKey } from "../../model/index.ts";
import type { AlertingRuleView, Labels, RunningAlertView, SampleBatch } from "../../model/index.ts";
import { GroupRunner } from "../rules/group-runner.ts";
import { logRuleQueries } from "../rules/log-queries.ts";
import type { RuleGroup } from "../rules/rule-group.ts";

interface Point {
  readonly labels: PromqlLabels;
  readonly at: number;
  readonly value: SampleValue;
}

/** An alert's states by evaluation: 1 pending, 2 firing, nothing where it was not there. */
interface AlertHistory {
  readonly name: string;
  readonly labels: Labels;
  readonly states: number[];
}

const MAX_TIMELINES = 10;
/** Lines of one test. */
const MAX_LINES = 1_000_000;

/** Lines of one stream: `values` says how many come with each step. */
export interface InputStream {
  /** `{service_name="shop"}` */
  readonly stream: string;
  readonly line: string;
  readonly metadata?: Labels | null | undefined;
  readonly values: string;
}

/** Rules that run over series in memory, in a time of their own. */
export class RuleSimulation {
  readonly #source = new MemorySource();
  readonly #engine: Engine;
  readonly #runners: readonly GroupRunner[];
  /** Samples that are still to come, the latest first. */
  readonly #coming: Point[];
  /** When the groups were evaluated. */
  readonly #times: number[] = [];
  readonly #histories = new Map<string, AlertHistory>();
  #now = 0;

  constructor(options: {
    readonly groups: readonly RuleGroup[];
    readonly externalUrl: string;
    /** The step of subqueries that name none, ms. */
    readonly interval: number;
    readonly streams?: readonly InputStream[];
    /** `series` and `values` in the notation of rule tests, `step` ms apart. */
    readonly input: readonly { readonly series: string; readonly values: string }[];
    readonly step: number;
    /** When the series begin, ms since 1970. */
    readonly start: number;
  }) {
    this.#engine = createEngine({ defaultSubqueryStepMs: options.interval });
    this.#coming = options.input
      .flatMap(({ series, values }) => pointsOf(`${series} ${values}`, options))
      .sort((a, b) => b.at - a.at);
    const metrics = { instant: (query: string, at: number) => this.query(query, at) };
    const logEngine = createLogEngine();
    const lines = memorySource(linesOf(options.streams ?? [], options));
    const logs = logRuleQueries({
      parse: (query) => logEngine.parse(query),
      metric: (expr, grid) => logEngine.metric(expr, grid, lines),
    });
    this.#runners = options.groups.map(
      (group) =>
        new GroupRunner(group, {
          metrics,
          logs,
          samples: { write: async (batch) => this.#write(batch), describe: () => {} },
          alerts: { accept: async () => {} },
          saveAlerts: async () => {},
          clock: { now: () => this.#now, after: () => ({ cancel: () => {} }) },
          log: pino({ level: "silent" }),
          announce: () => {},
          self: { ruleGroupEvaluated: () => {}, ruleGroupMissed: () => {} },
          externalUrl: options.externalUrl,
          resendDelay: 60_000,
        }),
    );
  }

  /** Goes to `at` and evaluates every group; answers the rules that failed and why. */
  async evaluate(at: number): Promise<string[]> {
    this.arriveAt(at);
    const failures: string[] = [];
    const round = this.#times.push(at) - 1;
    for (const runner of this.#runners) {
      await runner.evaluate(at);
      for (const rule of runner.view().rules) {
        if (rule.health === "err")
          failures.push(`rule: ${rule.name}, time: ${at / 1000}s, err: ${rule.lastError}`);
        if (rule.type === "alerting") this.#note(rule, round);
      }
    }
    return failures;
  }

  /** Goes to `at`: samples up to then are there. */
  arriveAt(at: number): void {
    this.#now = at;
    for (;;) {
      const next = this.#coming.at(-1);
      if (next === undefined || next.at > at) return;
      this.#coming.pop();
      this.#source.add(next.labels, next.at, next.value);
    }
  }

  query(expression: string, at: number): Promise<QueryResult> {
    return this.#engine.instant(expression, at, this.#source);
  }

  #note(rule: AlertingRuleView, round: number): void {
    for (const { labels, state } of rule.alerts) {
      const key = `${rule.name} ${labelsKey(labels)}`;
      const history = this.#histories.get(key) ?? { name: rule.name, labels, states: [] };
      history.states[round] = state === "firing" ? 2 : 1;
      this.#histories.set(key, history);
    }
  }

  /** How the alerts of that name went from evaluation to evaluation. */
  timelines(alertname: string): RuleTestChart[] {
    const [start = 0, second = start] = this.#times;
    return [...this.#histories.values()]
      .filter(({ name }) => name === alertname)
      .slice(0, MAX_TIMELINES)
      .map(({ labels, states }) => ({
        title: seriesText(PromqlLabels.from(labels)),
        kind: "states",
        start,
        step: second - start,
        values: Array.from(this.#times, (_, i) => states[i] ?? 0),
      }));
  }

  /** The firing alerts of every rule of that name. */
  firing(alertname: string): RunningAlertView[] {
    return this.#runners.flatMap((runner) =>
      runner
        .view()
        .rules.flatMap((rule) =>
          rule.type === "alerting" && rule.name === alertname ? rule.alerts : [],
        )
        .filter(({ state }) => state === "firing"),
    );
  }

  #write(batch: SampleBatch): void {
    const histograms = new Map<number, NativeHistogram>();
    for (const { sample, histogram } of batch.histograms ?? []) {
      const { integer, ...native } = histogram;
      if (integer) throw new TypeError("a rule's histogram is never of integers");
      histograms.set(sample, native);
    }
    for (const [index, series] of batch.seriesOf.entries()) {
      const histogram = histograms.get(index);
      const number = isStale(batch.values, index) ? "stale" : (batch.values[index] ?? 0);
      const labels: Labels = batch.series[series] ?? {};
      this.#source.add(PromqlLabels.from(labels), batch.times[index] ?? 0, histogram ?? number);
    }
  }
}

/** Labels as a selector, the metric's name before the braces where it can stand there. */
export function seriesText(labels: PromqlLabels): string {
  const { __name__: name = "", ...others } = labels.toObject();
  if (!/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name)) return labels.toString();
  const pairs = Object.entries(others).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return pairs.length === 0 ? name : `${name}{${pairs.join(", ")}}`;
}

function linesOf(
  streams: readonly InputStream[],
  { start, step }: { readonly start: number; readonly step: number },
): LogEntry[] {
  const entries: LogEntry[] = [];
  for (const { stream, line, metadata, values } of streams) {
    const labels: Record<string, string> = {};
    for (const { name, operator, value } of parseMatchers(stream)) {
      if (operator !== "=") throw new Error(`${stream} is not a stream: ${name} must have a value`);
      labels[name] = value;
    }
    for (const [index, count] of parsePoints(values).entries()) {
      if (typeof count !== "number") continue;
      if (entries.length + count > MAX_LINES)
        throw new Error(`a test may have at most ${MAX_LINES} log lines`);
      const timeNs = BigInt(start + index * step) * 1_000_000n;
      const entry = { timeNs, line, stream: labels, metadata: metadata ?? {} };
      for (let i = 0; i < count; i += 1) entries.push(entry);
    }
  }
  return entries;
}

function pointsOf(line: string, { start, step }: { start: number; step: number }): Point[] {
  const { labels, values } = parseSeries(line);
  return values.flatMap((value, index) =>
    value === undefined ? [] : [{ labels, at: start + index * step, value }],
  );
}
