import type { Migration } from "../migration.ts";

export interface LeaseTables {
  /** Which server works on what, among those that share this database. */
  leases: {
    /** What is worked on: `rules/…`, or `server/…` for a server's own presence. */
    name: string;
    /** The server's name. */
    holder: string;
    expires_at: Date;
  };
}

export const leaseMigrations: readonly Migration[] = [
  {
    name: "050-leases",
    sql: `
      create table leases (
        name text primary key,
        holder text not null,
        expires_at timestamptz not null
      );
    `,
  },
];
