import type { Generated } from "kysely";
import type { Migration } from "../migration.ts";

export interface StatusPageTables {
  /** One row: the page, and the lock of everything about it. */
  status_page: {
    id: number;
    settings: unknown;
    access: unknown;
    logo: Buffer | null;
    logo_type: string | null;
    /** Counts changes by people, so that two editors at once notice each other. */
    version: number;
    /** Counts all changes, so that servers know when to read the rest. */
    revision: Generated<string>;
    updated_at: Date;
  };
  status_components: {
    id: string;
    /** A ComponentDraft. */
    definition: unknown;
    /** What its source says, and in which words; null where it has not said anything yet. */
    auto_state: string | null;
    auto_note: string;
    override: unknown;
    /** What is shown. */
    state: string;
    note: string;
    state_since: Date;
    created_at: Date;
    version: number;
  };
  /** What was shown, from when on. */
  status_changes: {
    component_id: string;
    at: Date;
    state: string;
  };
  /** Times in which somebody looked: outside of them nothing is known. */
  status_watched: {
    id: Generated<string>;
    started_at: Date;
    until_at: Date;
  };
  /** What probes found on a day (UTC). */
  status_days: {
    component_id: string;
    day: string;
    known_ms: number;
    up_ms: number;
    /** Until when the day is counted. */
    until_at: Date;
  };
  status_posts: {
    id: string;
    kind: "incident" | "maintenance";
    title: string;
    impact: string;
    state: string;
    /** The incident inside that it tells of. */
    incident_id: string | null;
    /** `[{id, state}]`: what it makes of components while it lasts. */
    components: unknown;
    /** Of maintenance: when it is planned for. */
    starts_at: Date | null;
    ends_at: Date | null;
    resolved_at: Date | null;
    created_at: Date;
    updated_at: Date;
  };
  status_updates: {
    id: string;
    post_id: string;
    state: string;
    body: string;
    at: Date;
    created_by: string;
  };
  status_subscribers: {
    id: string;
    kind: string;
    address: string;
    state: "pending" | "confirmed";
    /** When a confirmation was last asked for, and how often since the first time. */
    requested_at: Date;
    requests: number;
    confirmed_at: Date | null;
    created_at: Date;
  };
  /** What is to be told to one subscriber. */
  status_notices: {
    id: string;
    subscriber_id: string;
    /** Null for the question whether they want to be told at all. */
    update_id: string | null;
    state: "waiting" | "sent" | "failed" | "dropped";
    attempts: number;
    next_at: Date;
    claimed_until: Date | null;
    created_at: Date;
    sent_at: Date | null;
    error: string | null;
  };
}

export const statusPageMigrations: readonly Migration[] = [
  {
    name: "150-status-page",
    sql: `
      create table status_page (
        id integer primary key check (id = 1),
        settings jsonb not null,
        access jsonb not null,
        logo bytea,
        logo_type text,
        version integer not null,
        revision bigint not null default 1,
        updated_at timestamptz not null
      );
      create table status_components (
        id uuid primary key,
        definition jsonb not null,
        auto_state text,
        auto_note text not null default '',
        override jsonb,
        state text not null,
        note text not null default '',
        state_since timestamptz not null,
        created_at timestamptz not null,
        version integer not null
      );
      create unique index status_components_name on status_components (lower(definition ->> 'name'));
      create table status_changes (
        component_id uuid not null references status_components on delete cascade,
        at timestamptz not null,
        state text not null,
        primary key (component_id, at)
      );
      create table status_watched (
        id bigint generated always as identity primary key,
        started_at timestamptz not null,
        until_at timestamptz not null
      );
      create table status_days (
        component_id uuid not null references status_components on delete cascade,
        day date not null,
        known_ms integer not null,
        up_ms integer not null,
        until_at timestamptz not null,
        primary key (component_id, day)
      );
      create table status_posts (
        id uuid primary key,
        kind text not null check (kind in ('incident', 'maintenance')),
        title text not null,
        impact text not null,
        state text not null,
        incident_id uuid references incidents on delete set null,
        components jsonb not null,
        starts_at timestamptz,
        ends_at timestamptz,
        resolved_at timestamptz,
        created_at timestamptz not null,
        updated_at timestamptz not null,
        check ((kind = 'maintenance') = (starts_at is not null and ends_at is not null))
      );
      create index status_posts_incident on status_posts (incident_id) where incident_id is not null;
      create index status_posts_open on status_posts (created_at) where resolved_at is null;
      create table status_updates (
        id uuid primary key,
        post_id uuid not null references status_posts on delete cascade,
        state text not null,
        body text not null,
        at timestamptz not null,
        created_by text not null
      );
      create index status_updates_post on status_updates (post_id, at);
      create table status_subscribers (
        id uuid primary key,
        kind text not null check (kind in ('email', 'webhook', 'slack')),
        address text not null,
        state text not null check (state in ('pending', 'confirmed')),
        requested_at timestamptz not null,
        requests integer not null,
        confirmed_at timestamptz,
        created_at timestamptz not null,
        unique (kind, address)
      );
      create table status_notices (
        id uuid primary key,
        subscriber_id uuid not null references status_subscribers on delete cascade,
        update_id uuid references status_updates on delete cascade,
        state text not null check (state in ('waiting', 'sent', 'failed', 'dropped')),
        attempts integer not null,
        next_at timestamptz not null,
        claimed_until timestamptz,
        created_at timestamptz not null,
        sent_at timestamptz,
        error text,
        unique (subscriber_id, update_id)
      );
      create index status_notices_waiting on status_notices (next_at) where state = 'waiting';
      create index status_notices_questions on status_notices (created_at) where update_id is null;
    `,
  },
];
