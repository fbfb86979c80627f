import type { IncidentRole } from "../../../model/index.ts";
import type { Migration } from "../migration.ts";

/** What people do in an incident, beside its state. */
export interface IncidentWorkTables {
  incident_roles: {
    incident_id: string;
    role: IncidentRole;
    user_id: string;
  };
  incident_tasks: {
    id: string;
    incident_id: string;
    text: string;
    user_id: string | null;
    created_at: Date;
    created_by: string;
    done_at: Date | null;
    done_by: string | null;
  };
  incident_resources: {
    id: string;
    incident_id: string;
    url: string;
    title: string;
    added_at: Date;
    added_by: string;
  };
  /** Services that it touches beside its own, as people say. */
  incident_services: {
    incident_id: string;
    service: string;
  };
}

export const incidentWorkMigrations: readonly Migration[] = [
  {
    name: "140-incident-work",
    sql: `
      alter table incidents
        drop constraint incidents_severity_check,
        drop constraint incidents_state_check,
        add constraint incidents_severity_check
          check (severity in ('P1', 'P2', 'P3', 'maintenance')),
        add constraint incidents_state_check check (state in (
          'triggered', 'acknowledged', 'investigating', 'identified', 'monitoring', 'resolved')),
        add column triggered_at timestamptz,
        add column began_at timestamptz,
        add column first_acknowledged_at timestamptz,
        add column merged_into uuid references incidents,
        add column split_from uuid references incidents,
        add column open_key text unique;
      update incidents set triggered_at = opened_at, first_acknowledged_at = acknowledged_at;
      alter table incidents alter column triggered_at set not null;
      create index incidents_opened on incidents (opened_at);
      alter table incident_timeline add column detail jsonb;
      create table incident_roles (
        incident_id uuid not null references incidents on delete cascade,
        role text not null,
        user_id uuid not null references users on delete cascade,
        primary key (incident_id, role)
      );
      create table incident_tasks (
        id uuid primary key,
        incident_id uuid not null references incidents on delete cascade,
        text text not null,
        user_id uuid references users on delete set null,
        created_at timestamptz not null,
        created_by text not null,
        done_at timestamptz,
        done_by text
      );
      create index incident_tasks_incident on incident_tasks (incident_id);
      create table incident_resources (
        id uuid primary key,
        incident_id uuid not null references incidents on delete cascade,
        url text not null,
        title text not null,
        added_at timestamptz not null,
        added_by text not null
      );
      create index incident_resources_incident on incident_resources (incident_id);
      create table incident_services (
        incident_id uuid not null references incidents on delete cascade,
        service text not null,
        primary key (incident_id, service)
      );
      create table incident_subscribers (
        incident_id uuid not null references incidents on delete cascade,
        user_id uuid not null references users on delete cascade,
        primary key (incident_id, user_id)
      );
    `,
  },
];
