import type { HttpSender } from "./http/sender.ts";
import type { MailSender } from "./email/transport.ts";
import type { Renderer } from "./templates.ts";

/** What an integration works with when it sends a notification. */
export interface SendContext {
  readonly sender: HttpSender;
  readonly mail: MailSender;
  readonly idempotencyKey: string;
  readonly externalURL: string;
  readonly renderer: Renderer;
  /** What the receiver called the message that was sent of this group before, if it is to be changed. */
  readonly message: () => Promise<string | undefined>;
  /** Whether later messages of a group answer its first one in Slack. */
  readonly slackThreads: boolean;
  readonly now: () => number;
}
