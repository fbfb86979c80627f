/** `@seaworthy/sdk/webhooks`: webhooks that are signed as Stripe, GitHub, Slack and Svix sign them. */
export { MemoryReplays, type Replays } from "./replays.ts";
export type { Headers, Refusal, Sender } from "./signatures.ts";
export { Webhooks, type Verification, type WebhooksOptions } from "./webhooks.ts";
