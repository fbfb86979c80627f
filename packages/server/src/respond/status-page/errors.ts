import { SeaworthyError } from "../../model/index.ts";

const STATUS = {
  status_page_changed: 409,
  status_component_not_found: 404,
  status_component_changed: 409,
  status_component_name_taken: 409,
  status_component_invalid: 400,
  status_post_not_found: 404,
  status_post_invalid: 400,
  status_logo_invalid: 400,
  status_limit_reached: 409,
  subscription_invalid: 400,
  subscription_link_invalid: 404,
  subscriptions_off: 404,
} as const;

/** What cannot be done to the status page. */
export class StatusPageError extends SeaworthyError {
  readonly code: keyof typeof STATUS;
  override readonly status: number;

  constructor(code: keyof typeof STATUS, message: string) {
    super(message);
    this.name = "StatusPageError";
    this.code = code;
    this.status = STATUS[code];
  }
}
