import { z } from "zod";
import {
  count,
  duration,
  field,
  flag,
  goDuration,
  goDurationOr,
  list,
  optional,
  optionalFlag,
  text,
  textMap,
  url,
} from "./fields.ts";
import { atMostOne, isSet } from "./http-client.ts";
import { complain, http, requireOne, sendResolved, template } from "./integration-fields.ts";

/* The settings of the integrations that page or keep track: checked as Alertmanager checks them. */

export const pagerdutyConfig = z
  .strictObject({
    ...sendResolved(true),
    ...http,
    service_key: text(),
    service_key_file: text(),
    routing_key: text(),
    routing_key_file: text(),
    url,
    client: template("pagerduty.default.client"),
    client_url: template("pagerduty.default.clientURL"),
    description: template("pagerduty.default.description"),
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
    requireOne(
      value,
      ["routing_key", "service_key", "routing_key_file", "service_key_file"],
      context,
    );
    atMostOne(value, ["routing_key", "routing_key_file"], context);
    atMostOne(value, ["service_key", "service_key_file"], context);
  });

const RESPONDERS = ["team", "teams", "user", "escalation", "schedule"];

const opsgenieResponder = z
  .strictObject({ id: text(), name: text(), username: text(), type: text() })
  .superRefine((value, context) => {
    requireOne(value, ["id", "username", "name"], context);
    if (!value.type.includes("{{") && !RESPONDERS.includes(value.type.toLowerCase()))
      complain(context, `must be one of ${RESPONDERS.join(", ")}`, "type");
  });

export const opsgenieConfig = z
  .strictObject({
    ...sendResolved(true),
    ...http,
    api_key: text(),
    api_key_file: text(),
    api_url: url,
    message: template("opsgenie.default.message"),
    description: template("opsgenie.default.description"),
    source: template("opsgenie.default.source"),
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

export const pushoverConfig = z
  .strictObject({
    ...sendResolved(true),
    ...http,
    user_key: text(),
    user_key_file: text(),
    token: text(),
    token_file: text(),
    title: template("pushover.default.title"),
    message: template("pushover.default.message"),
    url: template("pushover.default.url"),
    url_title: text(),
    device: text(),
    sound: text(),
    priority: text('{{ if eq .Status "firing" }}2{{ else }}0{{ end }}'),
    retry: goDurationOr(60_000),
    expire: goDurationOr(3_600_000),
    ttl: goDuration,
    html: flag(),
    monospace: flag(),
  })
  .superRefine((value, context) => {
    for (const name of ["user_key", "token"]) {
      requireOne(value, [name, `${name}_file`], context);
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

export const victoropsConfig = z
  .strictObject({
    ...sendResolved(true),
    ...http,
    api_key: text(),
    api_key_file: text(),
    api_url: url,
    routing_key: text(),
    message_type: text("CRITICAL"),
    state_message: template("victorops.default.state_message"),
    entity_display_name: template("victorops.default.entity_display_name"),
    monitoring_tool: template("victorops.default.monitoring_tool"),
    custom_fields: textMap,
  })
  .superRefine((value, context) => {
    requireOne(value, ["routing_key"], context);
    atMostOne(value, ["api_key", "api_key_file"], context);
    for (const name of VICTOROPS_RESERVED)
      if (name in value.custom_fields)
        complain(context, "is the name of a fixed field", "custom_fields", name);
  });

export const snsConfig = z
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
    subject: template("sns.default.subject"),
    message: template("sns.default.message"),
    attributes: textMap,
    use_aws_http_client: flag(),
  })
  .superRefine((value, context) => {
    const targets = [value.topic_arn, value.phone_number, value.target_arn].filter(isSet).length;
    // Alertmanager's own check lets one or all three pass.
    if (targets === 0 || targets === 2)
      complain(context, "one of topic_arn, phone_number, target_arn must be set");
  });

/** A Jira field: its template alone, or an object that says also whether updates change it. */
const jiraField = optional(
  z.union([z.string(), z.strictObject({ template: text(), enable_update: optionalFlag })]),
);

export const jiraConfig = z
  .strictObject({
    ...sendResolved(true),
    ...http,
    api_url: url,
    api_type: text("auto"),
    project: text(),
    summary: jiraField,
    description: jiraField,
    labels: list(text()),
    priority: template("jira.default.priority"),
    issue_type: text(),
    reopen_transition: text(),
    resolve_transition: text(),
    wont_fix_resolution: text(),
    reopen_duration: duration,
    fields: field(z.record(z.string(), z.unknown()), {}),
  })
  .superRefine((value, context) => {
    requireOne(value, ["project"], context);
    requireOne(value, ["issue_type"], context);
    if (!["auto", "cloud", "datacenter"].includes(value.api_type))
      complain(context, "must be auto, cloud or datacenter", "api_type");
  });

export const incidentioConfig = z
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
    requireOne(value, ["url", "url_file"], context);
    atMostOne(value, ["url", "url_file"], context);
    atMostOne(value, ["alert_source_token", "alert_source_token_file"], context);
    if (value.http_config === undefined) return;
    const token = isSet(value.alert_source_token) || isSet(value.alert_source_token_file);
    if (token === (value.http_config.authorization !== undefined))
      complain(context, "either alert_source_token or http_config.authorization must be set");
  });
