import { SeaworthyError } from "../../model/index.ts";

const STATUS = { incident_not_found: 404, incident_resolved: 409 } as const;

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
