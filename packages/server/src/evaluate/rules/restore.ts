import { fingerprint, labelsKey, messageOf } from "../../model/index.ts";
import type { Labels } from "../../model/index.ts";
import type { RuleAlertRecord } from "../../store/index.ts";
import type { AlertStates, RuleAlertState } from "./alert-lifecycle.ts";
import { ALERT_NAME, alertSamples } from "./alerting-rule.ts";
import type { AlertingRule } from "./rule-group.ts";
import { queryVector } from "./rule-queries.ts";
import type { RuleQueries } from "./rule-queries.ts";

/**
 * How alerts go on after a restart.
 *
 * - A firing alert goes on firing, a resolved one is told again.
 * - A pending alert goes on where it stood: the time during which it was seen counts towards `for`, the
 *   time during which nothing was evaluated does not, but for one interval, as between any two
 *   evaluations. After an outage of more than an hour it starts over.
 * - Data come back a little later than the rules. For a short while after the start an alert is not over
 *   because its expression gives nothing: that would page twice for one fault.
 */
export const OUTAGE_TOLERANCE = 60 * 60_000;
const MIN_GRACE = 10_000;
const MAX_GRACE = 60_000;

/** How long after the start a restored alert may go unseen, ms. */
export function restoreGrace(interval: number): number {
  return Math.min(MAX_GRACE, Math.max(MIN_GRACE, 4 * interval));
}

export interface Restored {
  readonly states: AlertStates;
  /** The states as the database has them. */
  readonly stored: AlertStates;
  /** The series that the alerts had made, so that their end can be marked. */
  readonly previous: ReadonlyMap<string, Labels>;
}

/**
 * The states of a rule from its records. `lastSeen` is when each pending alert was last evaluated, `first`
 * when the rule will be evaluated first.
 */
export function restoreAlerts(
  rule: AlertingRule,
  records: readonly RuleAlertRecord[],
  lastSeen: ReadonlyMap<string, number>,
  first: number,
  interval: number,
): Restored {
  const stored = storedStates(records);
  const states = new Map<string, RuleAlertState>();
  for (const record of records) {
    const state = toState(record);
    if (state.state === "inactive") {
      states.set(record.fingerprint, state);
      continue;
    }
    const tolerated = { ...state, toleratedUntil: first + restoreGrace(interval) };
    if (state.state === "firing") {
      states.set(record.fingerprint, tolerated);
      continue;
    }
    const seen = Math.max(record.changedAt, lastSeen.get(record.fingerprint) ?? 0);
    const outage = first - seen;
    if (outage > OUTAGE_TOLERANCE) continue;
    const unseen = Math.max(0, outage - interval);
    states.set(record.fingerprint, { ...tolerated, activeAt: state.activeAt + unseen });
  }
  const previous = alertSamples(rule, stored).map(
    ({ labels }) => [labelsKey(labels), labels] as const,
  );
  return { states, stored, previous: new Map(previous) };
}

/** The states as the database has them. */
export function storedStates(records: readonly RuleAlertRecord[]): AlertStates {
  return new Map(records.map((record) => [record.fingerprint, toState(record)]));
}

function toState(record: RuleAlertRecord): RuleAlertState {
  const { ruleKey: _, changedAt: __, ...state } = record;
  return { ...state, lastSentAt: 0, toleratedUntil: undefined };
}

/**
 * When each of the rule's alerts was last evaluated, from the samples that every evaluation leaves.
 * Without an answer the records themselves say when they were written.
 */
export async function lastSeenOf(
  rule: AlertingRule,
  queries: RuleQueries,
  now: number,
  failed: (reason: string) => void,
): Promise<ReadonlyMap<string, number>> {
  const selector = `ALERTS_FOR_STATE{${ALERT_NAME}=${JSON.stringify(rule.name)}}`;
  try {
    const samples = await queryVector(queries, `timestamp(${selector})`, now, {
      lookbackDeltaMs: OUTAGE_TOLERANCE,
    });
    return new Map(samples.map(({ labels, value }) => [fingerprint(labels), value * 1000]));
  } catch (error) {
    failed(messageOf(error));
    return new Map();
  }
}
