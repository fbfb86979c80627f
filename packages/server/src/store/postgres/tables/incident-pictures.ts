import type { Migration } from "../migration.ts";

export interface IncidentPictureTables {
  /** Pictures that people took into an incident. Those without an entry wait for their note to be sent. */
  incident_pictures: {
    id: string;
    incident_id: string;
    entry_id: string | null;
    type: string;
    width: number;
    height: number;
    /** How many bytes there are, so that they can be counted without being read. */
    size: number;
    bytes: Buffer;
    added_at: Date;
    added_by: string;
  };
}

export const incidentPictureMigrations: readonly Migration[] = [
  {
    name: "190-incident-pictures",
    sql: `
      create table incident_pictures (
        id uuid primary key,
        incident_id uuid not null references incidents on delete cascade,
        entry_id bigint references incident_timeline on delete cascade,
        type text not null,
        width integer not null,
        height integer not null,
        size integer not null,
        bytes bytea not null,
        added_at timestamptz not null,
        added_by text not null
      );
      -- They are compressed already.
      alter table incident_pictures alter column bytes set storage external;
      create index incident_pictures_incident on incident_pictures (incident_id);
      create index incident_pictures_entry on incident_pictures (entry_id);
      create index incident_pictures_waiting on incident_pictures (added_at) where entry_id is null;
    `,
  },
];
