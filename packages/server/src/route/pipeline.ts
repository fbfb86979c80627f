import { createHash } from "node:crypto";
import type { Clock, IncidentSink } from "../model/index.ts";
import {
  hasWaitingNotification,
  insertNotification,
  listAlertRecords,
  lockGroup,
  putGroup,
  putLogEntry,
  readGroupLog,
} from "../store/index.ts";
import type { Claim, GroupLog, Records, Tx, WaitingNotification } from "../store/index.ts";
import type { RouteConfig } from "./config/route-config.ts";
import { isResolved } from "./dispatch/alert-book.ts";
import type { HeldAlert } from "./dispatch/alert-book.ts";
import type { AggregationGroup } from "./dispatch/groups.ts";
import { describeGroup, firingOf, snapshots } from "./notify/payload.ts";
import type { NotificationPayload } from "./notify/payload.ts";
import type { Inhibitor } from "./stages/inhibit.ts";
import { isEmpty, planFlush } from "./stages/plan.ts";
import type { FlushState, IntegrationPlan } from "./stages/plan.ts";
import type { Silences } from "./stages/silence.ts";
import { mutedBy } from "./stages/time.ts";

/** What the pipeline works with. */
export interface PipelineContext {
  readonly config: RouteConfig;
  readonly records: Records;
  readonly clock: Clock;
  readonly incidents: IncidentSink<Tx>;
  readonly inhibitor: Inhibitor;
  readonly silences: Silences;
  readonly claim: () => Claim;
}

/** Says whether an alert of a group is held back at `at`. */
type Stage = (
  alert: HeldAlert,
  flush: {
    readonly group: AggregationGroup;
    readonly at: number;
    readonly context: PipelineContext;
  },
) => boolean;

/**
 * The stages that hold alerts back, in order. What passes them is deduplicated against the
 * notification log and written to the outbox in one transaction (`flushGroup`), from which it is
 * delivered with retries (notify/deliver.ts).
 */
const stages: readonly Stage[] = [
  function inhibited(alert, { at, context }) {
    return context.inhibitor.inhibitedBy(alert.labels, at).length > 0;
  },
  function outsideOfTimes(_, { group, at, context }) {
    return mutedBy(group.route, context.config.timeIntervals, at).length > 0;
  },
  function silenced(alert, { at, context }) {
    return context.silences.silencedBy(alert.labels, at).length > 0;
  },
];

/** What a flush has written: notifications to send now, and alerts that are done with. */
export interface Flushed {
  readonly notifications: readonly WaitingNotification[];
  /** Alerts that have resolved: everybody who was to hear of it will. */
  readonly resolved: readonly HeldAlert[];
  /** Alerts of which another server has heard later: what is known of them from now on. */
  readonly adopted: readonly HeldAlert[];
  readonly changed: boolean;
}

/**
 * Flushes a group: decides who has to be told what, and writes log, notifications and incidents in
 * one transaction that holds the group's lock. Killed before its commit nothing has happened, and the
 * next process decides; killed after it, the next process delivers.
 */
export async function flushGroup(
  group: AggregationGroup,
  at: number,
  context: PipelineContext,
): Promise<Flushed> {
  const { records, silences } = context;
  await silences.refresh();
  const held = [...group.alerts.values()];
  const over = (alerts: readonly HeldAlert[]) => alerts.filter((alert) => isResolved(alert, at));
  // Most flushes find nothing new; they do not need the lock.
  const expected = planFlush(
    holdBack(group, held, at, context),
    await readGroupLog(records.db, group.id),
  );
  if (isEmpty(expected))
    return { notifications: [], resolved: over(held), adopted: [], changed: false };
  return records.transaction(async (tx) => {
    const { receiver } = group.route;
    const log = await lockGroup(tx, { id: group.id, groupKey: group.key, receiver });
    const { alerts, adopted } = await adopt(tx, held);
    // Another server may have had the lock meanwhile: what it knew to be over is not to fire again.
    const now = Math.max(at, context.clock.now());
    const state = holdBack(group, alerts, now, context);
    const notifications = await decide(tx, group, { state, log }, context);
    // One that another server knows to be over is still the one that the group holds.
    const done = new Set(
      alerts.filter((alert) => isResolved(alert, now)).map((alert) => alert.fingerprint),
    );
    const resolved = held.filter((alert) => done.has(alert.fingerprint));
    return { notifications, resolved, adopted, changed: true };
  });
}

/**
 * The alerts as whoever heard of them last knows them. Another server may have been told that an alert
 * is over, or goes on, and this one not yet: deciding by what it knows would page for what is past.
 */
async function adopt(
  tx: Tx,
  held: readonly HeldAlert[],
): Promise<{ readonly alerts: readonly HeldAlert[]; readonly adopted: readonly HeldAlert[] }> {
  const rows = await listAlertRecords(
    tx,
    held.map((alert) => alert.fingerprint),
  );
  const known = new Map(rows.map((row) => [row.fingerprint, row]));
  const adopted: HeldAlert[] = [];
  const alerts = held.map((alert) => {
    const row = known.get(alert.fingerprint);
    if (row === undefined || row.updatedAt <= alert.updatedAt) return alert;
    adopted.push(row);
    return row;
  });
  return { alerts, adopted };
}

function holdBack(
  group: AggregationGroup,
  alerts: readonly HeldAlert[],
  at: number,
  context: PipelineContext,
): FlushState {
  const suppressed = alerts.filter((alert) =>
    stages.some((holdsBack) => holdsBack(alert, { group, at, context })),
  );
  return {
    alerts: snapshots(alerts, at),
    suppressed: new Set(suppressed.map((alert) => alert.fingerprint)),
    integrations: context.config.receivers.get(group.route.receiver)?.integrations ?? [],
    repeatInterval: group.route.repeatInterval,
    now: at,
  };
}

async function decide(
  tx: Tx,
  group: AggregationGroup,
  { state, log }: { readonly state: FlushState; readonly log: GroupLog },
  context: PipelineContext,
): Promise<WaitingNotification[]> {
  const plan = planFlush(state, log);
  const notifications: WaitingNotification[] = [];
  for (const part of plan.integrations) {
    const id = { integration: part.integration.name, index: part.integration.index };
    // While the receiver cannot be reached, one waiting notification says it all; a repetition of it
    // behind it would only be a second page when the receiver is back.
    const repeats = part.send?.reason === "repeat interval elapsed";
    if (repeats && (await hasWaitingNotification(tx, group.id, id))) continue;
    await putLogEntry(tx, group.id, id, part.entry);
    if (part.send === undefined) continue;
    const written = await insertNotification(tx, {
      ...id,
      ...newNotification(group, part, part.send),
      claim: context.claim(),
    });
    if (written !== undefined) notifications.push(written);
  }
  if (plan.incident !== undefined) {
    const { alerts, firing } = plan.incident;
    await putGroup(tx, group.id, { firing, changedAt: state.now });
    const described = describeGroup(group.key, group.labels, alerts);
    await context.incidents.groupChanged(tx, described, state.now);
  }
  return notifications;
}

function newNotification(
  group: AggregationGroup,
  { integration, before, entry }: IntegrationPlan,
  { alerts, reason }: NonNullable<IntegrationPlan["send"]>,
) {
  const { receiver } = group.route;
  const described = describeGroup(group.key, group.labels, alerts);
  const payload: NotificationPayload = {
    ...described,
    receiver,
    reason,
    routeLabels: group.route.labels,
  };
  return {
    groupId: group.id,
    receiver,
    status: described.status,
    payload: JSON.stringify(payload),
    groupLabels: group.labels,
    alerts: alerts.length,
    firing: firingOf(alerts),
    decidedAt: entry.notifiedAt,
    logBefore: before,
    idempotencyKey: (sequence: string) =>
      createHash("sha256")
        .update([group.key, receiver, integration.name, integration.index, sequence].join("\0"))
        .digest("hex"),
  };
}
