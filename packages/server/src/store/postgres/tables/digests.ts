import type { Migration } from "../migration.ts";

export interface DigestTables {
  /** Until when each digest has been told: one row for each. */
  digests: {
    name: string;
    told_until: Date;
  };
}

export const digestMigrations: readonly Migration[] = [
  {
    name: "090-digests",
    sql: `create table digests (name text primary key, told_until timestamptz not null);`,
  },
];
