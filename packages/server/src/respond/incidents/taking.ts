import type { AlertSnapshot } from "../../model/index.ts";
import type {
  IncidentAlertRecord,
  IncidentRecord,
  IncidentSummaryRecord,
} from "../../store/index.ts";
import { moreAlerts } from "./board.ts";
import type { Known, NewLine, Outcome } from "./board.ts";
import { joinKeysOf, serviceOf } from "./policy.ts";
import type { IncidentPolicy } from "./policy.ts";
import type { Storm } from "./storm.ts";

/** What was read before several groups are taken in. */
export interface ReadBefore {
  readonly alerts: readonly IncidentAlertRecord[];
  readonly incidents: readonly IncidentSummaryRecord[];
  /** The open incidents that each group has fed, by its hash in hex. */
  readonly fed: ReadonlyMap<string, ReadonlySet<string>>;
  readonly nextNumber: number;
  /** The open incidents that hold alerts with a label that joins, by `NAME=VALUE`. */
  readonly byLabel: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Lines about alerts that fire, or recovered, which one incident gets at once. */
const ALERT_LINES = 20;

/**
 * Groups that are taken in one after the other in one transaction: each finds what those before it have
 * done, though nothing has been written yet.
 */
export class Taking {
  readonly #incidents: Map<string, IncidentSummaryRecord>;
  /** What incidents hold of each alert, by incident. */
  readonly #held = new Map<string, Map<string, IncidentAlertRecord>>();
  readonly #fed = new Map<string, Set<string>>();
  readonly #changed = new Set<string>();
  readonly #saved = new Map<string, IncidentRecord>();
  readonly #alerts = new Map<string, IncidentAlertRecord>();
  readonly #links = new Map<string, Set<string>>();
  readonly #lines: NewLine[] = [];
  readonly deeds: Outcome["deeds"][number][] = [];
  readonly #byLabel = new Map<string, Set<string>>();
  readonly #policy: IncidentPolicy;
  readonly #storm: Storm | undefined;
  #nextNumber: number;

  constructor(read: ReadBefore, policy: IncidentPolicy, storm: Storm | undefined) {
    this.#policy = policy;
    this.#storm = storm;
    for (const [key, ids] of read.byLabel) this.#byLabel.set(key, new Set(ids));
    this.#incidents = new Map(read.incidents.map((incident) => [incident.id, incident]));
    for (const alert of read.alerts) this.#hold(alert);
    for (const [hash, ids] of read.fed) this.#fed.set(hash, new Set(ids));
    this.#nextNumber = read.nextNumber;
  }

  /** What is known before a group is taken in, of these alerts and services. */
  before(hash: string, alerts: readonly AlertSnapshot[], services: ReadonlySet<string>): Known {
    const held = alerts.flatMap(({ fingerprint }) => this.#newestOf(fingerprint));
    const open = [...this.#incidents.values()].filter(({ state }) => state !== "resolved");
    const fed = this.#fed.get(hash);
    const fedByGroup = new Set(open.flatMap(({ id }) => (fed?.has(id) === true ? [id] : [])));
    const ids = new Set([...held.map((alert) => alert.incidentId), ...fedByGroup]);
    for (const { id, service } of open) if (service !== null && services.has(service)) ids.add(id);
    for (const service of services)
      for (const id of this.#storm?.incidentsOf(service) ?? []) ids.add(id);
    const keys = alerts.flatMap(({ labels }) => joinKeysOf(this.#policy, labels));
    for (const key of keys) for (const id of this.#byLabel.get(key) ?? []) ids.add(id);
    const incidents = [...ids]
      .flatMap((id) => this.#incidents.get(id) ?? [])
      .sort((a, b) => a.number - b.number);
    return {
      alerts: held,
      incidents,
      fedByGroup,
      nextNumber: this.#nextNumber,
      byLabel: this.#byLabel,
      ...(this.#storm === undefined ? {} : { storm: this.#storm }),
    };
  }

  /** Takes note of what a group has done. */
  after(hash: string, outcome: Outcome): void {
    for (const incident of outcome.changed) {
      this.#incidents.set(incident.id, incident);
      this.#changed.add(incident.id);
      this.#nextNumber = Math.max(this.#nextNumber, incident.number + 1);
    }
    for (const incident of outcome.incidents) {
      this.#saved.set(incident.id, incident);
      this.#storm?.take(incident.id, incident.service, []);
    }
    for (const alert of outcome.alerts) {
      this.#hold(alert);
      this.#alerts.set(`${alert.incidentId} ${alert.fingerprint}`, alert);
      for (const key of joinKeysOf(this.#policy, alert.labels))
        this.#byLabel.set(key, (this.#byLabel.get(key) ?? new Set()).add(alert.incidentId));
      const service = serviceOf(this.#policy, alert.labels);
      if (alert.status === "firing" && service !== null)
        this.#storm?.take(alert.incidentId, null, [service]);
    }
    for (const ids of [this.#fed, this.#links])
      ids.set(hash, new Set([...(ids.get(hash) ?? []), ...outcome.fed]));
    this.#lines.push(...outcome.timeline);
    this.deeds.push(...outcome.deeds);
  }

  /** What has to be written, each row once. */
  get incidents(): readonly IncidentRecord[] {
    return [...this.#saved.values()];
  }

  get alerts(): readonly IncidentAlertRecord[] {
    return [...this.#alerts.values()];
  }

  /** What has happened, in order: of one incident's many lines about alerts the later ones as one. */
  get timeline(): readonly NewLine[] {
    const said = new Map<string, { lines: number; rest: number; last: NewLine }>();
    const shown: NewLine[] = [];
    for (const line of this.#lines) {
      const { kind, alerts } = line;
      if (alerts === undefined) {
        shown.push(line);
        continue;
      }
      const key = `${line.incidentId} ${kind}`;
      const before = said.get(key) ?? { lines: 0, rest: 0, last: line };
      const { lines, rest } = before;
      if (lines < ALERT_LINES) shown.push(line);
      said.set(key, {
        lines: lines + 1,
        rest: lines < ALERT_LINES ? rest : rest + alerts,
        last: line,
      });
    }
    for (const { rest, last } of said.values()) {
      const { kind } = last;
      if (rest > 0 && (kind === "alert_firing" || kind === "alert_resolved"))
        shown.push({ ...last, text: moreAlerts(kind, rest) });
    }
    return shown;
  }

  /** Which incidents each group has fed, by its hash in hex. */
  get links(): ReadonlyMap<string, ReadonlySet<string>> {
    return this.#links;
  }

  /** Incidents of which anything changed. */
  get changed(): ReadonlySet<string> {
    return this.#changed;
  }

  #hold(alert: IncidentAlertRecord): void {
    const rows = this.#held.get(alert.fingerprint) ?? new Map<string, IncidentAlertRecord>();
    this.#held.set(alert.fingerprint, rows.set(alert.incidentId, alert));
  }

  /** What the newest incident that counts it as firing holds of an alert, and the newest that does not. */
  #newestOf(fingerprint: string): IncidentAlertRecord[] {
    const rows = [...(this.#held.get(fingerprint)?.values() ?? [])];
    if (rows.length < 2) return rows;
    const numberOf = (row: IncidentAlertRecord) => this.#incidents.get(row.incidentId)?.number ?? 0;
    rows.sort((a, b) => numberOf(b) - numberOf(a));
    return (["firing", "resolved"] as const).flatMap(
      (status) => rows.find((row) => row.status === status) ?? [],
    );
  }
}
