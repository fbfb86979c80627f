import { fingerprint } from "../../model/index.ts";
import type { AlertState, Labels } from "../../model/index.ts";

/** An alert of a rule as it stands after an evaluation. Times are ms since 1970. */
export interface RuleAlertState {
  readonly fingerprint: string;
  readonly labels: Labels;
  readonly annotations: Labels;
  /** `inactive` once it has fired and no longer does: kept for a while so that the end is told again. */
  readonly state: AlertState;
  readonly value: number;
  readonly activeAt: number;
  readonly firedAt: number | undefined;
  readonly resolvedAt: number | undefined;
  readonly keepFiringSince: number | undefined;
  /** When the router last took it over; 0 for never. */
  readonly lastSentAt: number;
  /** Restored after a restart and not seen since: until then, not being seen does not end it. */
  readonly toleratedUntil: number | undefined;
}

/** An alert that the expression gives at this evaluation. */
export interface FoundAlert {
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly value: number;
}

export type AlertStates = ReadonlyMap<string, RuleAlertState>;

/** How long a resolved alert is kept and told again, so that a router that lost it hears of its end. */
export const RESOLVED_RETENTION = 15 * 60_000;

/** Gives what the expression found the identity that states are kept under. */
export function byFingerprint(found: readonly FoundAlert[]): Map<string, FoundAlert> | undefined {
  const alerts = new Map<string, FoundAlert>();
  for (const alert of found) {
    const key = fingerprint(alert.labels);
    if (alerts.has(key)) return undefined;
    alerts.set(key, alert);
  }
  return alerts;
}

/**
 * The state machine of Prometheus's alerting rules: from the states before and what the expression gives
 * at `at`, the states after. Pure: the caller decides when the result counts.
 */
export function advance(
  before: AlertStates,
  found: ReadonlyMap<string, FoundAlert>,
  at: number,
  rule: { readonly holdFor: number; readonly keepFiringFor: number },
): Map<string, RuleAlertState> {
  const after = new Map<string, RuleAlertState>();
  for (const [key, alert] of found) {
    const known = before.get(key);
    const current =
      known === undefined || known.state === "inactive"
        ? newAlert(key, alert, at)
        : {
            ...known,
            value: alert.value,
            annotations: alert.annotations,
            keepFiringSince: undefined,
            toleratedUntil: undefined,
          };
    after.set(key, fireIfDue(current, at, rule.holdFor));
  }
  for (const [key, alert] of before) {
    if (found.has(key)) continue;
    const kept = withoutFinding(alert, at, rule);
    if (kept !== undefined) after.set(key, kept);
  }
  return after;
}

function newAlert(key: string, alert: FoundAlert, at: number): RuleAlertState {
  return {
    fingerprint: key,
    ...alert,
    state: "pending",
    activeAt: at,
    firedAt: undefined,
    resolvedAt: undefined,
    keepFiringSince: undefined,
    lastSentAt: 0,
    toleratedUntil: undefined,
  };
}

function fireIfDue(alert: RuleAlertState, at: number, holdFor: number): RuleAlertState {
  // A reload made the rule wait longer: it has to be true for that long first.
  if (alert.state === "firing" && at - alert.activeAt < holdFor)
    return { ...alert, state: "pending", firedAt: undefined, lastSentAt: 0 };
  if (alert.state !== "pending" || at - alert.activeAt < holdFor) return alert;
  return { ...alert, state: "firing", firedAt: at };
}

/** What becomes of an alert that the expression no longer gives; undefined when it is forgotten. */
function withoutFinding(
  alert: RuleAlertState,
  at: number,
  rule: { readonly keepFiringFor: number },
): RuleAlertState | undefined {
  if (alert.toleratedUntil !== undefined && at < alert.toleratedUntil) return alert;
  if (alert.state === "pending") return undefined;
  if (alert.state === "inactive") {
    const isOld = alert.resolvedAt !== undefined && at - alert.resolvedAt > RESOLVED_RETENTION;
    return isOld ? undefined : alert;
  }
  if (rule.keepFiringFor > 0) {
    const since = alert.keepFiringSince ?? at;
    if (at - since < rule.keepFiringFor) return { ...alert, keepFiringSince: since };
  }
  return { ...alert, state: "inactive", resolvedAt: at, toleratedUntil: undefined };
}

/** Whether the router must hear of the alert now: an end at once, everything else every `resendDelay`. */
export function isDue(alert: RuleAlertState, at: number, resendDelay: number): boolean {
  if (alert.state === "pending") return false;
  if (alert.resolvedAt !== undefined && alert.resolvedAt > alert.lastSentAt) return true;
  return alert.lastSentAt + resendDelay < at;
}

/** Whether two states differ in what must survive a restart. */
export function isSameStored(a: RuleAlertState, b: RuleAlertState): boolean {
  return (
    a.state === b.state &&
    a.activeAt === b.activeAt &&
    a.firedAt === b.firedAt &&
    a.resolvedAt === b.resolvedAt &&
    a.keepFiringSince === b.keepFiringSince
  );
}
