import { createHash, randomUUID } from "node:crypto";
import type {
  AlertGroup,
  AlertSnapshot,
  Announce,
  Clock,
  IncidentSeverity,
  IncidentSink,
  IncidentState,
  Labels,
} from "../../model/index.ts";
import {
  addTimeline,
  alertsByFingerprint,
  alertsOfIncident,
  clearSince,
  findIncidentByKey,
  linkIncidentGroups,
  listFiringLabels,
  listIncidents,
  listIncidentsInPlay,
  lockIncidents,
  newIncident,
  nextIncidentNumber,
  openIncidentByFingerprint,
  openIncidentsByLabel,
  openIncidentsOfGroups,
  saveIncidentAlerts,
  stormyIncidents,
  writeAudit,
} from "../../store/index.ts";
import type {
  IncidentAlertPlace,
  IncidentAlertRecord,
  IncidentRecord,
  IncidentSummaryRecord,
  Records,
  Tx,
} from "../../store/index.ts";
import { enterChangesBefore } from "../changes/changes.ts";
import { SYSTEM, takeGroup } from "./board.ts";
import { IncidentDesk } from "./desk.ts";
import type { Actor, IncidentDetail } from "./desk.ts";
import { IncidentError } from "./errors.ts";
import { expressionOfGenerator } from "./expression.ts";
import { incidentJoining } from "./joining.ts";
import type { Joining } from "./joining.ts";
import { incidentNotes, writeNote } from "./notes.ts";
import type { IncidentNotes, PictureLimits } from "./notes.ts";
import { PagingError } from "../paging/errors.ts";
import type { Paging } from "../paging/paging.ts";
import { incidentPolicy, joinKeysOf, serviceOf, severityOf } from "./policy.ts";
import type { IncidentPolicy } from "./policy.ts";
import { mayFollow, statesAfter } from "./states.ts";
import { Storm } from "./storm.ts";
import type { ServiceCalls } from "./storm.ts";
import { Taking } from "./taking.ts";
import type { ReadBefore } from "./taking.ts";
import { incidentWork } from "./work.ts";
import type { IncidentWork } from "./work.ts";

/**
 * Incidents: the router pushes groups of alerts in, people command and ask. Every change is one
 * transaction under the incidents' lock, is audited in it, and is announced after it.
 */
export interface Incidents extends IncidentSink<Tx>, IncidentWork, IncidentNotes, Joining {
  /**
   * Takes a group that came from outside, in a transaction of its own; answers the ids of the
   * incidents that its alerts belong to. `at`: when it was so, ms since 1970; what is older than what is
   * known changes nothing.
   */
  takeGroup(group: AlertGroup, at?: number): Promise<readonly string[]>;
  list(page: {
    readonly state: "open" | "resolved" | "all";
    readonly before?: number | undefined;
    readonly limit: number;
  }): Promise<{
    readonly incidents: readonly IncidentSummaryRecord[];
    readonly next: number | null;
  }>;
  /** By id or number. Throws `incident_not_found`. */
  get(idOrNumber: string): Promise<IncidentDetail>;
  /** The alerts of an incident, firing first, then by when they began. Throws `incident_not_found`. */
  alerts(
    idOrNumber: string,
    page: { readonly after?: IncidentAlertPlace | undefined; readonly limit: number },
  ): Promise<{ readonly alerts: readonly IncidentAlertRecord[]; readonly hasMore: boolean }>;
  open(
    actor: Actor,
    given: {
      readonly title: string;
      readonly severity: IncidentSeverity;
      readonly service: string | null;
      readonly comment?: string | undefined;
      readonly beganAt?: Date | null | undefined;
      /** With the same key nothing is opened twice. */
      readonly key?: string | null | undefined;
    },
  ): Promise<IncidentDetail>;
  /** Doing it twice changes nothing. Throws `incident_resolved` when there is nothing to take on. */
  acknowledge(actor: Actor, idOrNumber: string): Promise<IncidentDetail>;
  /** Doing it twice changes nothing, but a comment is kept. */
  resolve(actor: Actor, idOrNumber: string, comment?: string): Promise<IncidentDetail>;
  /**
   * Brings it into a state that may follow its own; the state that it has already changes nothing.
   * Throws `incident_state_refused`.
   */
  moveTo(
    actor: Actor,
    idOrNumber: string,
    state: Exclude<IncidentState, "triggered">,
    comment?: string,
  ): Promise<IncidentDetail>;
  /** What is open stays as it is. Throws `incident_merged`. */
  reopen(actor: Actor, idOrNumber: string, comment?: string): Promise<IncidentDetail>;
  /** Pages the next ones at once. Throws `escalation_over` when there is nobody left to page. */
  escalate(actor: Actor, idOrNumber: string): Promise<IncidentDetail>;
  /** For every alert of an open incident: which one. */
  openByFingerprint(): Promise<
    ReadonlyMap<string, { readonly id: string; readonly number: number }>
  >;
  /** When the last incident ended or, if there has been none, when this installation began. */
  clearSince(): Promise<Date | null>;
}

/** Alerts that are looked through to know which services fail. */
const MOST_FIRING = 20_000;

/** Makes the incidents' service. */
export function createIncidents(deps: {
  readonly records: Records;
  readonly clock: Clock;
  readonly announce: Announce;
  /** What differs from DEFAULT_INCIDENT_POLICY. */
  readonly policy?: Partial<IncidentPolicy>;
  /** The expression of the rule behind an alert, where it is one of ours. */
  readonly expressionOf?: (labels: Labels) => string | null;
  /** Who calls whom: alerts of services that depend on each other are one storm. Nobody by default. */
  readonly calls?: ServiceCalls;
  /** How much of pictures is kept, where not DEFAULT_PICTURE_LIMITS. */
  readonly pictures?: PictureLimits;
  /** Who pages people about incidents; nobody by default. */
  readonly paging?: Pick<Paging, "follow" | "escalate">;
}): Incidents {
  const { records, clock, announce } = deps;
  const policy = incidentPolicy(deps.policy);
  const desk = new IncidentDesk({ records, clock, announce, policy, paging: deps.paging });
  const expressionOf = (alert: { labels: Labels; generatorURL: string }) =>
    deps.expressionOf?.(alert.labels) ?? expressionOfGenerator(alert.generatorURL);

  /** The services of the alerts that fire and call for an incident. */
  const failingOf = (alerts: readonly AlertSnapshot[]): Set<string> =>
    new Set(
      alerts
        .filter(({ status, labels }) => status === "firing" && severityOf(policy, labels))
        .flatMap(({ labels }) => serviceOf(policy, labels) ?? []),
    );

  /** What is known of who calls whom, with the storms that are under way. */
  async function readStorm(
    tx: Tx,
    changes: readonly { readonly group: AlertGroup; readonly at: number }[],
  ): Promise<{ readonly storm: Storm; readonly ids: readonly string[] } | undefined> {
    const { calls } = deps;
    if (calls === undefined) return undefined;
    const coming = failingOf(changes.flatMap(({ group }) => group.alerts));
    const isPlaced = (one: string) =>
      calls.dependencies(one).size > 0 || calls.dependents(one).size > 0;
    if (![...coming].some(isPlaced)) return undefined;
    const since = Math.min(...changes.map(({ at }) => at)) - policy.stormWithin;
    const under = await stormyIncidents(tx, new Date(since), policy.serviceLabels);
    const placed = new Set(under.flatMap(({ service, firing }) => [service, ...firing]));
    // What fires and has not been grouped yet tells a storm from two faults when its first alert comes.
    const waiting = [...coming].every((one) => placed.has(one))
      ? []
      : await listFiringLabels(tx, clock.now(), MOST_FIRING);
    const failing = waiting.flatMap((labels) =>
      severityOf(policy, labels) ? (serviceOf(policy, labels) ?? []) : [],
    );
    for (const one of failing) coming.add(one);
    return { storm: new Storm(calls, under, coming), ids: under.map(({ id }) => id) };
  }

  /** Takes groups in, one after the other; answers the incidents that the alerts belong to. */
  async function absorb(
    tx: Tx,
    changes: readonly { readonly group: AlertGroup; readonly at: number }[],
  ): Promise<readonly string[]> {
    await lockIncidents(tx);
    const read = await readStorm(tx, changes);
    const blame = (group: AlertGroup) =>
      Math.max(0, ...[...failingOf(group.alerts)].map((one) => read?.storm.blamedBy(one) ?? 0));
    // What most others depend on comes first: an incident is named by what opens it.
    const inOrder =
      read === undefined
        ? changes
        : changes
            .map((change) => ({ change, blame: blame(change.group) }))
            .sort((a, b) => b.blame - a.blame)
            .map(({ change }) => change);
    const taken = inOrder.map(({ group, at }) => ({
      at,
      hash: createHash("sha256").update(group.groupKey, "utf8").digest(),
      // A sender may name an alert twice; the last word counts.
      alerts: [...new Map(group.alerts.map((alert) => [alert.fingerprint, alert])).values()],
      services: new Set(group.alerts.map((alert) => serviceOf(policy, alert.labels) ?? "")),
      joinKeys: group.alerts.flatMap(({ labels }) => joinKeysOf(policy, labels)),
    }));
    const held = await readHeld(tx, taken);
    const calls = changes.some(({ group }) =>
      group.alerts.some(({ labels }) => severityOf(policy, labels) !== undefined),
    );
    if (!calls && held.alerts.length === 0 && held.fed.size === 0) return [];
    const before = await readBefore(tx, taken, held, read?.ids ?? []);
    const taking = new Taking(before, policy, read?.storm);
    for (const { at, hash, alerts, services } of taken) {
      const key = hash.toString("hex");
      const known = taking.before(key, alerts, services);
      taking.after(key, takeGroup(known, alerts, policy, at, expressionOf));
    }
    await desk.save(
      tx,
      taking.incidents,
      new Date(Math.max(...changes.map((change) => change.at))),
    );
    await saveIncidentAlerts(tx, taking.alerts);
    await addTimeline(tx, taking.timeline);
    const opened = taking.deeds.filter(({ action }) => action === "incident.open");
    await enterChangesBefore(
      tx,
      opened.map(({ incident }) => incident),
    );
    await linkIncidentGroups(
      tx,
      [...taking.links].flatMap(([hash, ids]) =>
        [...ids].map((incidentId) => ({ incidentId, hash: Buffer.from(hash, "hex") })),
      ),
    );
    const deeds = taking.deeds.map(({ incident, action, at }) => ({
      at,
      actor: SYSTEM,
      action,
      subject: incident.id,
      detail: { number: incident.number, title: incident.title },
    }));
    await writeAudit(tx, ...deeds);
    for (const id of taking.changed) desk.announceAfter(tx, id);
    return [...taking.links.values()].flatMap((ids) => [...ids]);
  }

  const commented = (tx: Tx, incident: IncidentRecord, at: Date, actor: Actor, text: string) =>
    writeNote(desk, tx, incident, { at, actor, text });

  /** Brings an incident into a state that may follow its own. */
  async function turn(
    tx: Tx,
    incident: IncidentSummaryRecord,
    at: Date,
    actor: Actor,
    state: Exclude<IncidentState, "triggered">,
  ): Promise<void> {
    const answered = incident.acknowledgedAt === null && state !== "resolved";
    const next: IncidentRecord = {
      ...incident,
      state,
      ...(answered
        ? {
            ...answeredBy(actor, at),
            firstAcknowledgedAt: incident.firstAcknowledgedAt ?? at,
          }
        : {}),
      ...(state === "resolved" ? { resolvedAt: at, resolvedBy: actor } : {}),
    };
    await desk.save(tx, [next], at);
    const still = incident.firingAlerts;
    if (state === "resolved") {
      const text =
        still === 0
          ? "Resolved by hand"
          : `Resolved by hand while ${still} ${still === 1 ? "alert was" : "alerts were"} firing`;
      await desk.did(tx, incident, at, actor, { verb: "resolve", kind: "resolved", text });
    } else if (state === "acknowledged") {
      const text = "Acknowledged";
      await desk.did(tx, incident, at, actor, { verb: "acknowledge", kind: "acknowledged", text });
    } else {
      const text = TURNS[state];
      await desk.did(tx, incident, at, actor, { verb: state, kind: "state_changed", text });
    }
  }

  return {
    async groupsChanged(tx, changes) {
      if (changes.length > 0) await absorb(tx, changes);
    },
    takeGroup(group, at = clock.now()) {
      return records.transaction((tx) => absorb(tx, [{ group, at }]));
    },

    async list(page) {
      const found = await listIncidents(records.db, { ...page, limit: page.limit + 1 });
      const incidents = found.slice(0, page.limit);
      const next = found.length > page.limit ? (incidents.at(-1)?.number ?? null) : null;
      return { incidents, next };
    },
    get: async (idOrNumber) => desk.detail(records.db, await desk.find(records.db, idOrNumber)),
    async alerts(idOrNumber, { after, limit }) {
      const { id } = await desk.find(records.db, idOrNumber);
      const found = await alertsOfIncident(records.db, id, limit + 1, after);
      return { alerts: found.slice(0, limit), hasMore: found.length > limit };
    },
    openByFingerprint: () => openIncidentByFingerprint(records.db),
    clearSince: () => clearSince(records.db),

    open: (actor, given) =>
      desk.transaction(async (tx, at) => {
        const { title, severity, service, comment, key = null, beganAt = null } = given;
        const again = key === null ? undefined : await findIncidentByKey(tx, key);
        if (again !== undefined) return desk.detail(tx, again);
        const opened = newIncident({
          id: randomUUID(),
          number: await nextIncidentNumber(tx),
          title,
          severity,
          service,
          openedAt: at,
          openedBy: actor,
        });
        // Work that is planned needs nobody's answer: whoever enters it is on it.
        const isPlanned = severity === "maintenance";
        const incident: IncidentRecord = {
          ...opened,
          beganAt,
          openKey: key,
          ...(isPlanned ? { state: "acknowledged", ...answeredBy(actor, at) } : {}),
        };
        await desk.save(tx, [incident], at);
        await desk.did(tx, incident, at, actor, {
          verb: "open",
          kind: "opened",
          text: `Opened as ${severity} by hand`,
        });
        await enterChangesBefore(tx, [incident]);
        if (comment !== undefined) await commented(tx, incident, at, actor, comment);
        return desk.detail(tx, await desk.find(tx, incident.id));
      }),

    acknowledge: (actor, idOrNumber) =>
      desk.command(idOrNumber, async (tx, incident, at) => {
        if (incident.state === "resolved") {
          throw new IncidentError(
            "incident_resolved",
            `Incident #${incident.number} was resolved by ${incident.resolvedBy} at ${incident.resolvedAt?.toISOString()}; there is nothing to acknowledge.`,
          );
        }
        if (incident.state === "triggered") await turn(tx, incident, at, actor, "acknowledged");
      }),

    resolve: (actor, idOrNumber, comment) =>
      desk.command(idOrNumber, async (tx, incident, at) => {
        if (comment !== undefined) await commented(tx, incident, at, actor, comment);
        if (incident.state !== "resolved") await turn(tx, incident, at, actor, "resolved");
      }),

    moveTo: (actor, idOrNumber, state, comment) =>
      desk.command(idOrNumber, async (tx, incident, at) => {
        if (comment !== undefined) await commented(tx, incident, at, actor, comment);
        if (incident.state === state) return;
        if (!mayFollow(incident.state, state)) {
          const next = statesAfter(incident.state);
          throw new IncidentError(
            "incident_state_refused",
            next.length === 0
              ? `Incident #${incident.number} is resolved: reopen it first.`
              : `Incident #${incident.number} is ${incident.state} and may become ${next.join(", ")}, not ${state}.`,
          );
        }
        await turn(tx, incident, at, actor, state);
      }),

    reopen: (actor, idOrNumber, comment) =>
      desk.command(idOrNumber, async (tx, incident, at) => {
        if (incident.mergedInto !== null)
          throw new IncidentError(
            "incident_merged",
            `Incident #${incident.number} was merged into another one: reopen that one.`,
          );
        if (incident.state !== "resolved") return;
        // Who reopens it is on it: nobody is paged.
        await desk.save(
          tx,
          [
            {
              ...incident,
              state: "investigating",
              triggeredAt: at,
              ...answeredBy(actor, at),
              firstAcknowledgedAt: incident.firstAcknowledgedAt ?? at,
              resolvedAt: null,
              resolvedBy: null,
            },
          ],
          at,
        );
        const text = comment === undefined ? "Reopened by hand" : `Reopened by hand: ${comment}`;
        await desk.did(tx, incident, at, actor, { verb: "reopen", kind: "reopened", text });
      }),

    escalate: (actor, idOrNumber) =>
      desk.command(idOrNumber, async (tx, incident, at) => {
        if (deps.paging === undefined)
          throw new PagingError("escalation_over", "Nobody is paged here.");
        await deps.paging.escalate(tx, incident);
        const text = "Escalated: the next ones are paged";
        await desk.did(tx, incident, at, actor, { verb: "escalate", kind: "comment", text });
      }),

    ...incidentNotes(desk, deps.pictures),
    ...incidentWork(desk),
    ...incidentJoining(desk),
  };
}

/** What is said of a state when an incident comes into it. */
const TURNS = {
  investigating: "Investigating",
  identified: "Identified: the cause is known",
  monitoring: "Monitoring: a fix is in, and is watched",
} as const;

const answeredBy = (actor: Actor, at: Date) => ({
  acknowledgedAt: at,
  acknowledgedBy: actor,
  firstAcknowledgedAt: at,
});

type TakenGroup = {
  readonly hash: Buffer;
  readonly alerts: readonly AlertSnapshot[];
  /** Those that the alerts name. */
  readonly services: ReadonlySet<string>;
  readonly joinKeys: readonly string[];
};

/** Reads what incidents hold of groups' alerts, under the incidents' lock. */
async function readHeld(
  tx: Tx,
  groups: readonly TakenGroup[],
): Promise<Pick<ReadBefore, "alerts" | "fed">> {
  const fingerprints = groups.flatMap(({ alerts }) => alerts.map((alert) => alert.fingerprint));
  const hashes = groups.map(({ hash }) => hash);
  return {
    alerts: await alertsByFingerprint(tx, [...new Set(fingerprints)]),
    fed: await openIncidentsOfGroups(tx, hashes),
  };
}

/** Reads the incidents that groups may belong to, under the incidents' lock. */
async function readBefore(
  tx: Tx,
  groups: readonly TakenGroup[],
  { alerts, fed }: Pick<ReadBefore, "alerts" | "fed">,
  stormy: readonly string[],
): Promise<ReadBefore> {
  const fedIds = [...fed.values()].flatMap((ids) => [...ids]);
  const byLabel = await openIncidentsByLabel(tx, [
    ...new Set(groups.flatMap(({ joinKeys }) => joinKeys)),
  ]);
  const labelled = [...byLabel.values()].flatMap((ids) => [...ids]);
  const incidents = await listIncidentsInPlay(tx, {
    ids: [...new Set([...alerts.map((row) => row.incidentId), ...fedIds, ...labelled, ...stormy])],
    services: [...new Set(groups.flatMap(({ services }) => [...services]))],
  });
  return { alerts, fed, incidents, byLabel, nextNumber: await nextIncidentNumber(tx) };
}
