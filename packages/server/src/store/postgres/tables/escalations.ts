import type { Generated } from "kysely";
import type { Migration } from "../migration.ts";

export interface EscalationTables {
  escalation_policies: {
    id: string;
    name: string;
    /** An EscalationPolicy without id and name. */
    definition: unknown;
    version: number;
    /** How many incidents it has paged for: whose turn it is in a round robin. */
    turns: number;
    created_at: Date;
    updated_at: Date;
  };
  contact_methods: {
    id: string;
    user_id: string;
    kind: string;
    address: string;
    severities: unknown;
    quiet: unknown;
    created_at: Date;
    name: Generated<string | null>;
    /** Since when nothing gets through any more; it is kept so that its person sees that. */
    ended_at: Generated<Date | null>;
  };
  /** The paging for an incident: at most one, which begins anew when the incident is reopened. */
  escalations: {
    incident_id: string;
    /** Counts the beginnings: links of an earlier run answer nothing in this one. */
    run: number;
    /** The policy as it was at the beginning: a change does not shift what is under way. */
    policy: unknown;
    turn: number;
    round: number;
    /** The step that is next. */
    step: number;
    /** When the next step is taken; null when none is left or the run is over. */
    due_at: Date | null;
    started_at: Date;
    ended: "acknowledged" | "resolved" | null;
  };
  /** One attempt to reach one person by one way, for one step. */
  person_pages: {
    id: string;
    incident_id: string;
    run: number;
    round: number;
    step: number;
    user_id: string;
    kind: string;
    address: string;
    state: "waiting" | "sent" | "failed" | "dropped";
    attempts: number;
    next_at: Date;
    /** Until when a server has it in hand; another may take it after that. */
    claimed_until: Date | null;
    created_at: Date;
    sent_at: Date | null;
    error: string | null;
  };
  /** Keys of this installation, which all its servers share. */
  installation_keys: {
    name: string;
    key: Buffer;
  };
}

export const escalationMigrations: readonly Migration[] = [
  {
    name: "130-escalations",
    sql: `
      create table escalation_policies (
        id uuid primary key,
        name text not null,
        definition jsonb not null,
        version integer not null,
        turns integer not null default 0,
        created_at timestamptz not null,
        updated_at timestamptz not null
      );
      create unique index escalation_policies_name on escalation_policies (lower(name));
      create table contact_methods (
        id uuid primary key,
        user_id uuid not null references users on delete cascade,
        kind text not null,
        address text not null,
        severities jsonb not null,
        quiet jsonb,
        created_at timestamptz not null,
        unique (user_id, kind, address)
      );
      create table escalations (
        incident_id uuid primary key references incidents on delete cascade,
        run integer not null,
        policy jsonb not null,
        turn integer not null,
        round integer not null,
        step integer not null,
        due_at timestamptz,
        started_at timestamptz not null,
        ended text check (ended in ('acknowledged', 'resolved')),
        check (ended is null or due_at is null)
      );
      create index escalations_due on escalations (due_at) where due_at is not null;
      create table person_pages (
        id uuid primary key,
        incident_id uuid not null references incidents on delete cascade,
        run integer not null,
        round integer not null,
        step integer not null,
        user_id uuid not null references users on delete cascade,
        kind text not null,
        address text not null,
        state text not null check (state in ('waiting', 'sent', 'failed', 'dropped')),
        attempts integer not null,
        next_at timestamptz not null,
        claimed_until timestamptz,
        created_at timestamptz not null,
        sent_at timestamptz,
        error text
      );
      create index person_pages_incident on person_pages (incident_id, run);
      create index person_pages_waiting on person_pages (next_at) where state = 'waiting';
      create table installation_keys (
        name text primary key,
        key bytea not null
      );
    `,
  },
];
