import { z } from "zod";
import {
  flag,
  goDuration,
  integer,
  list,
  optional,
  optionalFlag,
  secretUrl,
  text,
  url,
} from "./fields.ts";
import { atMostOne } from "./http-client.ts";
import {
  checkWebhookUrl,
  complain,
  http,
  requireOne,
  sendResolved,
  template,
  webhookUrl,
} from "./integration-fields.ts";

/* The settings of the integrations that write to people: checked as Alertmanager checks them. */

const slackConfirm = z.strictObject({
  text: text().refine((value) => value !== "", "a confirmation needs a text"),
  title: text(),
  ok_text: text(),
  dismiss_text: text(),
});

const slackAction = z
  .strictObject({
    type: text(),
    text: text(),
    url: text(),
    style: text(),
    name: text(),
    value: text(),
    confirm: optional(slackConfirm),
  })
  .superRefine((value, context) => {
    requireOne(value, ["type"], context);
    requireOne(value, ["text"], context);
    requireOne(value, ["name", "url"], context);
  });

const slackField = z
  .strictObject({ title: text(), value: text(), short: optionalFlag })
  .superRefine((value, context) => {
    requireOne(value, ["title"], context);
    requireOne(value, ["value"], context);
  });

/** The only Slack address at which messages can be updated. */
const POST_MESSAGE = "https://slack.com/api/chat.postMessage";
const slackDefault = (name: string) => template(`slack.default.${name}`);

export const slackConfig = z
  .strictObject({
    ...sendResolved(false),
    ...http,
    api_url: secretUrl,
    api_url_file: text(),
    app_token: text(),
    app_token_file: text(),
    app_url: url,
    channel: text(),
    username: slackDefault("username"),
    color: slackDefault("color"),
    title: slackDefault("title"),
    title_link: slackDefault("titlelink"),
    pretext: slackDefault("pretext"),
    text: slackDefault("text"),
    message_text: text(),
    fields: list(slackField),
    short_fields: flag(),
    footer: slackDefault("footer"),
    fallback: slackDefault("fallback"),
    callback_id: slackDefault("callbackid"),
    icon_emoji: slackDefault("iconemoji"),
    icon_url: slackDefault("iconurl"),
    image_url: text(),
    thumb_url: text(),
    link_names: flag(),
    mrkdwn_in: list(text()),
    actions: list(slackAction),
    update_message: flag(),
    timeout: goDuration,
  })
  .superRefine((value, context) => {
    atMostOne(value, ["api_url", "api_url_file", "app_token", "app_token_file"], context);
    if (value.update_message && value.api_url !== POST_MESSAGE)
      complain(context, `needs a bot token and api_url ${POST_MESSAGE}`, "update_message");
  });

export const wechatConfig = z
  .strictObject({
    ...sendResolved(false),
    ...http,
    api_secret: text(),
    api_secret_file: text(),
    corp_id: text(),
    message: template("wechat.default.message"),
    api_url: url,
    to_user: template("wechat.default.to_user"),
    to_party: template("wechat.default.to_party"),
    to_tag: template("wechat.default.to_tag"),
    agent_id: template("wechat.default.agent_id"),
    message_type: text("text"),
  })
  .superRefine((value, context) => {
    atMostOne(value, ["api_secret", "api_secret_file"], context);
    if (!["", "text", "markdown"].includes(value.message_type))
      complain(context, "must be text or markdown", "message_type");
  });

export const telegramConfig = z
  .strictObject({
    ...sendResolved(true),
    ...http,
    api_url: url,
    bot_token: text(),
    bot_token_file: text(),
    chat_id: integer(),
    chat_id_file: text(),
    message_thread_id: integer(),
    message: template("telegram.default.message"),
    disable_notifications: flag(),
    parse_mode: text("HTML"),
  })
  .superRefine((value, context) => {
    const chat = { ...value, chat_id: value.chat_id === 0 ? "" : value.chat_id };
    atMostOne(value, ["bot_token", "bot_token_file"], context);
    requireOne(chat, ["chat_id", "chat_id_file"], context);
    atMostOne(chat, ["chat_id", "chat_id_file"], context);
    if (!["", "Markdown", "MarkdownV2", "HTML"].includes(value.parse_mode))
      complain(context, "must be Markdown, MarkdownV2, HTML or empty", "parse_mode");
  });

export const discordConfig = z
  .strictObject({
    ...sendResolved(true),
    ...http,
    ...webhookUrl,
    content: text(),
    title: template("discord.default.title"),
    message: template("discord.default.message"),
    username: text(),
    avatar_url: text(),
  })
  .superRefine(checkWebhookUrl);

export const webexConfig = z
  .strictObject({
    ...sendResolved(true),
    ...http,
    api_url: url,
    message: template("webex.default.message"),
    room_id: text(),
  })
  .superRefine((value, context) => {
    requireOne(value, ["room_id"], context);
    if (value.http_config?.authorization === undefined)
      complain(context, "http_config.authorization must be set");
  });

export const msteamsConfig = z
  .strictObject({
    ...sendResolved(true),
    ...http,
    ...webhookUrl,
    title: template("msteams.default.title"),
    summary: template("msteams.default.summary"),
    text: template("msteams.default.text"),
  })
  .superRefine(checkWebhookUrl);

export const msteamsv2Config = z
  .strictObject({
    ...sendResolved(true),
    ...http,
    ...webhookUrl,
    title: template("msteamsv2.default.title"),
    text: template("msteamsv2.default.text"),
  })
  .superRefine(checkWebhookUrl);

/** The fields of Rocket.Chat's attachments have no explicit names upstream: Go lowers them. */
export const rocketchatConfig = z
  .strictObject({
    ...sendResolved(false),
    ...http,
    api_url: url,
    token_id: optional(z.string()),
    token_id_file: text(),
    token: optional(z.string()),
    token_file: text(),
    channel: text(),
    color: text('{{ if eq .Status "firing" }}red{{ else }}green{{ end }}'),
    title: template("rocketchat.default.title"),
    title_link: template("rocketchat.default.titlelink"),
    text: template("rocketchat.default.text"),
    fields: list(z.strictObject({ short: optionalFlag, title: text(), value: text() })),
    short_fields: flag(),
    emoji: template("rocketchat.default.emoji"),
    icon_url: template("rocketchat.default.iconurl"),
    image_url: text(),
    thumb_url: text(),
    link_names: flag(),
    actions: list(
      z.strictObject({
        type: text(),
        text: text(),
        url: text(),
        imageurl: text(),
        iswebview: flag(),
        webviewheightratio: text(),
        msg: text(),
        msginchatwindow: flag(),
        msgprocessingtype: text(),
      }),
    ),
  })
  .superRefine((value, context) => {
    atMostOne(value, ["token", "token_file"], context);
    atMostOne(value, ["token_id", "token_id_file"], context);
  });

const mattermostField = z
  .strictObject({ title: text(), value: text(), short: optionalFlag })
  .superRefine((value, context) => {
    requireOne(value, ["title"], context);
    requireOne(value, ["value"], context);
  });

const mattermostAttachment = {
  fallback: text(),
  color: text(),
  pretext: text(),
  text: text(),
  author_name: text(),
  author_link: text(),
  author_icon: text(),
  title: text(),
  title_link: text(),
  fields: list(mattermostField),
  thumb_url: text(),
  footer: text(),
  footer_icon: text(),
  image_url: text(),
};

export const mattermostConfig = z
  .strictObject({
    ...sendResolved(true),
    ...http,
    ...webhookUrl,
    ...mattermostAttachment,
    color: template("mattermost.default.color"),
    text: template("mattermost.default.text"),
    title: template("mattermost.default.title"),
    title_link: template("mattermost.default.titlelink"),
    fallback: template("mattermost.default.fallback"),
    channel: text(),
    username: template("mattermost.default.username"),
    icon_url: text(),
    icon_emoji: text(),
    attachments: list(z.strictObject(mattermostAttachment)),
    type: text(),
    props: optional(z.strictObject({ card: text() })),
    priority: optional(
      z.strictObject({
        priority: text(),
        requested_ack: flag(),
        persistent_notifications: flag(),
      }),
    ),
  })
  .superRefine((value, context) => atMostOne(value, ["webhook_url", "webhook_url_file"], context));
