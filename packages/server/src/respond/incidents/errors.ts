import { SeaworthyError } from "../../model/index.ts";

const STATUS = {
  incident_not_found: 404,
  incident_resolved: 409,
  incident_merged: 409,
  incident_state_refused: 409,
  incident_merge_refused: 409,
  incident_split_refused: 409,
  incident_full: 409,
  incident_part_not_found: 404,
  note_empty: 400,
  note_of_another: 403,
  picture_not_found: 404,
  picture_taken: 409,
  informed_link_invalid: 404,
  person_unknown: 422,
} as const;

/** What people may not do to an incident. */
export class IncidentError extends SeaworthyError {
  readonly code: keyof typeof STATUS;
  override readonly status: number;

  constructor(code: keyof typeof STATUS, message: string) {
    super(message);
    this.name = "IncidentError";
    this.code = code;
    this.status = STATUS[code];
  }
}
