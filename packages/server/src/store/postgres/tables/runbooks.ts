import type { Migration } from "../migration.ts";

export interface RunbookTables {
  /** Steps of runbooks that have been done for an incident. */
  runbook_steps: {
    incident_id: string;
    runbook: string;
    /** The step's name, made from its words: an edit elsewhere in the file leaves it ticked. */
    step: string;
    done_at: Date;
    done_by: string;
  };
}

export const runbookMigrations: readonly Migration[] = [
  {
    name: "160-runbook-steps",
    sql: `
      create table runbook_steps (
        incident_id uuid not null references incidents on delete cascade,
        runbook text not null,
        step text not null,
        done_at timestamptz not null,
        done_by text not null,
        primary key (incident_id, runbook, step)
      );
    `,
  },
];
