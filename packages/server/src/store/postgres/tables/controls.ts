import type { Generated } from "kysely";
import type { Migration } from "../migration.ts";

export interface ControlTables {
  /** Services with controls. A row is locked while one of its controls is changed. */
  control_scopes: {
    service: string;
    environment: string;
    /** Of the newest change: grows at each, across all services. */
    revision: string;
  };
  controls: {
    service: string;
    environment: string;
    name: string;
    /** What it is: ControlDraft of the contract. */
    definition: unknown;
    value: unknown;
    revision: string;
    changed_at: Date;
    changed_by: string;
    reason: string;
    /** When it goes back to `former`; both or neither. */
    expires_at: Date | null;
    former: unknown;
  };
  /** What was changed, kept beyond the control. */
  control_changes: {
    revision: string;
    service: string;
    environment: string;
    name: string;
    was: unknown;
    value: unknown;
    at: Date;
    actor: string;
    approved_by: string | null;
    reason: string;
    until: Date | null;
  };
  /** Changes that wait for a second person. */
  control_requests: {
    id: Generated<string>;
    service: string;
    environment: string;
    name: string;
    value: unknown;
    reason: string;
    lasts_ms: string | null;
    actor: string;
    /** The person who asked, or whose token did. */
    person_id: string;
    requested_at: Date;
    expires_at: Date;
  };
}

export const controlMigrations: readonly Migration[] = [
  {
    name: "171-controls",
    sql: `
      create sequence control_revisions;
      create table control_scopes (
        service text not null,
        environment text not null,
        revision bigint not null,
        primary key (service, environment)
      );
      create table controls (
        service text not null,
        environment text not null,
        name text not null,
        definition jsonb not null,
        value jsonb not null,
        revision bigint not null,
        changed_at timestamptz not null,
        changed_by text not null,
        reason text not null,
        expires_at timestamptz,
        former jsonb,
        primary key (service, environment, name),
        foreign key (service, environment) references control_scopes on delete cascade,
        check ((expires_at is null) = (former is null))
      );
      create index controls_expiry on controls (expires_at) where expires_at is not null;
      create table control_changes (
        revision bigint primary key,
        service text not null,
        environment text not null,
        name text not null,
        was jsonb,
        value jsonb,
        at timestamptz not null,
        actor text not null,
        approved_by text,
        reason text not null,
        until timestamptz
      );
      create index control_changes_place on control_changes (service, environment, revision desc);
      create table control_requests (
        id uuid primary key default gen_random_uuid(),
        service text not null,
        environment text not null,
        name text not null,
        value jsonb not null,
        reason text not null,
        lasts_ms bigint,
        actor text not null,
        person_id uuid not null references users on delete cascade,
        requested_at timestamptz not null,
        expires_at timestamptz not null,
        unique (service, environment, name),
        foreign key (service, environment, name) references controls on delete cascade
      );
    `,
  },
];
