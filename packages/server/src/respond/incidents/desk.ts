import type { Announce, Clock, TimelineDetail, TimelineKind } from "../../model/index.ts";
import {
  addTimeline,
  alertsByService,
  alertsOfIncident,
  findIncident,
  lockIncidents,
  saveIncidents,
  timelineOfIncident,
  workOfIncident,
  writeAudit,
} from "../../store/index.ts";
import type {
  Db,
  IncidentAlertRecord,
  IncidentRecord,
  IncidentSummaryRecord,
  IncidentWorkRecord,
  Records,
  TimelineRecord,
  Tx,
} from "../../store/index.ts";
import type { Paging } from "../paging/paging.ts";
import { IncidentError } from "./errors.ts";
import type { IncidentPolicy } from "./policy.ts";

/** A person or token that acts, as the audit log names it. */
export type Actor = string;

/** Alerts of one service that an incident holds. */
export interface BlastedService {
  /** Null: the alerts name none. */
  readonly service: string | null;
  readonly alerts: number;
  readonly firing: number;
  readonly since: Date;
}

/** An incident with everything that its page shows. */
export interface IncidentDetail {
  readonly incident: IncidentSummaryRecord;
  /** The first of them. */
  readonly alerts: readonly IncidentAlertRecord[];
  /** Whether there are more. */
  readonly hasMoreAlerts: boolean;
  readonly timeline: readonly TimelineRecord[];
  readonly work: IncidentWorkRecord;
  /** What it reaches, the most alerts first. */
  readonly blast: readonly BlastedService[];
  /** Until when somebody has to have answered; null where nobody has to. */
  readonly respondBy: Date | null;
  /** The numbers of the incidents that it was merged into, or split off from. */
  readonly mergedInto: number | null;
  readonly splitFrom: number | null;
}

/** Alerts that an incident's page gets; the others are asked for. */
const SHOWN_ALERTS = 50;

/** What an incident's id, or a picture's, looks like. */
export const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const NUMBER = /^[1-9]\d{0,8}$/;

/** Where commands on one incident are carried out: locked, audited, told to whoever watches. */
export class IncidentDesk {
  readonly records: Records;
  readonly #clock: Clock;
  readonly #announce: Announce;
  readonly #policy: IncidentPolicy;
  readonly #paging: Pick<Paging, "follow"> | undefined;

  constructor(deps: {
    readonly records: Records;
    readonly clock: Clock;
    readonly announce: Announce;
    readonly policy: IncidentPolicy;
    readonly paging: Pick<Paging, "follow"> | undefined;
  }) {
    this.records = deps.records;
    this.#clock = deps.clock;
    this.#announce = deps.announce;
    this.#policy = deps.policy;
    this.#paging = deps.paging;
  }

  now(): number {
    return this.#clock.now();
  }

  /** By id or number. Throws `incident_not_found`. */
  async find(db: Db, idOrNumber: string): Promise<IncidentSummaryRecord> {
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

  /** Everything about an incident. */
  async detail(db: Db, incident: IncidentSummaryRecord): Promise<IncidentDetail> {
    const { severity, id, triggeredAt } = incident;
    const numberOf = async (other: string | null) =>
      other === null ? null : ((await findIncident(db, { id: other }))?.number ?? null);
    const alerts = await alertsOfIncident(db, id, SHOWN_ALERTS + 1);
    return {
      incident,
      alerts: alerts.slice(0, SHOWN_ALERTS),
      hasMoreAlerts: alerts.length > SHOWN_ALERTS,
      timeline: await timelineOfIncident(db, id),
      work: await workOfIncident(db, id),
      blast: await alertsByService(db, id, this.#policy.serviceLabels),
      respondBy:
        severity === "maintenance"
          ? null
          : new Date(triggeredAt.getTime() + this.#policy.respondWithin[severity]),
      mergedInto: await numberOf(incident.mergedInto),
      splitFrom: await numberOf(incident.splitFrom),
    };
  }

  /** Writes incidents; whoever has to be paged about them, or no longer has to be, is in step with it. */
  async save(tx: Tx, incidents: readonly IncidentRecord[], at: Date): Promise<void> {
    await saveIncidents(tx, incidents);
    await this.#paging?.follow(tx, incidents, at.getTime());
  }

  /** Tells whoever watches, once it is done. */
  announceAfter(tx: Tx, id: string): void {
    this.records.afterCommit(tx, () => this.#announce({ topic: "incidents", id }));
  }

  /** Runs changes of incidents in one transaction, one at a time over all servers. */
  transaction<T>(run: (tx: Tx, at: Date) => Promise<T>): Promise<T> {
    return this.records.transaction(async (tx) => {
      await lockIncidents(tx);
      return run(tx, new Date(this.#clock.now()));
    });
  }

  /** Runs one command on one incident: locked, then read, then answered as it is afterwards. */
  command(
    idOrNumber: string,
    run: (tx: Tx, incident: IncidentSummaryRecord, at: Date) => Promise<void>,
  ): Promise<IncidentDetail> {
    return this.transaction(async (tx, at) => {
      const incident = await this.find(tx, idOrNumber);
      await run(tx, incident, at);
      return this.detail(tx, await this.find(tx, incident.id));
    });
  }

  /** Puts a line on the timeline. */
  async note(
    tx: Tx,
    entry: {
      readonly incidentId: string;
      readonly at: Date;
      readonly actor: Actor;
      readonly kind: TimelineKind;
      readonly text: string;
      readonly detail?: TimelineDetail;
    },
  ): Promise<void> {
    await addTimeline(tx, [entry]);
    this.announceAfter(tx, entry.incidentId);
  }

  /** Puts a line on the timeline and into the audit log. */
  async did(
    tx: Tx,
    incident: IncidentRecord,
    at: Date,
    actor: Actor,
    deed: {
      /** The audit log's verb: `incident.VERB`. */
      readonly verb: string;
      readonly kind: TimelineKind;
      readonly text: string;
      readonly detail?: TimelineDetail;
    },
  ): Promise<void> {
    const { verb, ...entry } = deed;
    await this.note(tx, { incidentId: incident.id, at, actor, ...entry });
    await writeAudit(tx, {
      at: at.getTime(),
      actor,
      action: `incident.${verb}`,
      subject: incident.id,
      detail: { number: incident.number, title: incident.title },
    });
  }
}
