import { SeaworthyError } from "../../model/index.ts";

const STATUS = {
  control_not_found: 404,
  control_request_not_found: 404,
  control_value_invalid: 400,
  control_definition_invalid: 400,
  control_changed: 409,
  control_request_waits: 409,
  control_confirmation_missing: 400,
  control_own_request: 403,
  control_person_required: 403,
  control_limit: 409,
  control_standard: 409,
} as const;

/** What people may not do with emergency controls. */
export class ControlError extends SeaworthyError {
  readonly code: keyof typeof STATUS;
  override readonly status: number;

  constructor(code: keyof typeof STATUS, message: string) {
    super(message);
    this.name = "ControlError";
    this.code = code;
    this.status = STATUS[code];
  }
}
