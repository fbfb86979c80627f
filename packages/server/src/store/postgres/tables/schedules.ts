import type { Generated } from "kysely";
import type { Migration } from "../migration.ts";

export interface ScheduleTables {
  schedules: {
    id: string;
    name: string;
    /** What people see the schedule in; each layer has its own zone for its handovers. */
    time_zone: string;
    layers: unknown;
    /** Counts changes, so that two editors at once notice each other. */
    version: number;
    created_at: Date;
    updated_at: Date;
  };
  schedule_overrides: {
    id: string;
    schedule_id: string;
    user_id: string;
    starts_at: Date;
    ends_at: Date;
    created_by: string;
    /** The later one of two at a time counts. */
    place: Generated<string>;
  };
  calendar_links: {
    secret_hash: Buffer;
    schedule_id: string;
    /** Only this person's duties; null for everybody's. */
    user_id: string | null;
    created_at: Date;
  };
}

export const scheduleMigrations: readonly Migration[] = [
  {
    name: "120-schedules",
    sql: `
      create table schedules (
        id uuid primary key,
        name text not null,
        time_zone text not null,
        layers jsonb not null,
        version integer not null,
        created_at timestamptz not null,
        updated_at timestamptz not null
      );
      create unique index schedules_name on schedules (lower(name));
      create table schedule_overrides (
        id uuid primary key,
        schedule_id uuid not null references schedules on delete cascade,
        user_id uuid not null references users,
        starts_at timestamptz not null,
        ends_at timestamptz not null,
        created_by text not null,
        place bigint generated always as identity,
        check (starts_at < ends_at)
      );
      create index schedule_overrides_schedule on schedule_overrides (schedule_id, ends_at);
      create table calendar_links (
        secret_hash bytea primary key,
        schedule_id uuid not null references schedules on delete cascade,
        user_id uuid references users,
        created_at timestamptz not null
      );
      create index calendar_links_schedule on calendar_links (schedule_id);
    `,
  },
];
