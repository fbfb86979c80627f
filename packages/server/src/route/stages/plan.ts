import type { AlertSnapshot } from "../../model/index.ts";
import { logKey } from "../../store/index.ts";
import type { GroupLog, LogEntry } from "../../store/index.ts";
import type { Integration } from "../config/route-config.ts";
import { flappingId, withoutMark } from "./flap.ts";
import { reasonToNotify } from "./dedup.ts";
import type { Reason } from "./dedup.ts";

/** A group at one moment, after the stages that hold alerts back. */
export interface FlushState {
  readonly alerts: readonly AlertSnapshot[];
  /** Fingerprints of the alerts that are inhibited, silenced or outside of the route's times. */
  readonly suppressed: ReadonlySet<string>;
  /** The alerts that flap, with how often they fired lately. */
  readonly flapping: ReadonlyMap<string, number>;
  readonly integrations: readonly Integration[];
  readonly repeatInterval: number;
  readonly now: number;
}

/** What to do for one integration. */
export interface IntegrationPlan {
  readonly integration: Integration;
  /** What its log says afterwards. */
  readonly entry: LogEntry;
  /** What its log said before. */
  readonly before: LogEntry | undefined;
  /** What it is told, and why; undefined when only the log changes. */
  readonly send: { readonly alerts: readonly AlertSnapshot[]; readonly reason: Reason } | undefined;
}

/** What a flush leads to. */
export interface FlushPlan {
  readonly integrations: readonly IntegrationPlan[];
  /** What incidents are told: the alerts that fire and those that have just resolved. */
  readonly incident:
    | { readonly alerts: readonly AlertSnapshot[]; readonly firing: readonly string[] }
    | undefined;
}

/** Decides what a flush leads to. Pure, so that it can be decided again under the group's lock. */
export function planFlush(state: FlushState, log: GroupLog): FlushPlan {
  return {
    integrations: state.integrations.flatMap((integration) =>
      planIntegration(state, log, integration),
    ),
    incident: planIncident(state, log),
  };
}

/** Whether a plan changes anything. */
export function isEmpty(plan: FlushPlan): boolean {
  return plan.integrations.length === 0 && plan.incident === undefined;
}

function planIntegration(
  state: FlushState,
  log: GroupLog,
  integration: Integration,
): IntegrationPlan[] {
  const before = log.entries.get(
    logKey({ integration: integration.name, index: integration.index }),
  );
  const passing = state.alerts.filter((alert) => !state.suppressed.has(alert.fingerprint));
  const idsOf = (status: AlertSnapshot["status"]) =>
    passing.filter((alert) => alert.status === status).map((alert) => alert.fingerprint);
  const firing = idsOf("firing").map((id) => loggedAs(id, state, before));
  const resolved = idsOf("resolved");
  const { sendResolved } = integration;
  const { now, repeatInterval } = state;
  const reason =
    passing.length === 0
      ? undefined
      : reasonToNotify(before, firing, resolved, { sendResolved, repeatInterval, now });
  if (reason === undefined) return forgetSuppressed(state, integration, before);
  const alerts = sendResolved ? passing : passing.filter((alert) => alert.status === "firing");
  return [
    {
      integration,
      before,
      entry: { firing, resolved, notifiedAt: now },
      // Who does not want to hear of resolved alerts still gets a log that knows they are over.
      send: alerts.length === 0 ? undefined : { alerts, reason },
    },
  ];
}

/**
 * The name under which the log knows a firing alert. One that begins to flap gets another name, and so is
 * told of once more; it keeps that name until it has resolved, and is not told of in between.
 */
function loggedAs(id: string, { flapping }: FlushState, before: LogEntry | undefined): string {
  const marked = flappingId(id);
  return flapping.has(id) || before?.firing.includes(marked) === true ? marked : id;
}

/**
 * An alert that resolves while it is held back is never announced as resolved. It leaves the log
 * nevertheless: otherwise its next firing would count as told, and nobody would be paged.
 */
function forgetSuppressed(
  state: FlushState,
  integration: Integration,
  before: LogEntry | undefined,
): IntegrationPlan[] {
  if (before === undefined) return [];
  const over = new Set(
    state.alerts
      .filter((alert) => alert.status === "resolved" && state.suppressed.has(alert.fingerprint))
      .map((alert) => alert.fingerprint),
  );
  const firing = before.firing.filter((id) => !over.has(withoutMark(id)));
  if (firing.length === before.firing.length) return [];
  return [{ integration, before, entry: { ...before, firing }, send: undefined }];
}

/**
 * Incidents hear of an alert once it fires unsuppressed, and from then on until it resolves, even if
 * it is silenced meanwhile: an incident must not stay open because nobody wanted to be paged.
 */
function planIncident(state: FlushState, log: GroupLog): FlushPlan["incident"] {
  const told = new Set(log.group?.firing);
  const concerned = state.alerts.filter(
    ({ fingerprint }) => told.has(fingerprint) || !state.suppressed.has(fingerprint),
  );
  const firing = concerned.filter((alert) => alert.status === "firing");
  const over = concerned.filter(
    (alert) => alert.status === "resolved" && told.has(alert.fingerprint),
  );
  // One that resolved and fired anew between two flushes has a new start: a person who closed its
  // incident meanwhile must hear of it.
  const toldAt = log.group?.changedAt ?? 0;
  const isKnown = (alert: AlertSnapshot) => told.has(alert.fingerprint) && alert.startsAt <= toldAt;
  if (over.length === 0 && firing.every(isKnown)) return undefined;
  return { alerts: [...firing, ...over], firing: firing.map((alert) => alert.fingerprint) };
}
