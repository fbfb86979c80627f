import type { HttpSender } from "./http.ts";
import type { Renderer } from "./templates.ts";

/** What an integration works with when it sends a notification. */
export interface SendContext {
  readonly sender: HttpSender;
  readonly idempotencyKey: string;
  readonly externalURL: string;
  readonly renderer: Renderer;
}
