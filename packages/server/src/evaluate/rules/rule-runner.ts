import { isSameStored } from "./alert-lifecycle.ts";
import type { AlertStates, RuleAlertState } from "./alert-lifecycle.ts";
import type { AlertState, Labels, RuleView } from "../../model/index.ts";
import type { RuleAlertChanges, RuleAlertRecord } from "../../store/index.ts";
import type { Rule } from "./rule-group.ts";

const NO_STATES: AlertStates = new Map();
const RANK: Readonly<Record<AlertState, number>> = { inactive: 0, pending: 1, firing: 2 };

/** A rule at work: what it made at its last evaluation and how that went. */
export class RuleRunner {
  readonly rule: Rule;
  /** Identifies the rule over restarts and reloads. */
  readonly key: string;
  /** The alerts as the last evaluation left them. */
  states: AlertStates = NO_STATES;
  /** The same as the database has them. */
  #stored: AlertStates = NO_STATES;
  /** The series of the last evaluation, which end when the next one does not make them. */
  previous: ReadonlyMap<string, Labels> = new Map();
  #health: RuleView["health"] = "unknown";
  #lastError = "";
  #lastEvaluation: number | undefined;
  #duration: number | undefined;

  constructor(rule: Rule, key: string) {
    this.rule = rule;
    this.key = key;
  }

  get lastError(): string {
    return this.#lastError;
  }

  /** Goes on where another version of the same rule has stopped. */
  takeOver(other: RuleRunner): void {
    this.states = other.states;
    this.#stored = other.#stored;
    this.previous = other.previous;
    this.#health = other.#health;
    this.#lastError = other.#lastError;
    this.#lastEvaluation = other.#lastEvaluation;
    this.#duration = other.#duration;
  }

  /** Goes on where the process before this one has stopped. */
  restore(states: AlertStates, stored: AlertStates, previous: ReadonlyMap<string, Labels>): void {
    this.states = states;
    this.#stored = stored;
    this.previous = previous;
  }

  evaluated(at: number, durationMs: number): void {
    this.#lastEvaluation = at;
    this.#duration = durationMs;
  }

  succeeded(): void {
    this.#health = "ok";
    this.#lastError = "";
  }

  failed(reason: string): void {
    this.#health = "err";
    this.#lastError = reason;
  }

  /** What must be written so that the database has `states`. */
  changesTo(states: AlertStates, at: number): RuleAlertChanges {
    const saved: RuleAlertRecord[] = [];
    for (const [key, state] of states) {
      const stored = this.#stored.get(key);
      if (stored === undefined || !isSameStored(stored, state))
        saved.push(toRecord(this.key, state, at));
    }
    const removed = [...this.#stored.keys()]
      .filter((key) => !states.has(key))
      .map((key) => ({ ruleKey: this.key, fingerprint: key }));
    return { saved, removed };
  }

  /** The database has `states` now. */
  commit(states: AlertStates): void {
    this.states = states;
    this.#stored = states;
  }

  /** The router has taken these alerts over. */
  sent(keys: Iterable<string>, at: number): void {
    const states = new Map(this.states);
    for (const key of keys) {
      const state = states.get(key);
      if (state !== undefined) states.set(key, { ...state, lastSentAt: at });
    }
    this.states = states;
  }

  view(): RuleView {
    const { rule } = this;
    const base = {
      name: rule.name,
      query: rule.query,
      labels: rule.labels,
      health: this.#health,
      lastError: this.#lastError,
      lastEvaluation: this.#lastEvaluation,
      evaluationDuration: this.#duration,
    };
    if (rule.type === "recording") return { type: "recording", ...base };
    const alerts = [...this.states.values()].filter(({ state }) => state !== "inactive");
    const worst = alerts.reduce<AlertState>(
      (state, alert) => (RANK[alert.state] > RANK[state] ? alert.state : state),
      "inactive",
    );
    return {
      type: "alerting",
      ...base,
      holdFor: rule.holdFor,
      keepFiringFor: rule.keepFiringFor,
      annotations: rule.annotations,
      state: worst,
      alerts: alerts.map(({ labels, annotations, state, activeAt, keepFiringSince, value }) => ({
        labels,
        annotations,
        state,
        activeAt,
        keepFiringSince,
        value,
      })),
    };
  }
}

function toRecord(ruleKey: string, state: RuleAlertState, at: number): RuleAlertRecord {
  const { fingerprint, labels, annotations, value } = state;
  const { activeAt, firedAt, resolvedAt, keepFiringSince } = state;
  return {
    ruleKey,
    fingerprint,
    labels,
    annotations,
    state: state.state,
    value,
    activeAt,
    firedAt,
    resolvedAt,
    keepFiringSince,
    changedAt: at,
  };
}
