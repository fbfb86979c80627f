import { RE2JS } from "re2js";
import { z } from "zod";
import type { Matcher } from "../../model/index.ts";
import {
  count,
  decimal,
  duration,
  field,
  flag,
  hostPort,
  list,
  optional,
  optionalFlag,
  secretUrl,
  text,
  textMap,
  url,
} from "./fields.ts";
import { httpConfig, tlsConfig } from "./http-client.ts";
import { integrationSchemas, NULLABLE } from "./integrations.ts";
import type { IntegrationName, IntegrationSettings } from "./integrations.ts";
import { MatcherSyntaxError, parseMatchers } from "./matchers.ts";
import { namedTimeInterval } from "./time-interval.ts";

/** Nobody nests routes deeper; the bound keeps a hostile document from exhausting the stack. */
const MAX_ROUTE_DEPTH = 64;
const CLASSIC_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** Matchers as one field of the document gives them, with what should be said about them. */
export interface MatcherList {
  readonly matchers: readonly Matcher[];
  readonly warnings: readonly string[];
}

const NO_MATCHERS: MatcherList = { matchers: [], warnings: [] };

const matchers: z.ZodType<MatcherList> = field(
  z.array(text()).transform((lines, context): MatcherList => {
    const parsed: Matcher[] = [];
    const warnings: string[] = [];
    lines.forEach((line, index) => {
      try {
        const result = parseMatchers(line);
        parsed.push(...result.matchers);
        if (result.warning !== undefined) warnings.push(result.warning);
      } catch (error) {
        if (!(error instanceof MatcherSyntaxError)) throw error;
        context.addIssue({ code: "custom", message: error.message, path: [index] });
      }
    });
    return { matchers: parsed, warnings };
  }),
  NO_MATCHERS,
);

const classicName = z.string().regex(CLASSIC_NAME, "is not a label name");

/** The deprecated `match`: label names with the values that they must have. */
const match: z.ZodType<readonly Matcher[]> = field(
  z
    .record(classicName, text())
    .transform((values): readonly Matcher[] =>
      Object.entries(values).map(([name, value]) => ({ name, operator: "=", value })),
    ),
  [],
);

/**
 * The deprecated `match_re`. A null is an error here: it would match everything. The anchors that
 * Alertmanager adds are part of group keys, so they are added here as well.
 */
const matchRe: z.ZodType<readonly Matcher[]> = field(
  z
    .record(
      classicName,
      z
        .string("needs a regular expression")
        .refine((value) => compiles(value), "is not a valid regular expression (RE2)"),
    )
    .transform((values): readonly Matcher[] =>
      Object.entries(values).map(([name, value]) => ({
        name,
        operator: "=~",
        value: `^(?:${value})$`,
      })),
    ),
  [],
);

function compiles(expression: string): boolean {
  try {
    RE2JS.compile(expression);
    return true;
  } catch {
    return false;
  }
}

const labelName = text().refine((name) => name !== "", "a label name cannot be empty");
const positive = duration.refine((ms) => ms !== 0, "cannot be zero");

/** A node of the route tree as the file has it. */
export interface RouteDocument {
  readonly receiver: string;
  readonly group_by: readonly string[] | undefined;
  readonly match: readonly Matcher[];
  readonly match_re: readonly Matcher[];
  readonly matchers: MatcherList;
  readonly mute_time_intervals: readonly string[];
  readonly active_time_intervals: readonly string[];
  readonly continue: boolean;
  readonly routes: readonly RouteDocument[];
  readonly group_wait: number | undefined;
  readonly group_interval: number | undefined;
  readonly repeat_interval: number | undefined;
  readonly labels: Readonly<Record<string, string>>;
}

function routeAt(depth: number): z.ZodType<RouteDocument> {
  const children: z.ZodType<RouteDocument> =
    depth >= MAX_ROUTE_DEPTH
      ? z.never(`routes are nested more than ${MAX_ROUTE_DEPTH} levels deep`)
      : z.lazy(() => routeAt(depth + 1));
  return z
    .strictObject({
      receiver: text(),
      group_by: optional(z.array(labelName)),
      match,
      match_re: matchRe,
      matchers,
      mute_time_intervals: list(text()),
      active_time_intervals: list(text()),
      continue: flag(),
      routes: list(children),
      group_wait: duration,
      group_interval: positive,
      repeat_interval: positive,
      labels: textMap,
    })
    .superRefine((value, context) => {
      const names = value.group_by ?? [];
      names.forEach((name, index) => {
        const path = ["group_by", index];
        if (name === "..." && names.some((other) => other !== "..."))
          context.addIssue({ code: "custom", message: "cannot stand beside other labels", path });
        else if (name !== "..." && names.indexOf(name) < index)
          context.addIssue({ code: "custom", message: `duplicates label "${name}"`, path });
      });
      if ("" in value.labels)
        context.addIssue({
          code: "custom",
          message: "a label name cannot be empty",
          path: ["labels"],
        });
    });
}

const inhibitRule = z.strictObject({
  name: text(),
  source_match: match,
  source_match_re: matchRe,
  source_matchers: matchers,
  target_match: match,
  target_match_re: matchRe,
  target_matchers: matchers,
  equal: list(labelName),
});
export type InhibitRuleDocument = z.output<typeof inhibitRule>;

const smtpGlobals = {
  smtp_from: text(),
  smtp_hello: text("localhost"),
  smtp_smarthost: hostPort,
  smtp_auth_username: text(),
  smtp_auth_password: text(),
  smtp_auth_password_file: text(),
  smtp_auth_secret: text(),
  smtp_auth_secret_file: text(),
  smtp_auth_identity: text(),
  smtp_require_tls: flag(true),
  smtp_tls_config: optional(tlsConfig),
  smtp_force_implicit_tls: optionalFlag,
};

export const globalSection = z.strictObject({
  resolve_timeout: duration,
  http_config: optional(httpConfig),
  ...smtpGlobals,
  jira_api_url: url,
  slack_api_url: secretUrl,
  slack_api_url_file: text(),
  slack_app_token: text(),
  slack_app_token_file: text(),
  slack_app_url: url,
  pagerduty_url: url,
  opsgenie_api_url: url,
  opsgenie_api_key: text(),
  opsgenie_api_key_file: text(),
  wechat_api_url: url,
  wechat_api_secret: text(),
  wechat_api_secret_file: text(),
  wechat_api_corp_id: text(),
  victorops_api_url: url,
  victorops_api_key: text(),
  victorops_api_key_file: text(),
  telegram_api_url: url,
  telegram_bot_token: text(),
  telegram_bot_token_file: text(),
  webex_api_url: url,
  rocketchat_api_url: url,
  rocketchat_token: optional(z.string()),
  rocketchat_token_file: text(),
  rocketchat_token_id: optional(z.string()),
  rocketchat_token_id_file: text(),
  mattermost_webhook_url: secretUrl,
  mattermost_webhook_url_file: text(),
});
export type GlobalSection = z.output<typeof globalSection>;

/** A receiver as the file has it: its name, its labels, and a list for each integration. */
export type ReceiverDocument = {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
} & {
  readonly [Name in IntegrationName as `${Name}_configs`]: readonly IntegrationSettings[Name][];
};

const integrationLists = Object.fromEntries(
  Object.entries(integrationSchemas).map(([name, schema]) => [
    `${name}_configs`,
    list(
      NULLABLE.has(name as IntegrationName)
        ? z.preprocess((value) => value ?? {}, schema)
        : z.preprocess((value) => value, schema),
    ),
  ]),
);

const receiver = z
  .strictObject({
    name: text().refine((name) => name !== "", "a receiver needs a name"),
    labels: textMap,
    ...integrationLists,
  })
  .superRefine((value, context) => {
    const label = value.labels["name"];
    if (label !== undefined && label !== value.name)
      context.addIssue({
        code: "custom",
        message: `must be the receiver's name, "${value.name}"`,
        path: ["labels", "name"],
      });
  }) as unknown as z.ZodType<ReceiverDocument>;

const tracing = z
  .strictObject({
    client_type: text("grpc"),
    endpoint: text(),
    sampling_fraction: decimal(),
    insecure: flag(),
    tls_config: optional(tlsConfig),
    headers: field(z.record(z.string(), z.unknown()), {}),
    compression: text(),
    timeout: duration,
  })
  .superRefine((value, context) => {
    const complain = (name: string, message: string) =>
      context.addIssue({ code: "custom", message, path: [name] });
    if (!["grpc", "http"].includes(value.client_type))
      complain("client_type", "must be grpc or http");
    if (value.endpoint === "") complain("endpoint", "must be set");
    if (!["", "gzip"].includes(value.compression)) complain("compression", "must be gzip");
  });

const eventRecorder = z.strictObject({
  file_outputs: list(z.strictObject({ path: text() })),
  webhook_outputs: list(
    z.strictObject({
      url: secretUrl,
      http_config: optional(httpConfig),
      timeout: duration,
      workers: count(),
      max_retries: count(),
      retry_backoff: duration,
      batch: flag(),
      batch_max_events: count(),
      batch_max_bytes: count(),
      batch_flush_interval: duration,
    }),
  ),
  kafka_outputs: list(
    z.strictObject({
      brokers: list(text()),
      topic: text(),
      client_id: text(),
      format: text(),
      acks: text(),
      compression: text(),
      buffer_size: count(),
      tls_config: optional(tlsConfig),
    }),
  ),
  stdout_outputs: list(field(z.strictObject({}), {})),
});

const sections = z.strictObject({
  global: optional(globalSection),
  route: optional(routeAt(1)),
  inhibit_rules: list(inhibitRule),
  receivers: list(receiver),
  templates: list(text()),
  mute_time_intervals: list(namedTimeInterval),
  time_intervals: list(namedTimeInterval),
  tracing: optional(tracing),
  event_recorder: optional(eventRecorder),
});
export type AlertmanagerDocument = z.output<typeof sections>;

/** alertmanager.yml, one field at a time; what concerns several fields is checked in load.ts. */
export const alertmanagerDocument = z.preprocess(scalarsAsText, sections);

/**
 * Numbers and booleans as text. The reader has kept the text of those that would change by this, so
 * every field sees what the file says, and decides itself what it takes for a number.
 */
function scalarsAsText(value: unknown): unknown {
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "bigint")
    return String(value);
  if (Array.isArray(value)) return value.map(scalarsAsText);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [name, scalarsAsText(part)]),
  );
}
