import type { Migration } from "../migration.ts";

export interface HandoverNoteTables {
  /** What somebody on call leaves to whoever is next. */
  handover_notes: {
    id: string;
    schedule_id: string;
    at: Date;
    author: string;
    text: string;
  };
}

export const handoverNoteMigrations: readonly Migration[] = [
  {
    name: "190-handover-notes",
    sql: `
      create table handover_notes (
        id uuid primary key,
        schedule_id uuid not null references schedules on delete cascade,
        at timestamptz not null,
        author text not null,
        text text not null
      );
      create index handover_notes_schedule on handover_notes (schedule_id, at desc);
      create index person_pages_created on person_pages (created_at);
    `,
  },
];
