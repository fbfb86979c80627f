import type { Labels, RuleGroupView, Timer } from "../../model/index.ts";
import { messageOf } from "../../model/index.ts";
import type { SelfMetrics } from "../../self/index.ts";
import type { RuleAlertRecord } from "../../store/index.ts";
import { evaluateStage } from "./group-evaluation.ts";
import type { EvaluationDeps } from "./group-evaluation.ts";
import { Outputs } from "./outputs.ts";
import { lastSeenOf, restoreAlerts, storedStates } from "./restore.ts";
import { groupKey } from "./rule-group.ts";
import type { RuleGroup } from "./rule-group.ts";
import { ruleKeys } from "./rule-identity.ts";
import { RuleRunner } from "./rule-runner.ts";
import { GroupSchedule } from "./schedule.ts";
import { stagesOf } from "./stages.ts";

export interface GroupDeps extends EvaluationDeps {
  readonly self: Pick<SelfMetrics, "ruleGroupEvaluated" | "ruleGroupMissed">;
  /** Whether this server may evaluate the group now: beside others, one of them may. Default: yes. */
  readonly mayEvaluate?: () => boolean;
}

/** Longer waits are cut, because a machine that sleeps stops its timers too. */
const LONGEST_WAIT = 60_000;
/** A timer that fires this much early, ms, is on time. */
const EARLY = 20;

/** Evaluates one group again and again, one evaluation at a time. */
export class GroupRunner {
  readonly group: RuleGroup;
  readonly runners: readonly RuleRunner[];
  readonly #deps: GroupDeps;
  readonly #stages: readonly (readonly RuleRunner[])[];
  readonly #schedule: GroupSchedule;
  readonly #abort = new AbortController();
  #timer: Timer | undefined;
  #running: Promise<void> = Promise.resolve();
  #lastEvaluation: number | undefined;
  #duration: number | undefined;
  /** Series of rules that this group had once, to be marked as ended. */
  #ended: ReadonlyMap<string, Labels> = new Map();

  constructor(group: RuleGroup, deps: GroupDeps) {
    this.group = group;
    this.#deps = deps;
    const keys = ruleKeys(group);
    this.runners = group.rules.map((rule, index) => new RuleRunner(rule, keys[index] ?? ""));
    const byRule = new Map(this.runners.map((runner) => [runner.rule, runner]));
    this.#stages = stagesOf(group.rules).map((stage) =>
      stage.flatMap((rule) => byRule.get(rule) ?? []),
    );
    this.#schedule = new GroupSchedule(groupKey(group), group.interval);
  }

  start(): void {
    this.#plan(this.#schedule.after(this.#deps.clock.now()));
  }

  /** Ends after the evaluation that is going on, whose queries are cut short. */
  async stop(): Promise<void> {
    this.#timer?.cancel();
    this.#abort.abort();
    await this.#running;
  }

  /** Goes on where an earlier version of the group, which has been stopped, was. */
  takeOver(old: GroupRunner): void {
    const before = new Map(old.runners.map((runner) => [runner.key, runner]));
    for (const runner of this.runners) {
      const same = before.get(runner.key);
      if (same === undefined) continue;
      runner.takeOver(same);
      before.delete(runner.key);
    }
    this.#lastEvaluation = old.#lastEvaluation;
    this.#duration = old.#duration;
    const vanished = [...before.values()].flatMap((runner) => [...runner.previous]);
    this.#ended = new Map([...old.#ended, ...vanished]);
  }

  /** Goes on where the process before this one was. */
  async restore(records: ReadonlyMap<string, readonly RuleAlertRecord[]>): Promise<void> {
    const now = this.#deps.clock.now();
    const first = this.#schedule.after(now);
    for (const runner of this.runners) {
      const own = records.get(runner.key);
      const { rule } = runner;
      if (own === undefined || rule.type !== "alerting") continue;
      const isPending = own.some(({ state }) => state === "pending");
      const lastSeen = isPending
        ? await lastSeenOf(rule, this.#deps.metrics, now, (reason) =>
            this.#deps.log.warn({ rule: rule.name, reason }, "an alert's history cannot be read"),
          )
        : new Map<string, number>();
      const { states, stored, previous } = restoreAlerts(
        rule,
        own,
        lastSeen,
        first,
        this.group.interval,
      );
      runner.restore(states, stored, previous);
    }
  }

  /** Shows the alerts as another server has left them, which evaluates the group. */
  show(records: ReadonlyMap<string, readonly RuleAlertRecord[]>): void {
    for (const runner of this.runners) {
      const states = storedStates(records.get(runner.key) ?? []);
      runner.restore(states, states, new Map());
    }
  }

  /** Marks everything that the group made as ended: it was taken away. Stop it first. */
  async remove(): Promise<void> {
    const outputs = new Outputs(this.#deps.clock.now());
    for (const series of [this.#ended, ...this.runners.map(({ previous }) => previous)]) {
      for (const [key, labels] of series) outputs.end(key, labels);
    }
    if (outputs.isEmpty) return;
    try {
      await this.#deps.samples.write(outputs.batch());
    } catch (error) {
      this.#deps.log.warn(
        { group: this.group.name, reason: messageOf(error) },
        "the end of a removed group's series could not be written",
      );
    }
  }

  view(): RuleGroupView {
    const { name, file, language, interval, limit } = this.group;
    return {
      name,
      file,
      language,
      interval,
      limit,
      rules: this.runners.map((runner) => runner.view()),
      lastEvaluation: this.#lastEvaluation,
      evaluationDuration: this.#duration,
    };
  }

  #plan(at: number): void {
    const { clock } = this.#deps;
    const wait = Math.min(at - clock.now(), LONGEST_WAIT);
    this.#timer = clock.after(wait, () => {
      const remaining = at - clock.now();
      if (remaining > EARLY) {
        // The wait was cut, or the clock was set back, and then the old time would be far away.
        this.#plan(remaining > this.group.interval ? this.#schedule.after(clock.now()) : at);
        return;
      }
      this.#running = this.#run(at);
    });
  }

  async #run(planned: number): Promise<void> {
    const { clock, self, log } = this.#deps;
    const { name } = this.group;
    let at = planned;
    if (this.#deps.mayEvaluate?.() === false) {
      this.#plan(this.#schedule.after(clock.now()));
      return;
    }
    // The machine may have slept over evaluations.
    const late = Math.floor((clock.now() - planned) / this.group.interval);
    if (late > 0) {
      self.ruleGroupMissed(name, late);
      at += late * this.group.interval;
    }
    const started = clock.now();
    let ok = false;
    try {
      ok = await this.evaluate(at);
    } catch (error) {
      log.error({ err: error, group: name }, "the evaluation of a group broke");
    }
    const finished = clock.now();
    if (this.#abort.signal.aborted) return;
    this.#lastEvaluation = started;
    this.#duration = finished - started;
    self.ruleGroupEvaluated(name, ok ? "ok" : "failed", (finished - started) / 1000);
    const next = this.#schedule.following(at, finished);
    if (next.missed > 0) self.ruleGroupMissed(name, next.missed);
    this.#plan(next.at);
  }

  /**
   * Evaluates the group once, as if it were `at`. Answers whether every rule went well. The schedule
   * calls it; it must not run twice at once.
   */
  async evaluate(at: number): Promise<boolean> {
    let ok = true;
    // A group without rules may still have series to end.
    for (const stage of this.#stages.length === 0 ? [[]] : this.#stages) {
      if (this.#abort.signal.aborted) break;
      const ended = this.#ended;
      this.#ended = new Map();
      const stageOk = await evaluateStage(
        stage,
        this.group,
        at,
        ended,
        this.#deps,
        this.#abort.signal,
      );
      ok = stageOk && ok;
    }
    return ok;
  }
}
