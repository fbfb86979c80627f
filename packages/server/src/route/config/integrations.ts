import { z } from "zod";
import {
  count,
  duration,
  field,
  flag,
  goDuration,
  hostPort,
  integer,
  list,
  optional,
  optionalFlag,
  secretTemplateUrl,
  secretUrl,
  text,
  textMap,
  url,
} from "./fields.ts";
import { atMostOne, httpConfig, isSet, tlsConfig } from "./http-client.ts";

/*
 * The settings of every integration that Alertmanager has, checked as Alertmanager checks them one
 * by one. What depends on `global` is checked in receivers.ts. An integration that moves into
 * notify/ takes its schema with it only if it grows; the table of names is at the end.
 */

type Refinement = z.core.$RefinementCtx;

function complain(context: Refinement, message: string, ...path: PropertyKey[]): void {
  context.addIssue({ code: "custom", message, path });
}

function require(value: Readonly<Record<string, unknown>>, names: string[], context: Refinement) {
  if (!names.some((name) => isSet(value[name])))
    complain(
      context,
      names.length === 1 ? `${names[0]} must be set` : `one of ${names.join(", ")} must be set`,
    );
}

const sendResolved = (fallback: boolean) => ({ send_resolved: flag(fallback) });
const http = { http_config: optional(httpConfig) };

export const webhookConfig = z
  .strictObject({
    ...sendResolved(true),
    ...http,
    url: secretTemplateUrl(),
    url_file: text(),
    max_alerts: count(),
    timeout: goDuration,
    payload: optional(z.unknown()),
  })
  .superRefine((value, context) => {
    require(value, ["url", "url_file"], context);
    atMostOne(value, ["url", "url_file"], context);
  });
export type WebhookConfig = z.output<typeof webhookConfig>;

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
    require(value, ["type"], context);
    require(value, ["text"], context);
    require(value, ["name", "url"], context);
  });

const slackField = z
  .strictObject({ title: text(), value: text(), short: optionalFlag })
  .superRefine((value, context) => {
    require(value, ["title"], context);
    require(value, ["value"], context);
  });

/** The only Slack address at which messages can be updated. */
const POST_MESSAGE = "https://slack.com/api/chat.postMessage";
const slackDefault = (name: string) => text(`{{ template "slack.default.${name}" . }}`);

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
export type SlackConfig = z.output<typeof slackConfig>;

const emailConfig = z
  .strictObject({
    ...sendResolved(false),
    to: text(),
    from: text(),
    hello: text(),
    smarthost: hostPort,
    auth_username: text(),
    auth_password: text(),
    auth_password_file: text(),
    auth_secret: text(),
    auth_secret_file: text(),
    auth_identity: text(),
    headers: textMap,
    html: text(),
    text: text(),
    require_tls: optionalFlag,
    tls_config: optional(tlsConfig),
    force_implicit_tls: optionalFlag,
    threading: optional(z.strictObject({ enabled: flag(), thread_by_date: text() })),
  })
  .superRefine((value, context) => {
    require(value, ["to"], context);
    const seen = new Set<string>();
    for (const name of Object.keys(value.headers)) {
      const known = name.toLowerCase();
      if (seen.has(known))
        complain(context, "is a duplicate: header names ignore case", "headers", name);
      seen.add(known);
    }
    if (value.threading?.enabled !== true) return;
    for (const name of ["References", "In-Reply-To"])
      if (seen.has(name.toLowerCase()))
        complain(context, `cannot be set while threading is enabled`, "headers", name);
    if (!["none", "daily"].includes(value.threading.thread_by_date))
      complain(context, "must be none or daily", "threading", "thread_by_date");
  });

const pagerdutyConfig = z
  .strictObject({
    ...sendResolved(true),
    ...http,
    service_key: text(),
    service_key_file: text(),
    routing_key: text(),
    routing_key_file: text(),
    url,
    client: text(),
    client_url: text(),
    description: text(),
    details: field(z.record(z.string(), z.unknown()), {}),
    images: list(z.strictObject({ src: text(), alt: text(), href: text() })),
    links: list(z.strictObject({ href: text(), text: text() })),
    source: text(),
    severity: text(),
    class: text(),
    component: text(),
    group: text(),
    timeout: goDuration,
  })
  .superRefine((value, context) => {
    require(value, ["routing_key", "service_key", "routing_key_file", "service_key_file"], context);
    atMostOne(value, ["routing_key", "routing_key_file"], context);
    atMostOne(value, ["service_key", "service_key_file"], context);
  });

const RESPONDERS = ["team", "teams", "user", "escalation", "schedule"];

const opsgenieResponder = z
  .strictObject({ id: text(), name: text(), username: text(), type: text() })
  .superRefine((value, context) => {
    require(value, ["id", "username", "name"], context);
    if (!value.type.includes("{{") && !RESPONDERS.includes(value.type.toLowerCase()))
      complain(context, `must be one of ${RESPONDERS.join(", ")}`, "type");
  });

const opsgenieConfig = z
  .strictObject({
    ...sendResolved(true),
    ...http,
    api_key: text(),
    api_key_file: text(),
    api_url: url,
    message: text(),
    description: text(),
    source: text(),
    details: textMap,
    entity: text(),
    responders: list(opsgenieResponder),
    actions: text(),
    tags: text(),
    note: text(),
    priority: text(),
    update_alerts: flag(),
  })
  .superRefine((value, context) => atMostOne(value, ["api_key", "api_key_file"], context));

const wechatConfig = z
  .strictObject({
    ...sendResolved(false),
    ...http,
    api_secret: text(),
    api_secret_file: text(),
    corp_id: text(),
    message: text(),
    api_url: url,
    to_user: text(),
    to_party: text(),
    to_tag: text(),
    agent_id: text(),
    message_type: text(),
  })
  .superRefine((value, context) => {
    atMostOne(value, ["api_secret", "api_secret_file"], context);
    if (!["", "text", "markdown"].includes(value.message_type))
      complain(context, "must be text or markdown", "message_type");
  });

const pushoverConfig = z
  .strictObject({
    ...sendResolved(true),
    ...http,
    user_key: text(),
    user_key_file: text(),
    token: text(),
    token_file: text(),
    title: text(),
    message: text(),
    url: text(),
    url_title: text(),
    device: text(),
    sound: text(),
    priority: text(),
    retry: goDuration,
    expire: goDuration,
    ttl: goDuration,
    html: flag(),
    monospace: flag(),
  })
  .superRefine((value, context) => {
    for (const name of ["user_key", "token"]) {
      require(value, [name, `${name}_file`], context);
      atMostOne(value, [name, `${name}_file`], context);
    }
    if (value.html && value.monospace)
      complain(context, "at most one of html, monospace may be set", "monospace");
  });

const VICTOROPS_RESERVED = [
  "routing_key",
  "message_type",
  "state_message",
  "entity_display_name",
  "monitoring_tool",
  "entity_id",
  "entity_state",
];

const victoropsConfig = z
  .strictObject({
    ...sendResolved(true),
    ...http,
    api_key: text(),
    api_key_file: text(),
    api_url: url,
    routing_key: text(),
    message_type: text(),
    state_message: text(),
    entity_display_name: text(),
    monitoring_tool: text(),
    custom_fields: textMap,
  })
  .superRefine((value, context) => {
    require(value, ["routing_key"], context);
    atMostOne(value, ["api_key", "api_key_file"], context);
    for (const name of VICTOROPS_RESERVED)
      if (name in value.custom_fields)
        complain(context, "is the name of a fixed field", "custom_fields", name);
  });

const snsConfig = z
  .strictObject({
    ...sendResolved(true),
    ...http,
    api_url: text(),
    sigv4: optional(
      z
        .strictObject({
          region: text(),
          access_key: text(),
          secret_key: text(),
          profile: text(),
          role_arn: text(),
          external_id: text(),
          use_fips_sts_endpoint: flag(),
        })
        .superRefine((value, context) => {
          if (isSet(value.access_key) !== isSet(value.secret_key))
            complain(context, "access_key and secret_key must be set together", "access_key");
        }),
    ),
    topic_arn: text(),
    phone_number: text(),
    target_arn: text(),
    subject: text(),
    message: text(),
    attributes: textMap,
    use_aws_http_client: flag(),
  })
  .superRefine((value, context) => {
    const targets = [value.topic_arn, value.phone_number, value.target_arn].filter(isSet).length;
    // Alertmanager's own check lets one or all three pass.
    if (targets === 0 || targets === 2)
      complain(context, "one of topic_arn, phone_number, target_arn must be set");
  });

const telegramConfig = z
  .strictObject({
    ...sendResolved(true),
    ...http,
    api_url: url,
    bot_token: text(),
    bot_token_file: text(),
    chat_id: integer(),
    chat_id_file: text(),
    message_thread_id: integer(),
    message: text(),
    disable_notifications: flag(),
    parse_mode: text("HTML"),
  })
  .superRefine((value, context) => {
    const chat = { ...value, chat_id: value.chat_id === 0 ? "" : value.chat_id };
    atMostOne(value, ["bot_token", "bot_token_file"], context);
    require(chat, ["chat_id", "chat_id_file"], context);
    atMostOne(chat, ["chat_id", "chat_id_file"], context);
    if (!["", "Markdown", "MarkdownV2", "HTML"].includes(value.parse_mode))
      complain(context, "must be Markdown, MarkdownV2, HTML or empty", "parse_mode");
  });

const webhookUrl = { webhook_url: secretUrl, webhook_url_file: text() };
const checkWebhookUrl = (value: Readonly<Record<string, unknown>>, context: Refinement) => {
  require(value, ["webhook_url", "webhook_url_file"], context);
  atMostOne(value, ["webhook_url", "webhook_url_file"], context);
};

const discordConfig = z
  .strictObject({
    ...sendResolved(true),
    ...http,
    ...webhookUrl,
    content: text(),
    title: text(),
    message: text(),
    username: text(),
    avatar_url: text(),
  })
  .superRefine(checkWebhookUrl);

const webexConfig = z
  .strictObject({
    ...sendResolved(true),
    ...http,
    api_url: url,
    message: text(),
    room_id: text(),
  })
  .superRefine((value, context) => {
    require(value, ["room_id"], context);
    if (value.http_config?.authorization === undefined)
      complain(context, "http_config.authorization must be set");
  });

const msteamsConfig = z
  .strictObject({
    ...sendResolved(true),
    ...http,
    ...webhookUrl,
    title: text(),
    summary: text(),
    text: text(),
  })
  .superRefine(checkWebhookUrl);

const msteamsv2Config = z
  .strictObject({ ...sendResolved(true), ...http, ...webhookUrl, title: text(), text: text() })
  .superRefine(checkWebhookUrl);

/** A Jira field: its template alone, or an object that says also whether updates change it. */
const jiraField = optional(
  z.union([z.string(), z.strictObject({ template: text(), enable_update: optionalFlag })]),
);

const jiraConfig = z
  .strictObject({
    ...sendResolved(true),
    ...http,
    api_url: url,
    api_type: text("auto"),
    project: text(),
    summary: jiraField,
    description: jiraField,
    labels: list(text()),
    priority: text(),
    issue_type: text(),
    reopen_transition: text(),
    resolve_transition: text(),
    wont_fix_resolution: text(),
    reopen_duration: duration,
    fields: field(z.record(z.string(), z.unknown()), {}),
  })
  .superRefine((value, context) => {
    require(value, ["project"], context);
    require(value, ["issue_type"], context);
    if (!["auto", "cloud", "datacenter"].includes(value.api_type))
      complain(context, "must be auto, cloud or datacenter", "api_type");
  });

const incidentioConfig = z
  .strictObject({
    ...sendResolved(true),
    ...http,
    url,
    url_file: text(),
    alert_source_token: text(),
    alert_source_token_file: text(),
    max_alerts: count(),
    timeout: goDuration,
  })
  .superRefine((value, context) => {
    require(value, ["url", "url_file"], context);
    atMostOne(value, ["url", "url_file"], context);
    atMostOne(value, ["alert_source_token", "alert_source_token_file"], context);
    if (value.http_config === undefined) return;
    const token = isSet(value.alert_source_token) || isSet(value.alert_source_token_file);
    if (token === (value.http_config.authorization !== undefined))
      complain(context, "either alert_source_token or http_config.authorization must be set");
  });

/** The fields of Rocket.Chat's attachments have no explicit names upstream: Go lowers them. */
const rocketchatConfig = z
  .strictObject({
    ...sendResolved(false),
    ...http,
    api_url: url,
    token_id: optional(z.string()),
    token_id_file: text(),
    token: optional(z.string()),
    token_file: text(),
    channel: text(),
    color: text(),
    title: text(),
    title_link: text(),
    text: text(),
    fields: list(z.strictObject({ short: optionalFlag, title: text(), value: text() })),
    short_fields: flag(),
    emoji: text(),
    icon_url: text(),
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
    require(value, ["title"], context);
    require(value, ["value"], context);
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

const mattermostConfig = z
  .strictObject({
    ...sendResolved(true),
    ...http,
    ...webhookUrl,
    ...mattermostAttachment,
    channel: text(),
    username: text(),
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

/**
 * Every integration by its name, in the order in which Alertmanager runs them. `<name>_configs` is
 * the field of a receiver.
 */
export const integrationSchemas = {
  webhook: webhookConfig,
  email: emailConfig,
  pagerduty: pagerdutyConfig,
  opsgenie: opsgenieConfig,
  wechat: wechatConfig,
  slack: slackConfig,
  victorops: victoropsConfig,
  pushover: pushoverConfig,
  sns: snsConfig,
  telegram: telegramConfig,
  discord: discordConfig,
  webex: webexConfig,
  msteams: msteamsConfig,
  msteamsv2: msteamsv2Config,
  jira: jiraConfig,
  incidentio: incidentioConfig,
  rocketchat: rocketchatConfig,
  mattermost: mattermostConfig,
} as const;

/** The name of an integration, e.g. `webhook`. */
export type IntegrationName = keyof typeof integrationSchemas;

/** The settings of each integration. */
export type IntegrationSettings = {
  readonly [Name in IntegrationName]: z.output<(typeof integrationSchemas)[Name]>;
};

/** Integrations of which a null entry means "all defaults"; of the others it is an error. */
export const NULLABLE: ReadonlySet<IntegrationName> = new Set([
  "slack",
  "opsgenie",
  "wechat",
  "rocketchat",
]);
