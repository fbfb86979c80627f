import { SeaworthyError } from "../../model/index.ts";

const STATUS = {
  runbook_not_found: 404,
  runbook_step_not_found: 404,
  runbook_action_not_found: 404,
  runbook_action_refused: 400,
  runbook_action_role: 403,
  runbook_run_changed: 409,
  runbook_run_under_way: 409,
  runbook_run_unconfirmed: 400,
  runbook_run_not_waiting: 404,
  runbook_run_own: 403,
  runbook_run_person_required: 403,
  runbook_run_limit: 429,
} as const;

/** What cannot be done with a runbook. */
export class RunbookError extends SeaworthyError {
  readonly code: keyof typeof STATUS;
  override readonly status: number;

  constructor(code: keyof typeof STATUS, message: string) {
    super(message);
    this.name = "RunbookError";
    this.code = code;
    this.status = STATUS[code];
  }
}
