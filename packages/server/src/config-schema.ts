import { RE2JS } from "re2js";
import { z } from "zod";
import { FEATURES } from "@seaworthy/promql";
import type { Feature } from "@seaworthy/promql";
import { chatSchema } from "./chat-config.ts";
import { clickhouseSchema } from "./clickhouse-config.ts";
import { duration, network, size } from "./config-values.ts";
import { digestSchema } from "./digest-config.ts";
import { SETTING_NAME } from "./evaluate/index.ts";
import { messageOf } from "./model/index.ts";
import { pagingSchema } from "./paging-config.ts";
import { MASK_RULES } from "./receive/index.ts";
import { postMortemsSchema } from "./post-mortems-config.ts";
import { runbooksSchema } from "./runbooks-config.ts";
import { syslogSchema } from "./syslog-config.ts";
import { tailSchema } from "./tail-config.ts";
import { webhooksSchema } from "./webhooks-config.ts";

const hostAndPort = z
  .string()
  .regex(/^(?:[\w.-]+|\[[\da-fA-F:.]+\])(?::\d{1,5})?$/, "is not host:port such as blackbox:9115");
const windowsSchema = z
  .strictObject({ after: duration.optional(), retention: duration.optional() })
  .prefault({});

/** What of Prometheus's `--enable-feature` concerns how samples are taken. */
const TELEMETRY_FEATURES = ["created-timestamp-zero-ingestion"] as const;
const FEATURE_NAMES = Object.keys(FEATURES) as Feature[];

const re2 = z.string().superRefine((source, context) => {
  try {
    RE2JS.compile(source);
  } catch (error) {
    context.addIssue({ code: "custom", message: messageOf(error) });
  }
});

/** Whose claims and leases these are: it stands in PostgreSQL and in logs. */
const serverName = z.string().regex(/^[\w.:@-]{1,100}$/, "use letters, digits and . : @ _ -");

/** The form of seaworthy.yml: what may stand in it, section by section. */
export const fileSchema = z.strictObject({
  http: z
    .strictObject({
      host: z.string().min(1).optional(),
      port: z.number().int().min(0).max(65_535).optional(),
      external_url: z.url().optional(),
      allowed_hosts: z.array(z.string().min(1)).default([]),
      trusted_proxies: z.array(network).default([]),
    })
    .prefault({}),
  data: z.string().min(1).optional(),
  prometheus: z.string().min(1).default("prometheus.yml"),
  alertmanager: z.string().min(1).default("alertmanager.yml"),
  probes: z
    .strictObject({
      modules: z.string().min(1).optional(),
      addresses: z.array(hostAndPort).default([]),
      targets: z.array(z.string().min(1)).default([]),
    })
    .prefault({}),
  telemetry: z
    .strictObject({
      retention: duration.optional(),
      max_memory: size.optional(),
      recent_memory: size.optional(),
      out_of_order_window: duration.optional(),
      disk_budget: size.optional(),
      features: z.array(z.enum(TELEMETRY_FEATURES)).default([]),
      downsampling: z
        .strictObject({
          enabled: z.boolean().default(true),
          "5m": windowsSchema,
          "1h": windowsSchema,
        })
        .prefault({}),
    })
    .prefault({}),
  statsd: z
    .strictObject({
      listen: hostAndPort.refine((at) => /:\d+$/.test(at), "needs a port: 127.0.0.1:8125"),
      flush_interval: duration.optional(),
      expire_after: duration.optional(),
      max_series: z.number().int().positive().max(100_000).optional(),
      histograms: z.enum(["classic", "native"]).default("classic"),
    })
    .optional(),
  syslog: syslogSchema,
  tail: tailSchema,
  logs: z
    .strictObject({
      retention: duration.optional(),
      disk_budget: size.optional(),
      rule_files: z.array(z.string().min(1)).default([]),
      masking: z
        .strictObject({
          without: z.array(z.enum(MASK_RULES)).default([]),
          patterns: z.record(z.string().regex(/^[\w-]{1,40}$/), re2).default({}),
        })
        .prefault({}),
    })
    .prefault({}),
  server_name: serverName.optional(),
  clickhouse: clickhouseSchema,
  traces: z
    .strictObject({ retention: duration.optional(), disk_budget: size.optional() })
    .prefault({}),
  postgres: z
    .strictObject({
      url: z.string().optional(),
      max_connections: z.number().int().min(2).max(500).optional(),
    })
    .prefault({}),
  limits: z
    .strictObject({
      query_timeout: duration.optional(),
      query_samples: z.number().int().positive().optional(),
      push_body: size.optional(),
      push_decompressed: size.optional(),
      push_memory: size.optional(),
      // More than this could not wait for the store all at once.
      push_samples: z.number().int().positive().max(500_000).optional(),
      push_labels: z.number().int().positive().optional(),
      push_label_value: size.optional(),
      push_delta_series: z.number().int().positive().optional(),
      series: z.number().int().positive().optional(),
      log_lines_per_second: z.number().int().positive().optional(),
      log_bytes_per_second: size.optional(),
      spans_per_second: z.number().int().positive().optional(),
      lease: duration.optional(),
    })
    .prefault({}),
  promql: z.strictObject({ features: z.array(z.enum(FEATURE_NAMES)).default([]) }).prefault({}),
  incidents: z
    .strictObject({
      severities: z.record(z.string(), z.enum(["P1", "P2", "P3"])).optional(),
      reopen_within: duration.optional(),
      respond_within: z
        .strictObject({ P1: duration, P2: duration, P3: duration })
        .partial()
        .prefault({}),
      join_labels: z.array(z.string().min(1)).max(10).default([]),
      pictures: z
        .strictObject({
          size: size.optional(),
          per_incident: z.number().int().min(0).max(10_000).optional(),
          total: size.optional(),
        })
        .prefault({}),
    })
    .prefault({}),
  notifications: z
    .strictObject({
      allow_private_redirects: z.boolean().default(false),
      slack_threads: z.boolean().default(false),
      fallback: z
        .strictObject({ receiver: z.string().min(1), after: duration.optional() })
        .optional(),
      flapping: z
        .strictObject({
          firings: z.number().int().min(2).max(1000).optional(),
          within: duration.optional(),
          quiet: duration.optional(),
        })
        .nullable()
        .optional()
        // `flapping:` alone switches it on.
        .transform((section) => (section === null ? {} : section)),
      heartbeat: z
        .strictObject({ url: z.url({ protocol: /^https?$/ }), interval: duration.optional() })
        .optional(),
      digest: digestSchema.optional(),
    })
    .prefault({}),
  paging: pagingSchema,
  runbooks: runbooksSchema,
  status_page: z
    .strictObject({
      hosts: z
        .array(
          z
            .string()
            .regex(/^[a-z\d](?:[a-z\d.-]*[a-z\d])?$/, "is not a host name in small letters"),
        )
        .max(20)
        .default([]),
      url: z.url({ protocol: /^https?$/ }).optional(),
    })
    .prefault({}),
  chat: chatSchema,
  post_mortems: postMortemsSchema,
  webhooks: webhooksSchema,
  rules: z
    .strictObject({
      saved_in: z.string().min(1).optional(),
      settings: z.record(z.string().regex(SETTING_NAME), z.number().nonnegative()).default({}),
    })
    .prefault({}),
  demo: z
    .strictObject({
      enabled: z.boolean().default(true),
      port: z.number().int().min(1).max(65_535).optional(),
    })
    .optional(),
});
