import { SeaworthyError } from "../../model/index.ts";

const STATUS = {
  schedule_not_found: 404,
  schedule_changed: 409,
  schedule_name_taken: 409,
  schedule_invalid: 400,
  override_not_found: 404,
  duties_span_invalid: 400,
  calendar_not_found: 404,
} as const;

/** What people may not do to schedules. */
export class OnCallError extends SeaworthyError {
  readonly code: keyof typeof STATUS;
  override readonly status: number;

  constructor(code: keyof typeof STATUS, message: string) {
    super(message);
    this.name = "OnCallError";
    this.code = code;
    this.status = STATUS[code];
  }
}
