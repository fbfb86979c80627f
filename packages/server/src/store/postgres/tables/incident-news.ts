import type { Generated } from "kysely";
import type { Migration } from "../migration.ts";

export interface IncidentNewsTables {
  incident_subscribers: {
    id: Generated<string>;
    incident_id: string;
    user_id: string;
    /** Whether they have said that they do not want to be told: what they do does not subscribe them again. */
    muted: Generated<boolean>;
    /** The newest entry of the timeline that they know of. */
    told_entry: Generated<string>;
  };
  /** What a subscriber is to be told: one message at a time for each. */
  incident_news: {
    id: Generated<string>;
    subscriber_id: string;
    state: "waiting" | "sent" | "failed";
    attempts: number;
    next_at: Date;
    /** Until when a server has it in hand; another may take it after that. */
    claimed_until: Date | null;
    created_at: Date;
    sent_at: Date | null;
    error: string | null;
    /** The last entry that it tells of, once it was tried: each attempt tells the same. */
    upto_entry: string | null;
  };
}

export const incidentNewsMigrations: readonly Migration[] = [
  {
    name: "191-incident-news",
    sql: `
      alter table incident_subscribers
        add column id uuid not null default gen_random_uuid() unique,
        add column muted boolean not null default false,
        add column told_entry bigint not null default 0;
      update incident_subscribers set told_entry = coalesce(
        (select max(entry.id) from incident_timeline entry
          where entry.incident_id = incident_subscribers.incident_id), 0);
      create table incident_news (
        id uuid primary key default gen_random_uuid(),
        subscriber_id uuid not null references incident_subscribers (id) on delete cascade,
        state text not null check (state in ('waiting', 'sent', 'failed')),
        attempts integer not null,
        next_at timestamptz not null,
        claimed_until timestamptz,
        created_at timestamptz not null,
        sent_at timestamptz,
        error text,
        upto_entry bigint
      );
      create unique index incident_news_one on incident_news (subscriber_id)
        where state = 'waiting';
      create index incident_news_subscriber on incident_news (subscriber_id, sent_at);
      create index incident_news_waiting on incident_news (next_at) where state = 'waiting';
    `,
  },
];
