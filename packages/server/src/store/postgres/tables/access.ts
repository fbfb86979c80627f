import type { Generated } from "kysely";
import type { Migration } from "../migration.ts";

export interface AccessTables {
  users: {
    id: Generated<string>;
    email: string;
    name: string;
    role: "admin" | "member" | "viewer";
    /** scrypt, in PHC form; null until a password is set. */
    password_hash: string | null;
    created_at: Generated<Date>;
  };
  sessions: {
    /** SHA-256 of the cookie's secret. */
    id_hash: Buffer;
    user_id: string;
    created_at: Generated<Date>;
    expires_at: Date;
  };
  tokens: {
    id: Generated<string>;
    name: string;
    scope: "controls" | "ingest" | "read" | "write" | "admin";
    /** SHA-256 of the secret. Secrets are random and long, so a fast hash is right. */
    secret_hash: Buffer;
    created_at: Generated<Date>;
    last_used_at: Date | null;
    expires_at: Date | null;
    /** What an ingest key may send. */
    max_series: number | null;
    max_samples_per_second: number | null;
    max_log_lines_per_second: number | null;
    max_log_bytes_per_second: number | null;
    max_spans_per_second: number | null;
    /** The person who made it. */
    created_by: string | null;
    /** Whose emergency controls it may read. */
    controls_service: string | null;
    controls_environment: string | null;
  };
  sign_in_links: {
    token_hash: Buffer;
    user_id: string;
    expires_at: Date;
    used_at: Date | null;
  };
  audit_log: {
    id: Generated<string>;
    at: Generated<Date>;
    actor: string;
    action: string;
    subject: string;
    detail: unknown;
  };
}

export const accessMigrations: readonly Migration[] = [
  {
    name: "001-access",
    sql: `
      create table users (
        id uuid primary key default gen_random_uuid(),
        email text not null,
        name text not null,
        role text not null check (role in ('admin', 'member', 'viewer')),
        password_hash text,
        created_at timestamptz not null default now()
      );
      create unique index users_email on users (lower(email));
      create table sessions (
        id_hash bytea primary key,
        user_id uuid not null references users on delete cascade,
        created_at timestamptz not null default now(),
        expires_at timestamptz not null
      );
      create table tokens (
        id uuid primary key default gen_random_uuid(),
        name text not null,
        scope text not null check (scope in ('ingest', 'read', 'write', 'admin')),
        secret_hash bytea not null unique,
        created_at timestamptz not null default now(),
        last_used_at timestamptz,
        expires_at timestamptz
      );
      create table sign_in_links (
        token_hash bytea primary key,
        user_id uuid not null references users on delete cascade,
        expires_at timestamptz not null,
        used_at timestamptz
      );
      create table audit_log (
        id bigint generated always as identity primary key,
        at timestamptz not null default now(),
        actor text not null,
        action text not null,
        subject text not null,
        detail jsonb not null
      );
    `,
  },
  {
    name: "060-ingest-limits",
    sql: `
      alter table tokens
        add column max_series integer check (max_series > 0),
        add column max_samples_per_second integer check (max_samples_per_second > 0);
    `,
  },
  {
    name: "140-ingest-rates",
    sql: `
      alter table tokens
        add column max_log_lines_per_second integer check (max_log_lines_per_second > 0),
        add column max_log_bytes_per_second integer check (max_log_bytes_per_second > 0),
        add column max_spans_per_second integer check (max_spans_per_second > 0);
    `,
  },
  {
    name: "170-control-tokens",
    sql: `
      alter table tokens
        drop constraint tokens_scope_check,
        add constraint tokens_scope_check
          check (scope in ('controls', 'ingest', 'read', 'write', 'admin')),
        add column created_by uuid references users on delete set null,
        add column controls_service text,
        add column controls_environment text;
    `,
  },
];
