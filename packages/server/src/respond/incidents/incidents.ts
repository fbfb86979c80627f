import { createHash, randomUUID } from "node:crypto";
import type {
  AlertGroup,
  AlertSnapshot,
  Announce,
  Clock,
  IncidentSink,
  Labels,
  Severity,
} from "../../model/index.ts";
import {
  addTimeline,
  alertsByFingerprint,
  alertsOfIncident,
  clearSince,
  findIncident,
  linkIncidentGroups,
  listIncidents,
  listIncidentsInPlay,
  lockIncidents,
  nextIncidentNumber,
  openIncidentByFingerprint,
  openIncidentsOfGroups,
  saveIncidentAlerts,
  saveIncidents,
  timelineOfIncident,
  writeAudit,
} from "../../store/index.ts";
import type {
  AuditedChange,
  Db,
  IncidentAlertRecord,
  IncidentRecord,
  IncidentSummaryRecord,
  Records,
  TimelineRecord,
  Tx,
} from "../../store/index.ts";
import { SYSTEM, takeGroup } from "./board.ts";
import { IncidentError } from "./errors.ts";
import { expressionOfGenerator } from "./expression.ts";
import { PagingError } from "../paging/errors.ts";
import type { Paging } from "../paging/paging.ts";
import { incidentPolicy, serviceOf, severityOf } from "./policy.ts";
import type { IncidentPolicy } from "./policy.ts";
import { Taking } from "./taking.ts";
import type { ReadBefore } from "./taking.ts";

/** An incident with everything that its page shows. */
export interface IncidentDetail {
  readonly incident: IncidentSummaryRecord;
  readonly alerts: readonly IncidentAlertRecord[];
  readonly timeline: readonly TimelineRecord[];
}

/** A person or token that acts, as the audit log names it. */
type Actor = string;

/**
 * Incidents: the router pushes groups of alerts in, people command and ask. Every change is one
 * transaction under the incidents' lock, is audited in it, and is announced after it.
 */
export interface Incidents extends IncidentSink<Tx> {
  /**
   * Takes a group that came from outside, in a transaction of its own; answers the ids of the
   * incidents that its alerts belong to.
   */
  takeGroup(group: AlertGroup): Promise<readonly string[]>;
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
  open(
    actor: Actor,
    given: {
      readonly title: string;
      readonly severity: Severity;
      readonly service: string | null;
      readonly comment?: string | undefined;
    },
  ): Promise<IncidentDetail>;
  /** Doing it twice changes nothing. Throws `incident_resolved` when there is nothing to take on. */
  acknowledge(actor: Actor, idOrNumber: string): Promise<IncidentDetail>;
  /** Doing it twice changes nothing, but a comment is kept. */
  resolve(actor: Actor, idOrNumber: string, comment?: string): Promise<IncidentDetail>;
  comment(actor: Actor, idOrNumber: string, text: string): Promise<IncidentDetail>;
  /** Pages the next ones at once. Throws `escalation_over` when there is nobody left to page. */
  escalate(actor: Actor, idOrNumber: string): Promise<IncidentDetail>;
  /** For every alert of an open incident: which one. */
  openByFingerprint(): Promise<
    ReadonlyMap<string, { readonly id: string; readonly number: number }>
  >;
  /** When the last incident ended or, if there has been none, when this installation began. */
  clearSince(): Promise<Date | null>;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const NUMBER = /^[1-9]\d{0,8}$/;

/** Makes the incidents' service. */
export function createIncidents(deps: {
  readonly records: Records;
  readonly clock: Clock;
  readonly announce: Announce;
  /** What differs from DEFAULT_INCIDENT_POLICY. */
  readonly policy?: Partial<IncidentPolicy>;
  /** The expression of the rule behind an alert, where it is one of ours. */
  readonly expressionOf?: (labels: Labels) => string | null;
  /** Who pages people about incidents; nobody by default. */
  readonly paging?: Pick<Paging, "follow" | "escalate">;
}): Incidents {
  const { records, clock, announce } = deps;
  const policy = incidentPolicy(deps.policy);
  const expressionOf = (alert: { labels: Labels; generatorURL: string }) =>
    deps.expressionOf?.(alert.labels) ?? expressionOfGenerator(alert.generatorURL);

  async function find(db: Db, idOrNumber: string): Promise<IncidentSummaryRecord> {
    const key = UUID.test(idOrNumber)
      ? { id: idOrNumber.toLowerCase() }
      : NUMBER.test(idOrNumber)
        ? { number: Number(idOrNumber) }
        : undefined;
    const found = key === undefined ? undefined : await findIncident(db, key);
    if (found === undefined) {
      throw new IncidentError("incident_not_found", `There is no incident "${idOrNumber}".`);
    }
    return found;
  }

  async function detail(db: Db, incident: IncidentSummaryRecord): Promise<IncidentDetail> {
    return {
      incident,
      alerts: await alertsOfIncident(db, incident.id),
      timeline: await timelineOfIncident(db, incident.id),
    };
  }

  /** Writes incidents; whoever has to be paged about them, or no longer has to be, is in step with it. */
  async function save(tx: Tx, incidents: readonly IncidentRecord[], at: number): Promise<void> {
    await saveIncidents(tx, incidents);
    await deps.paging?.follow(tx, incidents, at);
  }

  const announceAfter = (tx: Tx, id: string) =>
    records.afterCommit(tx, () => announce({ topic: "incidents", id }));

  /** Runs one command on one incident: locked, then read, then answered as it is afterwards. */
  async function command(
    idOrNumber: string,
    run: (tx: Tx, incident: IncidentSummaryRecord, at: Date) => Promise<void>,
  ): Promise<IncidentDetail> {
    return records.transaction(async (tx) => {
      await lockIncidents(tx);
      const incident = await find(tx, idOrNumber);
      await run(tx, incident, new Date(clock.now()));
      return detail(tx, await find(tx, incident.id));
    });
  }

  async function note(
    tx: Tx,
    incidentId: string,
    at: Date,
    actor: Actor,
    kind: TimelineRecord["kind"],
    text: string,
  ): Promise<void> {
    await addTimeline(tx, [{ incidentId, at, kind, actor, text }]);
    announceAfter(tx, incidentId);
  }

  const audited = (
    at: Date,
    actor: Actor,
    action: string,
    incident: IncidentRecord,
  ): AuditedChange => ({
    at: at.getTime(),
    actor,
    action,
    subject: incident.id,
    detail: { number: incident.number, title: incident.title },
  });

  /** Takes groups in, one after the other; answers the incidents that the alerts belong to. */
  async function absorb(
    tx: Tx,
    changes: readonly { readonly group: AlertGroup; readonly at: number }[],
  ): Promise<readonly string[]> {
    await lockIncidents(tx);
    const taken = changes.map(({ group, at }) => ({
      at,
      hash: createHash("sha256").update(group.groupKey, "utf8").digest(),
      // A sender may name an alert twice; the last word counts.
      alerts: [...new Map(group.alerts.map((alert) => [alert.fingerprint, alert])).values()],
      services: new Set(group.alerts.map((alert) => serviceOf(policy, alert.labels) ?? "")),
    }));
    const held = await readHeld(tx, taken);
    const calls = changes.some(({ group }) =>
      group.alerts.some(({ labels }) => severityOf(policy, labels) !== undefined),
    );
    if (!calls && held.alerts.length === 0 && held.fed.size === 0) return [];
    const taking = new Taking(await readBefore(tx, taken, held));
    for (const { at, hash, alerts, services } of taken) {
      const key = hash.toString("hex");
      const known = taking.before(key, alerts, services);
      taking.after(key, takeGroup(known, alerts, policy, at, expressionOf));
    }
    await save(tx, taking.incidents, Math.max(...changes.map((change) => change.at)));
    await saveIncidentAlerts(tx, taking.alerts);
    await addTimeline(tx, taking.timeline);
    await linkIncidentGroups(
      tx,
      [...taking.links].flatMap(([hash, ids]) =>
        [...ids].map((incidentId) => ({ incidentId, hash: Buffer.from(hash, "hex") })),
      ),
    );
    const deeds = taking.deeds.map(({ incident, action, at }) =>
      audited(new Date(at), SYSTEM, action, incident),
    );
    await writeAudit(tx, ...deeds);
    for (const id of taking.changed) announceAfter(tx, id);
    return [...taking.links.values()].flatMap((ids) => [...ids]);
  }

  return {
    async groupsChanged(tx, changes) {
      if (changes.length > 0) await absorb(tx, changes);
    },
    takeGroup(group) {
      const at = clock.now();
      return records.transaction((tx) => absorb(tx, [{ group, at }]));
    },

    async list(page) {
      const found = await listIncidents(records.db, { ...page, limit: page.limit + 1 });
      const incidents = found.slice(0, page.limit);
      const next = found.length > page.limit ? (incidents.at(-1)?.number ?? null) : null;
      return { incidents, next };
    },
    get: async (idOrNumber) => detail(records.db, await find(records.db, idOrNumber)),
    openByFingerprint: () => openIncidentByFingerprint(records.db),
    clearSince: () => clearSince(records.db),

    open: (actor, given) =>
      records.transaction(async (tx) => {
        await lockIncidents(tx);
        const at = new Date(clock.now());
        const incident: IncidentRecord = {
          id: randomUUID(),
          number: await nextIncidentNumber(tx),
          title: given.title,
          severity: given.severity,
          state: "triggered",
          service: given.service,
          openedAt: at,
          openedBy: actor,
          acknowledgedAt: null,
          acknowledgedBy: null,
          resolvedAt: null,
          resolvedBy: null,
        };
        await save(tx, [incident], at.getTime());
        await note(tx, incident.id, at, actor, "opened", `Opened as ${given.severity} by hand`);
        if (given.comment !== undefined) {
          await note(tx, incident.id, at, actor, "comment", given.comment);
        }
        await writeAudit(tx, audited(at, actor, "incident.open", incident));
        return detail(tx, await find(tx, incident.id));
      }),

    acknowledge: (actor, idOrNumber) =>
      command(idOrNumber, async (tx, incident, at) => {
        if (incident.state === "acknowledged") return;
        if (incident.state === "resolved") {
          throw new IncidentError(
            "incident_resolved",
            `Incident #${incident.number} was resolved by ${incident.resolvedBy} at ${incident.resolvedAt?.toISOString()}; there is nothing to acknowledge.`,
          );
        }
        await save(
          tx,
          [
            {
              ...incident,
              state: "acknowledged",
              acknowledgedAt: at,
              acknowledgedBy: actor,
            },
          ],
          at.getTime(),
        );
        await note(tx, incident.id, at, actor, "acknowledged", "Acknowledged");
        await writeAudit(tx, audited(at, actor, "incident.acknowledge", incident));
      }),

    resolve: (actor, idOrNumber, comment) =>
      command(idOrNumber, async (tx, incident, at) => {
        if (comment !== undefined) {
          await note(tx, incident.id, at, actor, "comment", comment);
          await writeAudit(tx, audited(at, actor, "incident.comment", incident));
        }
        if (incident.state === "resolved") return;
        await save(
          tx,
          [
            {
              ...incident,
              state: "resolved",
              resolvedAt: at,
              resolvedBy: actor,
            },
          ],
          at.getTime(),
        );
        const still = incident.firingAlerts;
        const text =
          still === 0
            ? "Resolved by hand"
            : `Resolved by hand while ${still} ${still === 1 ? "alert was" : "alerts were"} firing`;
        await note(tx, incident.id, at, actor, "resolved", text);
        await writeAudit(tx, audited(at, actor, "incident.resolve", incident));
      }),

    escalate: (actor, idOrNumber) =>
      command(idOrNumber, async (tx, incident, at) => {
        if (deps.paging === undefined)
          throw new PagingError("escalation_over", "Nobody is paged here.");
        await deps.paging.escalate(tx, incident);
        await note(tx, incident.id, at, actor, "comment", "Escalated: the next ones are paged");
        await writeAudit(tx, audited(at, actor, "incident.escalate", incident));
      }),

    comment: (actor, idOrNumber, text) =>
      command(idOrNumber, async (tx, incident, at) => {
        await note(tx, incident.id, at, actor, "comment", text);
        await writeAudit(tx, audited(at, actor, "incident.comment", incident));
      }),
  };
}

type TakenGroup = {
  readonly hash: Buffer;
  readonly alerts: readonly AlertSnapshot[];
  readonly services: ReadonlySet<string>;
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
): Promise<ReadBefore> {
  const fedIds = [...fed.values()].flatMap((ids) => [...ids]);
  const incidents = await listIncidentsInPlay(tx, {
    ids: [...new Set([...alerts.map((row) => row.incidentId), ...fedIds])],
    services: [...new Set(groups.flatMap(({ services }) => [...services]))],
  });
  return { alerts, fed, incidents, nextNumber: await nextIncidentNumber(tx) };
}
