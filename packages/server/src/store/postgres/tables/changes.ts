import type { Migration } from "../migration.ts";

export interface ChangeTables {
  /** What was changed in what people run: deploys, releases, flags, and the like. */
  changes: {
    id: string;
    at: Date;
    kind: string;
    /** Null: it concerns all of them. */
    service: string | null;
    environment: string | null;
    title: string;
    version: string | null;
    url: string | null;
    actor: string;
    recorded_at: Date;
    /** Given by whoever records it: the same key is the same change. */
    key: string | null;
  };
}

export const changeMigrations: readonly Migration[] = [
  {
    name: "141-changes",
    sql: `
      create table changes (
        id uuid primary key,
        at timestamptz not null,
        kind text not null,
        service text,
        environment text,
        title text not null,
        version text,
        url text,
        actor text not null,
        recorded_at timestamptz not null,
        key text unique
      );
      create index changes_at on changes (at desc);
    `,
  },
];
