import type { Logger } from "pino";
import { labelsKey, messageOf, SamplesRefused } from "../../model/index.ts";
import type { Alert, AlertSink, Announce, Clock, Labels, SampleSink } from "../../model/index.ts";
import type { RuleAlertChanges } from "../../store/index.ts";
import type { AlertStates } from "./alert-lifecycle.ts";
import { alertSamples, alertsDue, evaluateAlerts, ResetError } from "./alerting-rule.ts";
import { inParallel } from "./in-parallel.ts";
import { Outputs } from "./outputs.ts";
import type { OutputSample } from "./outputs.ts";
import { record } from "./recording-rule.ts";
import type { AlertingRule, RuleGroup } from "./rule-group.ts";
import { queryVector } from "./rule-queries.ts";
import type { RuleQueries } from "./rule-queries.ts";
import type { RuleRunner } from "./rule-runner.ts";

/** What evaluations work with. */
export interface EvaluationDeps {
  readonly metrics: RuleQueries;
  /** For the rules over logs. */
  readonly logs: RuleQueries;
  readonly samples: SampleSink;
  readonly alerts: AlertSink;
  /** Makes changes of alerts durable. */
  saveAlerts(changes: RuleAlertChanges): Promise<void>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly announce: Announce;
  /** Where people reach this installation, without a slash at its end. */
  readonly externalUrl: string;
  /** How often the router is told again of an alert that goes on, ms. */
  readonly resendDelay: number;
}

/** Queries of one stage that run at once. */
const PARALLEL_QUERIES = 4;

/** What one rule made at one evaluation, before any of it counts. */
interface Attempt {
  readonly runner: RuleRunner;
  readonly samples: readonly OutputSample[];
  /** Of an alerting rule: its alerts afterwards. */
  readonly states: AlertStates | undefined;
  /** Why the rule failed; its series then stay as they were. */
  failure: string | undefined;
}

/**
 * Evaluates the rules of one stage at `at`, in three steps: ask, make what changed durable, act. Nothing
 * is written or sent that a restart would not know of. `ended` are series to mark as ended as well.
 * Answers whether all went well; never throws.
 */
export async function evaluateStage(
  runners: readonly RuleRunner[],
  group: RuleGroup,
  at: number,
  ended: ReadonlyMap<string, Labels>,
  deps: EvaluationDeps,
  signal: AbortSignal,
): Promise<boolean> {
  const attempts = await inParallel(runners, PARALLEL_QUERIES, (runner) =>
    attempt(runner, group, at, deps, signal),
  );
  if (signal.aborted) return true;
  await makeDurable(attempts, at, deps);
  await Promise.all([
    writeSamples(attempts, group, at, ended, deps),
    sendAlerts(attempts, group, at, deps),
  ]);
  for (const { runner, failure } of attempts) {
    if (failure === undefined) runner.succeeded();
    else {
      if (runner.lastError !== failure)
        deps.log.warn(
          { group: group.name, rule: runner.rule.name, reason: failure },
          "a rule failed",
        );
      runner.failed(failure);
    }
  }
  return attempts.every(({ failure }) => failure === undefined);
}

async function attempt(
  runner: RuleRunner,
  group: RuleGroup,
  at: number,
  deps: EvaluationDeps,
  signal: AbortSignal,
): Promise<Attempt> {
  const { rule } = runner;
  const started = deps.clock.now();
  const queries = group.language === "logql" ? deps.logs : deps.metrics;
  try {
    const vector = await queryVector(queries, rule.query, at - group.queryOffset, { signal });
    if (rule.type === "recording") {
      const samples = record(rule, vector, group.limit);
      return { runner, samples, states: undefined, failure: undefined };
    }
    const environment = {
      externalUrl: deps.externalUrl,
      at,
      query: (expression: string) => queryVector(queries, expression, at, { signal }),
    };
    const states = await evaluateAlerts(
      rule,
      runner.states,
      vector,
      group,
      environment,
      (label, reason) =>
        deps.log.warn({ group: group.name, rule: rule.name, label, reason }, "a template failed"),
    );
    return { runner, samples: alertSamples(rule, states), states, failure: undefined };
  } catch (error) {
    const states = error instanceof ResetError ? new Map<never, never>() : undefined;
    return { runner, samples: [], states, failure: messageOf(error) };
  } finally {
    runner.evaluated(started, deps.clock.now() - started);
  }
}

/** One transaction for all that changed; without it, what changed does not count. */
async function makeDurable(
  attempts: readonly Attempt[],
  at: number,
  deps: EvaluationDeps,
): Promise<void> {
  const changes = attempts.map(({ runner, states }) =>
    states === undefined ? undefined : runner.changesTo(states, at),
  );
  const all: RuleAlertChanges = {
    saved: changes.flatMap((change) => change?.saved ?? []),
    removed: changes.flatMap((change) => change?.removed ?? []),
  };
  let failure: string | undefined;
  if (all.saved.length + all.removed.length > 0) {
    try {
      await deps.saveAlerts(all);
      deps.announce({ topic: "alerts" });
    } catch (error) {
      failure = `the alerts' states could not be saved: ${messageOf(error)}`;
    }
  }
  for (const [index, one] of attempts.entries()) {
    const change = changes[index];
    if (one.states === undefined || change === undefined) continue;
    if (failure !== undefined && change.saved.length + change.removed.length > 0) {
      one.failure ??= failure;
    } else one.runner.commit(one.states);
  }
}

async function writeSamples(
  attempts: readonly Attempt[],
  group: RuleGroup,
  at: number,
  ended: ReadonlyMap<string, Labels>,
  deps: EvaluationDeps,
): Promise<void> {
  const outputs = new Outputs(at - group.queryOffset);
  const made = attempts
    .filter(({ failure }) => failure === undefined)
    .map((one) => {
      const series = new Map<string, Labels>();
      for (const sample of one.samples) {
        const key = labelsKey(sample.labels);
        series.set(key, sample.labels);
        outputs.add(key, sample);
      }
      for (const [key, labels] of one.runner.previous)
        if (!series.has(key)) outputs.end(key, labels);
      return { one, series };
    });
  for (const [key, labels] of ended) outputs.end(key, labels);
  if (!outputs.isEmpty) {
    try {
      await deps.samples.write(outputs.batch());
    } catch (error) {
      const reason = `the samples could not be written: ${messageOf(error)}`;
      for (const { one } of made) one.failure = reason;
      // What was not refused is there, and has to end some day.
      if (!(error instanceof SamplesRefused)) return;
    }
  }
  for (const { one, series } of made) one.runner.previous = series;
}

/** Tells the router. What it does not take is told again at the next evaluation. */
async function sendAlerts(
  attempts: readonly Attempt[],
  group: RuleGroup,
  at: number,
  deps: EvaluationDeps,
): Promise<void> {
  const due = attempts.flatMap(({ runner, failure }) => {
    if (runner.rule.type !== "alerting" || failure !== undefined) return [];
    return [{ runner, alerts: dueOf(runner.rule, runner, group, at, deps) }];
  });
  const alerts = due.flatMap((one) => [...one.alerts.values()]);
  if (alerts.length === 0) return;
  try {
    await deps.alerts.accept(alerts);
  } catch (error) {
    deps.log.error(
      { group: group.name, alerts: alerts.length, reason: messageOf(error) },
      "the router did not take alerts; they are sent again at the next evaluation",
    );
    return;
  }
  for (const one of due) if (one.alerts.size > 0) one.runner.sent(one.alerts.keys(), at);
}

function dueOf(
  rule: AlertingRule,
  runner: RuleRunner,
  group: RuleGroup,
  at: number,
  deps: EvaluationDeps,
): Map<string, Alert> {
  return alertsDue(rule, runner.states, at, group, deps);
}
