import type { Generated } from "kysely";
import type { Migration } from "../migration.ts";

export interface PostMortemTables {
  post_mortems: {
    incident_id: string;
    body: string;
    /** Counts the changes: who saves says which text they have changed. */
    version: number;
    created_at: Date;
    created_by: string;
    updated_at: Date;
    updated_by: string;
    completed_at: Date | null;
    completed_by: string | null;
    /** The text as the public may read it; later drafts do not change it. */
    published_body: string | null;
    published_at: Date | null;
  };
  post_mortem_actions: {
    id: string;
    incident_id: string;
    text: string;
    owner: string | null;
    /** `YYYY-MM-DD`. */
    due_on: string | null;
    done_at: Date | null;
    done_by: string | null;
    created_at: Date;
  };
  /** That somebody was, or is to be, reminded of a post-mortem that is not there. */
  post_mortem_reminders: {
    id: string;
    incident_id: string;
    /** Since the incident ended: 24 or 48. */
    hours: number;
    person_id: string | null;
    made_at: Date;
    /** A server has it in hand until then. */
    claimed_until: Date | null;
    attempts: Generated<number>;
    settled_at: Date | null;
  };
}

export const postMortemMigrations: readonly Migration[] = [
  {
    name: "162-post-mortems",
    sql: `
      create table post_mortems (
        incident_id uuid primary key references incidents on delete cascade,
        body text not null,
        version integer not null,
        created_at timestamptz not null,
        created_by text not null,
        updated_at timestamptz not null,
        updated_by text not null,
        completed_at timestamptz,
        completed_by text,
        published_body text,
        published_at timestamptz,
        check ((published_body is null) = (published_at is null))
      );
      create table post_mortem_actions (
        id uuid primary key,
        incident_id uuid not null references post_mortems on delete cascade,
        text text not null,
        owner text,
        due_on text,
        done_at timestamptz,
        done_by text,
        created_at timestamptz not null
      );
      create index post_mortem_actions_incident on post_mortem_actions (incident_id);
      create table post_mortem_reminders (
        id uuid primary key,
        incident_id uuid not null references incidents on delete cascade,
        hours integer not null,
        person_id uuid,
        made_at timestamptz not null,
        claimed_until timestamptz,
        attempts integer not null default 0,
        settled_at timestamptz,
        unique (incident_id, hours)
      );
      create index post_mortem_reminders_waiting on post_mortem_reminders (made_at) where settled_at is null;
    `,
  },
];
