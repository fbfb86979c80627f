import type { Migration } from "../migration.ts";

export interface LogBurstTables {
  /** Entries of timelines that tell of bursts of error lines, as they were found last. */
  incident_log_bursts: {
    entry_id: string;
    /** For which it was found: its entry may have moved to another since. */
    incident_id: string;
    service: string;
    started_at: Date;
    ended_at: Date;
    is_over: boolean;
    /** What its lines look like, where that is known. */
    shape: string | null;
  };
}

export const logBurstMigrations: readonly Migration[] = [
  {
    name: "195-incident-log-bursts",
    sql: `
      create table incident_log_bursts (
        entry_id bigint primary key references incident_timeline on delete cascade,
        incident_id uuid not null references incidents on delete cascade,
        service text not null,
        started_at timestamptz not null,
        ended_at timestamptz not null,
        is_over boolean not null,
        shape text,
        unique (incident_id, service, started_at)
      );
    `,
  },
];
