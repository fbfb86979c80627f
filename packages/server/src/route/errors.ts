import { SeaworthyError } from "../model/index.ts";

const STATUS = {
  alert_invalid: 400,
  silence_invalid: 400,
  silence_not_found: 404,
  receiver_not_found: 404,
  router_not_running: 503,
} as const;

/** What the router refuses. */
export class RouteError extends SeaworthyError {
  readonly code: keyof typeof STATUS;
  override readonly status: number;

  constructor(code: keyof typeof STATUS, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "RouteError";
    this.code = code;
    this.status = STATUS[code];
  }
}
