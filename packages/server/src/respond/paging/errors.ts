import { SeaworthyError } from "../../model/index.ts";

const STATUS = {
  policy_not_found: 404,
  policy_changed: 409,
  policy_name_taken: 409,
  policy_invalid: 400,
  contact_not_found: 404,
  contact_invalid: 400,
  contact_taken: 409,
  contact_limit: 409,
  acknowledge_link_invalid: 404,
  text_unsigned: 403,
  text_unanswered: 404,
  escalation_over: 409,
} as const;

/** What people may not do about who is paged. */
export class PagingError extends SeaworthyError {
  readonly code: keyof typeof STATUS;
  override readonly status: number;

  constructor(code: keyof typeof STATUS, message: string) {
    super(message);
    this.name = "PagingError";
    this.code = code;
    this.status = STATUS[code];
  }
}
