import type { Generated } from "kysely";
import type { Migration } from "../migration.ts";

export interface RunbookRunTables {
  /** Actions that were run for an incident from a runbook, or wait for a second person. */
  runbook_runs: {
    id: Generated<string>;
    incident_id: string;
    action: string;
    title: string;
    runbook: string | null;
    parameters: unknown;
    /** What is done, exactly, as it was confirmed. */
    work: unknown;
    /** Of the configuration and the values: when it differs, something else would be done. */
    digest: Buffer;
    /** What was confirmed; a confirmation is worth one run. */
    confirmation: Buffer;
    state: "waiting" | "running" | "succeeded" | "failed" | "unknown" | "refused" | "expired";
    asked_at: Date;
    asked_by: string;
    /** The person who asked, or whose token did. */
    person_id: string | null;
    /** Until when a second person may approve. */
    expires_at: Date | null;
    decided_by: string | null;
    started_at: Date | null;
    ended_at: Date | null;
    /** The process that runs it, */
    server: string | null;
    process: string | null;
    /** and until when it is believed to live. */
    alive_until: Date | null;
    exit_code: number | null;
    status: number | null;
    reason: string | null;
    output: string;
  };
}

export const runbookRunMigrations: readonly Migration[] = [
  {
    name: "200-runbook-runs",
    sql: `
      create table runbook_runs (
        id uuid primary key default gen_random_uuid(),
        incident_id uuid not null references incidents on delete cascade,
        action text not null,
        title text not null,
        runbook text,
        parameters jsonb not null,
        work jsonb not null,
        digest bytea not null,
        confirmation bytea not null unique,
        state text not null check (state in
          ('waiting', 'running', 'succeeded', 'failed', 'unknown', 'refused', 'expired')),
        asked_at timestamptz not null,
        asked_by text not null,
        person_id uuid references users on delete set null,
        expires_at timestamptz,
        decided_by text,
        started_at timestamptz,
        ended_at timestamptz,
        server text,
        process uuid,
        alive_until timestamptz,
        exit_code integer,
        status integer,
        reason text,
        output text not null default ''
      );
      create index runbook_runs_incident on runbook_runs (incident_id, asked_at desc);
      -- The same thing is not done twice at once, for whichever incident.
      create unique index runbook_runs_under_way on runbook_runs (digest)
        where state in ('waiting', 'running');
      create index runbook_runs_open on runbook_runs (state) where state in ('waiting', 'running');
    `,
  },
];
