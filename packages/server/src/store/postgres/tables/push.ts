import type { Migration } from "../migration.ts";

/** Ways of being reached that have a name, and that can end by themselves: browsers that take pushes. */
export const pushMigrations: readonly Migration[] = [
  {
    name: "210-push",
    sql: `
      alter table contact_methods add column name text, add column ended_at timestamptz;
    `,
  },
];
