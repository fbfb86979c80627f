import { SeaworthyError } from "../model/index.ts";

const STATUS = {
  not_signed_in: 401,
  credential_refused: 401,
  sign_in_failed: 401,
  sign_in_link_invalid: 401,
  forbidden: 403,
  cross_site_request: 403,
  person_required: 403,
  current_password_wrong: 403,
  email_taken: 409,
  token_not_found: 404,
  token_expiry_past: 400,
  token_limits_misplaced: 400,
  token_controls_misplaced: 400,
  too_many_attempts: 429,
  bootstrap_token_weak: 400,
} as const;

/** Everything that access refuses, by code. */
export class AccessError extends SeaworthyError {
  readonly code: keyof typeof STATUS;
  override readonly status: number;
  /** For `too_many_attempts`: seconds after which another attempt may succeed. */
  readonly retryAfterSeconds: number | undefined;

  constructor(code: keyof typeof STATUS, message: string, retryAfterSeconds?: number) {
    super(message);
    this.name = "AccessError";
    this.code = code;
    this.status = STATUS[code];
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
