import { z } from "zod";
import {
  count,
  flag,
  goDuration,
  hostPort,
  optional,
  optionalFlag,
  secretTemplateUrl,
  text,
  textMap,
} from "./fields.ts";
import { atMostOne, tlsConfig } from "./http-client.ts";
import { complain, http, requireOne, sendResolved, template } from "./integration-fields.ts";
import {
  slackConfig,
  wechatConfig,
  telegramConfig,
  discordConfig,
  webexConfig,
  msteamsConfig,
  msteamsv2Config,
  rocketchatConfig,
  mattermostConfig,
} from "./chat-integrations.ts";
import {
  pagerdutyConfig,
  opsgenieConfig,
  pushoverConfig,
  victoropsConfig,
  snsConfig,
  jiraConfig,
  incidentioConfig,
} from "./paging-integrations.ts";

/*
 * The settings of every integration that Alertmanager has, checked as Alertmanager checks them one
 * by one. What depends on `global` is checked in receivers.ts.
 */

const webhookConfig = z
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
    requireOne(value, ["url", "url_file"], context);
    atMostOne(value, ["url", "url_file"], context);
  });

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
    html: template("email.default.html"),
    text: text(),
    require_tls: optionalFlag,
    tls_config: optional(tlsConfig),
    force_implicit_tls: optionalFlag,
    threading: optional(z.strictObject({ enabled: flag(), thread_by_date: text() })),
  })
  .superRefine((value, context) => {
    requireOne(value, ["to"], context);
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
