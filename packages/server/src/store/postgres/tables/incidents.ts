import type { Generated } from "kysely";
import type { IncidentSeverity, IncidentState, TimelineKind } from "../../../model/index.ts";
import type { Migration } from "../migration.ts";

export interface IncidentTables {
  incidents: {
    id: string;
    /** Counts up from 1 without gaps: given out under the incidents' lock. */
    number: number;
    title: string;
    severity: IncidentSeverity;
    state: IncidentState;
    service: string | null;
    opened_at: Date;
    opened_by: string;
    acknowledged_at: Date | null;
    acknowledged_by: string | null;
    resolved_at: Date | null;
    resolved_by: string | null;
    /** When it was opened, or reopened last: from then on an answer is waited for. */
    triggered_at: Date;
    /** When the fault began, as a person says. */
    began_at: Date | null;
    /** Stays when it is reopened. */
    first_acknowledged_at: Date | null;
    merged_into: string | null;
    split_from: string | null;
    /** Given by whoever opened it: the same key opens nothing twice. */
    open_key: string | null;
  };
  incident_alerts: {
    incident_id: string;
    fingerprint: string;
    labels: unknown;
    annotations: unknown;
    status: "firing" | "resolved";
    starts_at: Date;
    ends_at: Date | null;
    generator_url: string;
    expression: string | null;
    /** As of when this is known: older news does not replace it. */
    known_at: Date;
  };
  /** The notification groups that fed an incident; keys are long, so their SHA-256 is kept. */
  incident_groups: {
    incident_id: string;
    group_hash: Buffer;
  };
  incident_timeline: {
    id: Generated<string>;
    incident_id: string;
    at: Date;
    kind: TimelineKind;
    actor: string;
    text: string;
    /** A TimelineDetail; null where the words say it all. */
    detail: unknown;
  };
}

export const incidentMigrations: readonly Migration[] = [
  {
    name: "010-incidents",
    sql: `
      create table incidents (
        id uuid primary key,
        number integer not null unique,
        title text not null,
        severity text not null check (severity in ('P1', 'P2', 'P3')),
        state text not null check (state in ('triggered', 'acknowledged', 'resolved')),
        service text,
        opened_at timestamptz not null,
        opened_by text not null,
        acknowledged_at timestamptz,
        acknowledged_by text,
        resolved_at timestamptz,
        resolved_by text,
        check ((state = 'resolved') = (resolved_at is not null))
      );
      create index incidents_open on incidents (number) where state <> 'resolved';
      create index incidents_open_service on incidents (service) where state <> 'resolved';
      create index incidents_resolved on incidents (resolved_at desc) where state = 'resolved';
      create table incident_alerts (
        incident_id uuid not null references incidents on delete cascade,
        fingerprint text not null,
        labels jsonb not null,
        annotations jsonb not null,
        status text not null check (status in ('firing', 'resolved')),
        starts_at timestamptz not null,
        ends_at timestamptz,
        generator_url text not null,
        expression text,
        known_at timestamptz not null,
        primary key (incident_id, fingerprint)
      );
      create index incident_alerts_fingerprint on incident_alerts (fingerprint);
      create table incident_groups (
        incident_id uuid not null references incidents on delete cascade,
        group_hash bytea not null,
        primary key (group_hash, incident_id)
      );
      create table incident_timeline (
        id bigint generated always as identity primary key,
        incident_id uuid not null references incidents on delete cascade,
        at timestamptz not null,
        kind text not null,
        actor text not null,
        text text not null
      );
      create index incident_timeline_incident on incident_timeline (incident_id, id);
    `,
  },
];

/** After the steps of incidents' work. */
export const incidentAlertOrder: readonly Migration[] = [
  {
    // The page of an incident with very many alerts reads a few of them, in this order.
    name: "220-incident-alert-order",
    sql: `create index incident_alerts_order
      on incident_alerts (incident_id, status, starts_at, fingerprint)`,
  },
];
