import type { Migration } from "../migration.ts";

export interface ChatTables {
  /** The chats that incidents are told in, by kind. */
  chat_places: {
    place: string;
    /** Since when it is told of incidents; earlier ones are not. */
    since: Date;
    sent_at: Date | null;
    /** When it last told us something. */
    heard_at: Date | null;
    failed_at: Date | null;
    error: string | null;
  };
  /** What is said about an incident in a chat: at most one conversation in each. */
  chat_conversations: {
    incident_id: string;
    place: string;
    /** The incident's own channel. */
    channel: string | null;
    channel_name: string | null;
    /** The name of a channel that was asked for and not answered. */
    creating: string | null;
    /** The channel in which the incident is announced beside others, and the message there. */
    common_channel: string | null;
    announced_ts: string | null;
    /** The message at the head of the own channel. */
    headline_ts: string | null;
    /** A digest of what these messages say. */
    shown: string | null;
    invited: string[];
    closed: boolean;
    /** Failures in a row. */
    attempts: number;
    next_at: Date;
    /** Until when a server has it in hand; another may take it after that. */
    claimed_until: Date | null;
    error: string | null;
  };
  /** One message of ours: `sending` until the chat has answered. */
  chat_posts: {
    id: string;
    incident_id: string;
    place: string;
    kind: string;
    state: "sending" | "sent";
    ts: string | null;
    created_at: Date;
  };
  /** The timeline's entries that a chat has or is told; those that came from it have no post. */
  chat_post_entries: {
    entry_id: string;
    place: string;
    post_id: string | null;
  };
  /** Messages of people that have been noted. */
  chat_messages: {
    place: string;
    channel: string;
    ts: string;
    noted_at: Date;
  };
  /** Signed requests that have been taken: none is taken twice. */
  chat_requests: {
    signature: string;
    taken_at: Date;
  };
}

export const chatMigrations: readonly Migration[] = [
  {
    name: "180-chat",
    sql: `
      create table chat_places (
        place text primary key,
        since timestamptz not null,
        sent_at timestamptz,
        heard_at timestamptz,
        failed_at timestamptz,
        error text
      );
      create table chat_conversations (
        incident_id uuid not null references incidents on delete cascade,
        place text not null,
        channel text,
        channel_name text,
        creating text,
        common_channel text,
        announced_ts text,
        headline_ts text,
        shown text,
        invited text[] not null default '{}',
        closed boolean not null default false,
        attempts integer not null default 0,
        next_at timestamptz not null,
        claimed_until timestamptz,
        error text,
        primary key (incident_id, place)
      );
      create index chat_conversations_open on chat_conversations (place, next_at) where not closed;
      create unique index chat_conversations_channel on chat_conversations (place, channel)
        where channel is not null;
      create table chat_posts (
        id uuid primary key,
        incident_id uuid not null references incidents on delete cascade,
        place text not null,
        kind text not null,
        state text not null check (state in ('sending', 'sent')),
        ts text,
        created_at timestamptz not null
      );
      create index chat_posts_sending on chat_posts (incident_id, place) where state = 'sending';
      create table chat_post_entries (
        entry_id bigint not null references incident_timeline on delete cascade,
        place text not null,
        post_id uuid references chat_posts on delete cascade,
        primary key (entry_id, place)
      );
      create index chat_post_entries_post on chat_post_entries (post_id);
      create table chat_messages (
        place text not null,
        channel text not null,
        ts text not null,
        noted_at timestamptz not null,
        primary key (place, channel, ts)
      );
      create table chat_requests (
        signature text primary key,
        taken_at timestamptz not null
      );
      create index chat_requests_taken on chat_requests (taken_at);
    `,
  },
];
