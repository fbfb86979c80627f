import type { Migration } from "../migration.ts";

export interface ReceiverTables {
  /** How deliveries by each integration of each receiver went last, tests included. */
  receiver_health: {
    /** JSON text: a name may hold what jsonb refuses. */
    receiver: string;
    integration: string;
    index: number;
    succeeded_at: Date | null;
    failed_at: Date | null;
    /** Why it failed last, as JSON. */
    error: string | null;
    /** When it was last tested by hand. */
    tested_at: Date | null;
  };
  /** When the outside was last told that alerts flow: one row for each address that is told. */
  heartbeats: {
    name: string;
    sent_at: Date | null;
    failed_at: Date | null;
    /** Why it failed last, as JSON. */
    error: string | null;
  };
}

export const receiverMigrations: readonly Migration[] = [
  {
    name: "005-receivers",
    sql: `
      alter table notification_log add column message text;
      create table receiver_health (
        receiver text not null,
        integration text not null,
        index integer not null,
        succeeded_at timestamptz,
        failed_at timestamptz,
        error text,
        tested_at timestamptz,
        primary key (receiver, integration, index)
      );
    `,
  },
  {
    name: "006-fallback",
    sql: `
      alter table notifications add column escalated_at timestamptz;
      create table heartbeats (
        name text primary key,
        sent_at timestamptz,
        failed_at timestamptz,
        error text
      );
    `,
  },
];
