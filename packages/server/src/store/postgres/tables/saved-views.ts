import type { Migration } from "../migration.ts";

export interface SavedViewTables {
  saved_views: {
    id: string;
    screen: string;
    name: string;
    search: string;
    saved_by: string;
    saved_at: Date;
  };
}

export const savedViewMigrations: readonly Migration[] = [
  {
    name: "150-saved-views",
    sql: `
      create table saved_views (
        id uuid primary key,
        screen text not null,
        name text not null,
        search text not null,
        saved_by text not null,
        saved_at timestamptz not null
      );
      create unique index saved_views_name on saved_views (screen, name);
    `,
  },
];
