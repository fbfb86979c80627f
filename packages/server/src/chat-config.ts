import { z } from "zod";
import { duration } from "./config-values.ts";
import type { ChatConfig } from "./respond/index.ts";

const filled = z.string().min(1);
const ALL = ["P1", "P2", "P3", "maintenance"] as const;
const severities = z.array(z.enum(ALL));

/** A text, or a file with it: one of the two. */
const isOne = (text: unknown, file: unknown) => (text === undefined) !== (file === undefined);

const webhook = z
  .strictObject({
    webhook_url: z.url({ protocol: /^https?$/ }).optional(),
    webhook_url_file: filled.optional(),
    severities: severities.default([...ALL]),
  })
  .refine(
    (chat) => isOne(chat.webhook_url, chat.webhook_url_file),
    "set either webhook_url or webhook_url_file",
  );

/** `chat` in seaworthy.yml: where incidents are told and talked about. */
export const chatSchema = z
  .strictObject({
    slack: z
      .strictObject({
        bot_token: filled.optional(),
        bot_token_file: filled.optional(),
        signing_secret: filled.optional(),
        signing_secret_file: filled.optional(),
        channel: z
          .string()
          .regex(
            /^[CG][A-Z0-9]{5,30}$/,
            "is not the id of a channel such as C0123456789; it stands at the end of the channel's details",
          )
          .optional(),
        severities: severities.default([...ALL]),
        own_channel: severities.default(["P1", "P2"]),
        channel_prefix: z
          .string()
          .regex(/^[a-z0-9][a-z0-9_-]{0,19}$/, "takes lower case letters, digits, - and _")
          .default("inc"),
        invite: z
          .array(
            z
              .string()
              .regex(
                /^(?:[UW][A-Z0-9]{5,30}|[^@\s]{1,200}@[^@\s]{1,200})$/,
                "is neither an e-mail nor the id of a member",
              ),
          )
          .max(100)
          .default([]),
        archive_after: duration.optional(),
        api_url: z.url({ protocol: /^https?$/ }).default("https://slack.com/api"),
      })
      .refine(
        (slack) => isOne(slack.bot_token, slack.bot_token_file),
        "set either bot_token or bot_token_file",
      )
      .refine(
        (slack) => isOne(slack.signing_secret, slack.signing_secret_file),
        "set either signing_secret or signing_secret_file",
      )
      .refine(
        (slack) => slack.channel !== undefined || slack.own_channel.length > 0,
        "set a channel, or own_channel, or both: else nothing is told",
      )
      .optional(),
    teams: webhook.optional(),
    discord: webhook.optional(),
  })
  .prefault({});

/** The settings with names of files made absolute by `beside`. */
export function readChat(
  { slack, teams, discord }: z.output<typeof chatSchema>,
  beside: (path: string) => string,
): ChatConfig {
  const secretOf = (text: string | undefined, file: string | undefined) =>
    file === undefined ? { text: text ?? "" } : { file: beside(file) };
  const webhookOf = (chat: typeof teams) =>
    chat && {
      url: secretOf(chat.webhook_url, chat.webhook_url_file),
      severities: chat.severities,
    };
  return {
    slack: slack && {
      apiUrl: slack.api_url.replace(/\/+$/, ""),
      token: secretOf(slack.bot_token, slack.bot_token_file),
      signingSecret: secretOf(slack.signing_secret, slack.signing_secret_file),
      channel: slack.channel,
      severities: slack.severities,
      ownChannel: slack.own_channel,
      prefix: slack.channel_prefix,
      invite: slack.invite,
      archiveAfter: slack.archive_after,
    },
    teams: webhookOf(teams),
    discord: webhookOf(discord),
  };
}
