import { createHash } from "node:crypto";
import { formatDuration } from "../model/index.ts";
import type { AlertSnapshot, Clock, IncidentSink } from "../model/index.ts";
import {
  insertNotifications,
  listAlertRecords,
  lockGroups,
  putGroups,
  putLogEntries,
  readGroupLogs,
  recentFirings,
  waitingAmong,
  waitingKey,
} from "../store/index.ts";
import type {
  Claim,
  GroupLog,
  NewNotification,
  PlacedLogEntry,
  Records,
  Tx,
  WaitingNotification,
} from "../store/index.ts";
import type { RouteConfig } from "./config/route-config.ts";
import { isResolved } from "./dispatch/alert-book.ts";
import type { HeldAlert } from "./dispatch/alert-book.ts";
import type { AggregationGroup } from "./dispatch/groups.ts";
import { describeGroup, firingOf, snapshots } from "./notify/payload.ts";
import type { NotificationPayload } from "./notify/payload.ts";
import type { Inhibitor } from "./stages/inhibit.ts";
import { FLAPPING_HORIZON, flaps } from "./stages/flap.ts";
import type { Firing, FlappingPolicy } from "./stages/flap.ts";
import { isEmpty, planFlush } from "./stages/plan.ts";
import type { FlushPlan, FlushState, IntegrationPlan } from "./stages/plan.ts";
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
  /** When an alert that comes and goes is told of once; undefined for never, as Alertmanager does. */
  readonly flapping: FlappingPolicy | undefined;
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
 * notification log and written to the outbox in one transaction (`flushGroups`), from which it is
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

/** A group whose time has come, at `at`. */
export interface DueGroup {
  readonly group: AggregationGroup;
  readonly at: number;
}

/**
 * Flushes groups: decides who has to be told what, and writes logs, notifications and incidents in one
 * transaction that holds the groups' locks. Killed before its commit nothing has happened, and the next
 * process decides; killed after it, the next process delivers. Answers one result for each group.
 */
export async function flushGroups(
  due: readonly DueGroup[],
  context: PipelineContext,
): Promise<readonly Flushed[]> {
  const { records, silences } = context;
  await silences.refresh();
  const flushes: Flush[] = [];
  const history = await firingsOf(due, context);
  for (const one of due) flushes.push({ ...one, held: [...one.group.alerts.values()], history });
  // Most flushes find nothing new; they do not need the lock.
  const known = await readGroupLogs(
    records.db,
    due.map(({ group }) => group.id),
  );
  const news = flushes.filter(
    (flush, place) =>
      !isEmpty(planFlush(holdBack(flush, flush.held, flush.at, context), logAt(known, place))),
  );
  const decided = news.length === 0 ? [] : await decideTogether(news, context);
  const results = new Map(news.map(({ group }, place) => [group, decided[place]]));
  return flushes.map(
    (flush) =>
      results.get(flush.group) ?? {
        notifications: [],
        resolved: doneWith(flush, flush.held, flush.at, context),
        adopted: [],
        changed: false,
      },
  );
}

type Flush = DueGroup & {
  readonly held: readonly HeldAlert[];
  /** When its alerts fired lately, oldest first. */
  readonly history: ReadonlyMap<string, readonly Firing[]>;
};

/** When the alerts of groups fired lately, if anybody asks. */
async function firingsOf(
  due: readonly DueGroup[],
  { flapping, records, clock }: PipelineContext,
): Promise<Flush["history"]> {
  if (flapping === undefined) return new Map();
  const ids = due.flatMap(({ group }) => [...group.alerts.keys()]);
  return recentFirings(records.db, ids, clock.now() - FLAPPING_HORIZON);
}

/** The alerts that flap at `at`, and how often they fired lately. */
function flappingOf(
  { history }: Flush,
  alerts: readonly HeldAlert[],
  at: number,
  { flapping }: PipelineContext,
): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  if (flapping === undefined) return found;
  for (const { fingerprint, startsAt, endsAt } of alerts) {
    const before = (history.get(fingerprint) ?? []).filter(({ startedAt }) => startedAt < startsAt);
    // Of the last firing the end is known exactly here.
    const times = flaps([...before, { startedAt: startsAt, endedAt: endsAt }], flapping, at);
    if (times !== undefined) found.set(fingerprint, times);
  }
  return found;
}

/** The alerts that are over and of which nothing is left to say. */
function doneWith(
  flush: Flush,
  alerts: readonly HeldAlert[],
  at: number,
  context: PipelineContext,
): readonly HeldAlert[] {
  const flapping = flappingOf(flush, alerts, at, context);
  return alerts.filter((alert) => isResolved(alert, at) && !flapping.has(alert.fingerprint));
}

const NOTHING_LOGGED: GroupLog = { group: undefined, entries: new Map() };

function logAt(logs: readonly GroupLog[], place: number): GroupLog {
  return logs[place] ?? NOTHING_LOGGED;
}

function decideTogether(
  flushes: readonly Flush[],
  context: PipelineContext,
): Promise<readonly Flushed[]> {
  return context.records.transaction(async (tx) => {
    const logs = await lockGroups(
      tx,
      flushes.map(({ group }) => ({
        id: group.id,
        groupKey: group.key,
        receiver: group.route.receiver,
      })),
    );
    const rows = await listAlertRecords(
      tx,
      flushes.flatMap(({ held }) => held.map((alert) => alert.fingerprint)),
    );
    const stored = new Map(rows.map((row) => [row.fingerprint, row]));
    // Another server may have had the lock meanwhile: what it knew to be over is not to fire again.
    const now = context.clock.now();
    const decisions = flushes.map((flush, place) => {
      const { group, at, held } = flush;
      const { alerts, adopted } = adopt(stored, held);
      const state = holdBack(flush, alerts, Math.max(at, now), context);
      const plan = planFlush(state, logAt(logs, place));
      // One that another server knows to be over is still the one that the group holds.
      const done = new Set(
        doneWith(flush, alerts, state.now, context).map((alert) => alert.fingerprint),
      );
      const resolved = held.filter((alert) => done.has(alert.fingerprint));
      return { group, state, plan, adopted, resolved };
    });
    const written = await write(tx, decisions, context);
    return decisions.map(({ group, adopted, resolved }) => ({
      notifications: written.filter(({ groupId }) => groupId.equals(group.id)),
      resolved,
      adopted,
      changed: true,
    }));
  });
}

/**
 * The alerts as whoever heard of them last knows them. Another server may have been told that an alert
 * is over, or goes on, and this one not yet: deciding by what it knows would page for what is past.
 */
function adopt(
  stored: ReadonlyMap<string, HeldAlert>,
  held: readonly HeldAlert[],
): { readonly alerts: readonly HeldAlert[]; readonly adopted: readonly HeldAlert[] } {
  const adopted: HeldAlert[] = [];
  const alerts = held.map((alert) => {
    const row = stored.get(alert.fingerprint);
    if (row === undefined || row.updatedAt <= alert.updatedAt) return alert;
    adopted.push(row);
    return row;
  });
  return { alerts, adopted };
}

function holdBack(
  flush: Flush,
  alerts: readonly HeldAlert[],
  at: number,
  context: PipelineContext,
): FlushState {
  const { group } = flush;
  const flapping = flappingOf(flush, alerts, at, context);
  const suppressed = alerts.filter((alert) =>
    stages.some((holdsBack) => holdsBack(alert, { group, at, context })),
  );
  return {
    alerts: snapshots(alerts, at, flapping),
    flapping,
    suppressed: new Set(suppressed.map((alert) => alert.fingerprint)),
    integrations: context.config.receivers.get(group.route.receiver)?.integrations ?? [],
    repeatInterval: group.route.repeatInterval,
    now: at,
  };
}

interface Decision {
  readonly group: AggregationGroup;
  readonly state: FlushState;
  readonly plan: FlushPlan;
}

/** Writes what was decided about groups that are locked; answers what is to be sent now. */
async function write(
  tx: Tx,
  decisions: readonly Decision[],
  context: PipelineContext,
): Promise<readonly WaitingNotification[]> {
  const claim = context.claim();
  const entries: PlacedLogEntry[] = [];
  const notifications: NewNotification[] = [];
  const waiting = await waitingOfRepeated(tx, decisions);
  for (const { group, plan, state } of decisions) {
    const sayFlapping = (alert: AlertSnapshot) => withFlapping(alert, state.flapping, context);
    for (const part of plan.integrations) {
      const id = { integration: part.integration.name, index: part.integration.index };
      if (isRepetition(part) && waiting.has(waitingKey({ groupId: group.id, ...id }))) continue;
      entries.push({ groupId: group.id, ...id, entry: part.entry });
      if (part.send !== undefined)
        notifications.push({
          ...id,
          ...newNotification(group, part, part.send, sayFlapping),
          claim,
        });
    }
  }
  await putLogEntries(tx, entries);
  const written = await insertNotifications(tx, notifications);
  await putGroups(
    tx,
    decisions.flatMap(({ group, state, plan: { incident } }) =>
      incident === undefined
        ? []
        : [{ id: group.id, told: { firing: incident.firing, changedAt: state.now } }],
    ),
  );
  const changes = decisions.flatMap(({ group, state, plan: { incident } }) =>
    incident === undefined
      ? []
      : [{ group: describeGroup(group.key, group.labels, incident.alerts), at: state.now }],
  );
  if (changes.length > 0) await context.incidents.groupsChanged(tx, changes);
  return written;
}

function isRepetition({ send }: IntegrationPlan): boolean {
  return send?.reason === "repeat interval elapsed";
}

/**
 * What waits already of what is to be repeated. While the receiver cannot be reached, one waiting
 * notification says it all; a repetition of it behind it would only be a second page when it is back.
 */
function waitingOfRepeated(tx: Tx, decisions: readonly Decision[]): Promise<ReadonlySet<string>> {
  const repeated = decisions.flatMap(({ group, plan }) =>
    plan.integrations.filter(isRepetition).map(({ integration: { name, index } }) => ({
      groupId: group.id,
      integration: name,
      index,
    })),
  );
  return waitingAmong(tx, repeated);
}

/** An alert as it is told: one that flaps says so in a label, which every receiver's text shows. */
function withFlapping(
  alert: AlertSnapshot,
  flapping: ReadonlyMap<string, number>,
  context: PipelineContext,
): AlertSnapshot {
  const times = flapping.get(alert.fingerprint);
  if (times === undefined || context.flapping === undefined) return alert;
  const { within, quiet } = context.flapping;
  const label = `fired ${times} times in ${formatDuration(within)}`;
  const note = `It comes and goes: it ${label}. You hear of it again when it has been quiet for ${formatDuration(quiet)}.`;
  return {
    ...alert,
    labels: { ...alert.labels, flapping: label },
    annotations: { ...alert.annotations, flapping: note },
  };
}

function newNotification(
  group: AggregationGroup,
  { integration, before, entry }: IntegrationPlan,
  { alerts, reason }: NonNullable<IntegrationPlan["send"]>,
  sayFlapping: (alert: AlertSnapshot) => AlertSnapshot,
) {
  const { receiver } = group.route;
  const described = describeGroup(group.key, group.labels, alerts.map(sayFlapping));
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
