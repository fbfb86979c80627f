import type { IncidentSeverity } from "../../model/index.ts";
import type { ConfiguredSecret } from "../mail.ts";

/** The chats that incidents are told in, from `chat` in seaworthy.yml. */
export interface ChatConfig {
  readonly slack: SlackConfig | undefined;
  readonly teams: WebhookChatConfig | undefined;
  readonly discord: WebhookChatConfig | undefined;
}

/** An app in a workspace of Slack. */
export interface SlackConfig {
  readonly apiUrl: string;
  readonly token: ConfiguredSecret;
  /** By which requests of Slack are known. */
  readonly signingSecret: ConfiguredSecret;
  /** Where incidents are announced, by id or name; nowhere without it. */
  readonly channel: string | undefined;
  /** Which incidents are told at all, */
  readonly severities: readonly IncidentSeverity[];
  /** and which of them get a channel of their own. */
  readonly ownChannel: readonly IncidentSeverity[];
  /** What the names of these channels begin with. */
  readonly prefix: string;
  /** Who is invited into each, by e-mail or Slack's id, beside those who are on the incident. */
  readonly invite: readonly string[];
  /** How long after the end a channel is archived, in milliseconds; never without it. */
  readonly archiveAfter: number | undefined;
}

/** A chat that is told by a webhook, and tells nothing. */
export interface WebhookChatConfig {
  readonly url: ConfiguredSecret;
  readonly severities: readonly IncidentSeverity[];
}

/** What chats are called in the records and the API. */
export type PlaceName = keyof ChatConfig;
