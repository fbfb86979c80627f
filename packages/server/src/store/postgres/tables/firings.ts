import type { Migration } from "../migration.ts";

export interface FiringTables {
  /** Every time that an alert fired: what the `alerts` table forgets once it is over. */
  alert_firings: {
    fingerprint: string;
    /** When this firing was first accepted: tells it from others of the same alert. */
    received_at: Date;
    /** The label `alertname`, as JSON. */
    name: string;
    /** As JSON. */
    labels: string;
    started_at: Date;
    /** As in `alerts`: ahead of now while it fires. */
    ended_at: Date;
  };
}

/** The migration with which the history of alerts begins. */
export const FIRINGS_BEGIN = "030-alert-firings";

export const firingMigrations: readonly Migration[] = [
  {
    name: FIRINGS_BEGIN,
    sql: `
      create table alert_firings (
        fingerprint text not null,
        received_at timestamptz not null,
        name text not null,
        labels text not null,
        started_at timestamptz not null,
        ended_at timestamptz not null,
        primary key (fingerprint, received_at)
      );
      create index alert_firings_received_at on alert_firings (received_at);
      create index alert_firings_name on alert_firings (name, received_at);
      alter table notifications add column fingerprints text[] not null default '{}';
    `,
  },
];
