import { randomUUID } from "node:crypto";
import type { AlertSnapshot, Severity } from "../../model/index.ts";
import { newIncident } from "../../store/index.ts";
import type {
  IncidentAlertRecord,
  IncidentRecord,
  IncidentSummaryRecord,
  TimelineRecord,
} from "../../store/index.ts";
import { joinKeysOf, serviceOf, severityOf, worse } from "./policy.ts";
import type { IncidentPolicy } from "./policy.ts";
import type { Storm } from "./storm.ts";

/** Who acts when nobody does. */
export const SYSTEM = "system";

/** Beyond this many alerts at once, the timeline counts them instead of naming each. */
const NAMED_ALERTS = 10;
/** Of an incident that holds more than this already, a group's alerts are one line: it is a storm. */
const NAMED_UNTIL = 50;
/** Names in such a line. */
const NAMES_IN_LINE = 3;
const MAX_TITLE = 200;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

interface Draft {
  readonly incident: Mutable<IncidentRecord>;
  firing: number;
  holds: number;
  readonly heldBefore: number;
  /** Whether the incident's own row must be written. */
  changed: boolean;
  /** Whether alerts of it changed: only then may it resolve itself. */
  touched: boolean;
  readonly nowFiring: AlertSnapshot[];
  readonly nowResolved: AlertSnapshot[];
  readonly before: TimelineEntry[];
  readonly after: TimelineEntry[];
}

type TimelineEntry = Pick<TimelineRecord, "kind" | "text"> & {
  /** How many alerts the line stands for, where it is about alerts. */
  readonly alerts?: number;
};

/** A line for the timeline, and how many alerts it stands for. */
export type NewLine = Omit<TimelineRecord, "id"> & { readonly alerts?: number };

/** What has to be written, and which incidents the group's alerts belong to. */
export interface Outcome {
  readonly incidents: readonly IncidentRecord[];
  readonly alerts: readonly IncidentAlertRecord[];
  readonly timeline: readonly NewLine[];
  /** Incidents that the group feeds. */
  readonly fed: readonly string[];
  /** Incidents of which anything changed, as they are now. */
  readonly changed: readonly IncidentSummaryRecord[];
  /** What the system did to incidents, for the audit log. */
  readonly deeds: readonly {
    readonly incident: IncidentRecord;
    readonly action: string;
    readonly at: number;
  }[];
}

/** What is known before a group is taken in. */
export interface Known {
  /**
   * Oldest first: those that hold any of the group's alerts, and the open ones that the group has
   * fed or that are about a service which its alerts name.
   */
  readonly incidents: readonly IncidentSummaryRecord[];
  /** What they hold of the group's alerts. */
  readonly alerts: readonly IncidentAlertRecord[];
  /** The open incidents that this group has fed before. */
  readonly fedByGroup: ReadonlySet<string>;
  readonly nextNumber: number;
  /** The open incidents that hold alerts with a label that joins, by `NAME=VALUE`. */
  readonly byLabel?: ReadonlyMap<string, ReadonlySet<string>>;
  /** Which incidents are of one fault with a service, where it is known who calls whom. */
  readonly storm?: Pick<Storm, "incidentsOf">;
}

/**
 * Decides what a group of alerts does to the incidents; pure, so that every rule of joining,
 * reopening and resolving is in this file.
 *
 * A firing alert that calls for an incident joins the open incident that holds it already, else the
 * one that holds an alert with the same label that joins, else the one about the same service, else the
 * one that the same group feeds, else one that began a short while ago and whose services and its own call
 * each other or depend on the same failing one: a storm; else it reopens the incident that held it and ended a short while ago;
 * else it opens one. An incident that a person resolved
 * stays resolved while the same firing (by its start) is merely repeated.
 */
export function takeGroup(
  known: Known,
  alerts: readonly AlertSnapshot[],
  policy: IncidentPolicy,
  at: number,
  expressionOf: (alert: AlertSnapshot) => string | null,
): Outcome {
  const drafts = new Map<string, Draft>(
    known.incidents.map((incident) => [incident.id, draftOf(incident)]),
  );
  const written = new Map<string, IncidentAlertRecord>();
  const held = new Map<string, IncidentAlertRecord[]>();
  for (const alert of known.alerts) {
    const list = held.get(alert.fingerprint);
    if (list === undefined) held.set(alert.fingerprint, [alert]);
    else list.push(alert);
  }
  const fed = new Set<string>();
  const deeds: Outcome["deeds"][number][] = [];
  let nextNumber = known.nextNumber;

  const isOpen = (draft: Draft) => draft.incident.state !== "resolved";
  const numberOf = (alert: IncidentAlertRecord) =>
    drafts.get(alert.incidentId)?.incident.number ?? 0;
  /** The newest open incident of each service, and the newest open one that the group feeds. */
  const openOfService = new Map<string, Draft>();
  let openOfGroup: Draft | undefined;

  const newer = (a: Draft, b: Draft | undefined) =>
    b === undefined || a.incident.number > b.incident.number;
  function enter(draft: Draft): void {
    const { id, service } = draft.incident;
    if (!isOpen(draft)) return;
    if (service !== null && newer(draft, openOfService.get(service))) {
      openOfService.set(service, draft);
    }
    const feeds = fed.has(id) || known.fedByGroup.has(id);
    if (feeds && newer(draft, openOfGroup)) openOfGroup = draft;
  }
  for (const draft of drafts.values()) enter(draft);

  /** Those that hold alerts with a label that joins. */
  const labelled = new Map<string, Set<string>>();
  for (const [key, ids] of known.byLabel ?? []) labelled.set(key, new Set(ids));

  const isPlanned = ({ incident }: Draft) => incident.severity === "maintenance";
  const oldest = (found: readonly Draft[]) =>
    found
      .filter((draft) => isOpen(draft) && !isPlanned(draft))
      .sort((a, b) => a.incident.number - b.incident.number)[0];

  function openByLabel(labels: AlertSnapshot["labels"]): Draft | undefined {
    const ids = joinKeysOf(policy, labels).flatMap((key) => [...(labelled.get(key) ?? [])]);
    return oldest(ids.flatMap((id) => drafts.get(id) ?? []));
  }

  /** The incident of the storm that an alert about the service belongs to. */
  function openOfStorm(service: string): Draft | undefined {
    const ids = [...(known.storm?.incidentsOf(service) ?? [])];
    return oldest(
      ids
        .flatMap((id) => drafts.get(id) ?? [])
        .filter(({ incident }) => at - incident.triggeredAt.getTime() <= policy.stormWithin),
    );
  }

  function hold(draft: Draft, alert: AlertSnapshot, was: IncidentAlertRecord | undefined): void {
    const firing = alert.status === "firing";
    const row: IncidentAlertRecord = {
      incidentId: draft.incident.id,
      fingerprint: alert.fingerprint,
      labels: alert.labels,
      annotations: alert.annotations,
      status: alert.status,
      startsAt: new Date(alert.startsAt),
      endsAt: firing ? null : new Date(Math.min(alert.endsAt, at)),
      generatorURL: alert.generatorURL,
      expression: expressionOf(alert) ?? was?.expression ?? null,
      knownAt: new Date(at),
    };
    written.set(`${row.incidentId} ${row.fingerprint}`, row);
    if (was === undefined) draft.holds += 1;
    const wasFiring = was?.status === "firing";
    if (firing !== wasFiring) draft.firing += firing ? 1 : -1;
    if (firing && !wasFiring) draft.nowFiring.push(alert);
    if (!firing && wasFiring) draft.nowResolved.push(alert);
    draft.touched = true;
  }

  function open(alert: AlertSnapshot, severity: Severity): Draft {
    const title = titleOf(alert, serviceOf(policy, alert.labels));
    const incident = newIncident({
      id: randomUUID(),
      number: nextNumber,
      title,
      severity,
      service: serviceOf(policy, alert.labels),
      openedAt: new Date(at),
      openedBy: SYSTEM,
    });
    nextNumber += 1;
    const draft = draftOf({ ...incident, alertCount: 0, firingAlerts: 0 });
    draft.changed = true;
    draft.before.push({ kind: "opened", text: `Opened as ${severity} by ${nameOf(alert)}` });
    drafts.set(incident.id, draft);
    deeds.push({ incident: draft.incident, action: "incident.open", at });
    return draft;
  }

  function reopen(draft: Draft, alert: AlertSnapshot): void {
    const { incident } = draft;
    incident.state = "triggered";
    incident.acknowledgedAt = null;
    incident.acknowledgedBy = null;
    incident.resolvedAt = null;
    incident.resolvedBy = null;
    incident.triggeredAt = new Date(at);
    draft.changed = true;
    draft.before.push({ kind: "reopened", text: `Reopened: ${nameOf(alert)} fires again` });
    deeds.push({ incident: draft.incident, action: "incident.reopen", at });
  }

  /**
   * Whether we know better already. An alert is in several groups, and of two that are taken in at the
   * same moment the one that was looked at first may come second.
   */
  const isOld = (held: IncidentAlertRecord) => at < held.knownAt.getTime();

  function fire(alert: AlertSnapshot): void {
    const severity = severityOf(policy, alert.labels);
    if (severity === undefined) return;
    const rows = (held.get(alert.fingerprint) ?? []).sort((a, b) => numberOf(b) - numberOf(a));
    const latest = rows[0];
    const home = latest === undefined ? undefined : drafts.get(latest.incidentId);
    if (latest !== undefined && isOld(latest)) return;
    if (latest !== undefined && home !== undefined && !isOpen(home)) {
      // A person said that it is over; the same firing told once more does not say otherwise.
      if (latest.status === "firing" && alert.startsAt <= latest.startsAt.getTime()) return;
    }
    const service = serviceOf(policy, alert.labels);
    const joined =
      (home !== undefined && isOpen(home) ? home : undefined) ??
      openByLabel(alert.labels) ??
      (service === null ? undefined : openOfService.get(service)) ??
      openOfGroup ??
      (service === null ? undefined : openOfStorm(service));
    let draft = joined;
    if (draft === undefined && home !== undefined && endedWithin(home, at, policy.reopenWithin)) {
      draft = home;
      reopen(draft, alert);
    }
    draft ??= open(alert, severity);
    const was = rows.find((row) => row.incidentId === draft.incident.id);
    if (home !== undefined && home !== draft && latest?.status === "firing") {
      // The earlier firing ended without our being told.
      hold(home, { ...alert, status: "resolved", endsAt: alert.startsAt }, latest);
    }
    // A firing with a later start than the one we hold is a new one, though we never saw the end.
    hold(draft, alert, was);
    fed.add(draft.incident.id);
    enter(draft);
    for (const key of joinKeysOf(policy, alert.labels))
      labelled.set(key, (labelled.get(key) ?? new Set()).add(draft.incident.id));
    if (worse(severity, draft.incident.severity)) {
      draft.after.push({
        kind: "severity_raised",
        text: `Raised from ${draft.incident.severity} to ${severity} by ${nameOf(alert)}`,
      });
      draft.incident.severity = severity;
      draft.changed = true;
    }
  }

  function resolve(alert: AlertSnapshot): void {
    for (const row of held.get(alert.fingerprint) ?? []) {
      const draft = drafts.get(row.incidentId);
      if (draft === undefined) continue;
      if (row.status === "firing" && !isOld(row)) hold(draft, alert, row);
      if (isOpen(draft)) fed.add(row.incidentId);
    }
  }

  const severityRank = (alert: AlertSnapshot) => severityOf(policy, alert.labels) ?? "P9";
  const firing = alerts
    .filter((alert) => alert.status === "firing")
    .sort((a, b) => severityRank(a).localeCompare(severityRank(b)) || a.startsAt - b.startsAt);
  for (const alert of firing) fire(alert);
  for (const alert of alerts) if (alert.status === "resolved") resolve(alert);

  for (const draft of drafts.values()) {
    const { incident } = draft;
    if (!draft.touched || !isOpen(draft) || draft.firing > 0) continue;
    // What a person opened, a person closes.
    if (incident.openedBy !== SYSTEM) continue;
    incident.state = "resolved";
    incident.resolvedAt = new Date(at);
    incident.resolvedBy = SYSTEM;
    draft.changed = true;
    draft.after.push({
      kind: "resolved",
      text: draft.holds === 1 ? "Resolved: its alert recovered" : "Resolved: all alerts recovered",
    });
    deeds.push({ incident: draft.incident, action: "incident.resolve", at });
  }

  const all = [...drafts.values()];
  const timeline = all.flatMap((draft) =>
    entriesOf(draft, policy).map((entry) => ({
      incidentId: draft.incident.id,
      at: new Date(at),
      actor: SYSTEM,
      ...entry,
    })),
  );
  return {
    incidents: all.filter((draft) => draft.changed).map((draft) => draft.incident),
    alerts: [...written.values()],
    timeline,
    fed: [...fed],
    changed: all
      .filter((draft) => draft.changed || draft.touched)
      .map(({ incident, holds, firing: count }) => ({
        ...incident,
        alertCount: holds,
        firingAlerts: count,
      })),
    deeds,
  };
}

function draftOf(summary: IncidentSummaryRecord): Draft {
  const { alertCount, firingAlerts, ...incident } = summary;
  return {
    incident: { ...incident },
    firing: firingAlerts,
    holds: alertCount,
    heldBefore: alertCount,
    changed: false,
    touched: false,
    nowFiring: [],
    nowResolved: [],
    before: [],
    after: [],
  };
}

function endedWithin(draft: Draft, at: number, window: number): boolean {
  const ended = draft.incident.resolvedAt;
  return ended !== null && at - ended.getTime() <= window;
}

function entriesOf(draft: Draft, policy: IncidentPolicy): TimelineEntry[] {
  const isStorm = draft.heldBefore > NAMED_UNTIL;
  return [
    ...draft.before,
    ...alertEntries("alert_firing", draft.nowFiring, isStorm, policy),
    ...alertEntries("alert_resolved", draft.nowResolved, isStorm, policy),
    ...draft.after,
  ];
}

function alertEntries(
  kind: "alert_firing" | "alert_resolved",
  alerts: readonly AlertSnapshot[],
  isStorm: boolean,
  policy: IncidentPolicy,
): TimelineEntry[] {
  const firing = kind === "alert_firing";
  if (isStorm && alerts.length > 1) {
    const names = listed(alerts.map(nameOf));
    const services = listed(alerts.flatMap(({ labels }) => serviceOf(policy, labels) ?? []));
    const of = services === "" ? names : `${names} of ${services}`;
    const verb = firing ? "are firing" : "recovered";
    return [{ kind, text: `${alerts.length} alerts ${verb}: ${of}`, alerts: alerts.length }];
  }
  const verb = firing ? "is firing" : "recovered";
  const entries: TimelineEntry[] = alerts.slice(0, NAMED_ALERTS).map((alert) => {
    const summary = firing ? (alert.annotations["summary"] ?? "") : "";
    const text = `${nameOf(alert)} ${verb}${summary === "" ? "" : `: ${summary}`}`;
    return { kind, text, alerts: 1 };
  });
  const rest = alerts.length - entries.length;
  if (rest > 0) entries.push({ kind, text: moreAlerts(kind, rest), alerts: rest });
  return entries;
}

/** What a timeline says of alerts that it does not name. */
export function moreAlerts(kind: "alert_firing" | "alert_resolved", count: number): string {
  const [alerts, are] = count === 1 ? ["alert", "is"] : ["alerts", "are"];
  return `${count} more ${alerts} ${kind === "alert_firing" ? `${are} firing` : "recovered"}`;
}

/** The first names of a list, and how many others there are. */
function listed(all: readonly string[]): string {
  const names = [...new Set(all)];
  const first = names.slice(0, NAMES_IN_LINE).join(", ");
  return names.length > NAMES_IN_LINE ? `${first} and ${names.length - NAMES_IN_LINE} more` : first;
}

function nameOf(alert: AlertSnapshot): string {
  return alert.labels["alertname"] ?? "An alert without a name";
}

function titleOf(alert: AlertSnapshot, service: string | null): string {
  const summary = (alert.annotations["summary"] ?? "").trim();
  if (summary !== "") return summary.slice(0, MAX_TITLE);
  return `${nameOf(alert)}${service === null ? "" : `: ${service}`}`.slice(0, MAX_TITLE);
}
