import { SeaworthyError } from "../../model/index.ts";

const STATUS = {
  runbook_not_found: 404,
  runbook_step_not_found: 404,
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
