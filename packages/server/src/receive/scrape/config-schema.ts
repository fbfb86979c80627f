import { z } from "zod";
import {
  byteSize,
  count,
  duration,
  flag,
  labelMap,
  text,
  unsupported,
  unsupportedFields,
} from "./config-fields.ts";
import { discoveryFields } from "./discovery/config.ts";
import { targetGroup } from "./discovery/target-file.ts";
import { httpClientFields } from "./http-client-config.ts";
import { relabelRules } from "./relabel-config.ts";

const limitFields = {
  body_size_limit: byteSize.optional(),
  sample_limit: count.optional(),
  target_limit: count.optional(),
  label_limit: count.optional(),
  label_name_length_limit: count.optional(),
  label_value_length_limit: count.optional(),
  keep_dropped_targets: count.optional(),
};

const TEXT_PROTOCOLS: readonly string[] = ["PrometheusText0.0.4", "PrometheusText1.0.0"];
const PROTOCOLS: readonly string[] = [
  ...TEXT_PROTOCOLS,
  "PrometheusProto",
  "OpenMetricsText0.0.1",
  "OpenMetricsText1.0.0",
];
const protocol = text.refine((name) => PROTOCOLS.includes(name), {
  error: `unknown protocol; one of ${PROTOCOLS.join(", ")}`,
});
const protocols = z
  .array(protocol)
  .refine((names) => names.some((n) => TEXT_PROTOCOLS.includes(n)), {
    error: "scrapes speak the text format so far: add PrometheusText0.0.4 to the list",
  });
const fallback = protocol.refine((name) => TEXT_PROTOCOLS.includes(name), {
  error: "scrapes speak the text format so far: use PrometheusText0.0.4",
});

const LATER = "remove it for now";
const histogramFields = unsupportedFields(
  [
    "scrape_classic_histograms",
    "always_scrape_classic_histograms",
    "convert_classic_histograms_to_nhcb",
    "scrape_native_histograms",
    "native_histogram_bucket_limit",
    "native_histogram_min_bucket_factor",
  ],
  "native histograms are not stored",
);
const namingFields = {
  metric_name_validation_scheme: z.enum(["", "utf8", "legacy"]).optional(),
  metric_name_escaping_scheme: z
    .enum(["", "allow-utf-8", "underscores", "dots", "values"])
    .optional(),
};

const scrapeConfig = z.strictObject({
  job_name: text.optional(),
  honor_labels: flag.optional(),
  honor_timestamps: flag.optional(),
  track_timestamps_staleness: flag.optional(),
  params: z.record(z.string(), z.array(text)).optional(),
  scrape_interval: duration.optional(),
  scrape_timeout: duration.optional(),
  metrics_path: text.optional(),
  scheme: text.optional(),
  enable_compression: flag.optional(),
  scrape_protocols: protocols.optional(),
  fallback_scrape_protocol: fallback.optional(),
  ...limitFields,
  ...httpClientFields,
  static_configs: z.array(targetGroup.nullable()).optional(),
  relabel_configs: relabelRules.optional(),
  metric_relabel_configs: relabelRules.optional(),
  ...discoveryFields,
  ...histogramFields,
  ...namingFields,
  ...unsupportedFields(["scrape_failure_log_file", "extra_scrape_metrics"], LATER),
});

const alertmanager = z.strictObject({
  scheme: text.optional(),
  path_prefix: text.optional(),
  timeout: duration.optional(),
  api_version: z.enum(["v1", "v2"]).optional(),
  static_configs: z.array(targetGroup.nullable()).optional(),
  relabel_configs: relabelRules.optional(),
  alert_relabel_configs: relabelRules.optional(),
  ...httpClientFields,
  ...discoveryFields,
  ...unsupportedFields(["sigv4"], LATER),
});

/** The whole of `prometheus.yml` (reference: "Configuration" in Prometheus's documentation). */
export const prometheusFile = z.strictObject({
  global: z
    .strictObject({
      scrape_interval: duration.optional(),
      scrape_timeout: duration.optional(),
      evaluation_interval: duration.optional(),
      external_labels: labelMap.optional(),
      scrape_protocols: protocols.optional(),
      ...limitFields,
      ...histogramFields,
      ...namingFields,
      ...unsupportedFields(
        ["query_log_file", "scrape_failure_log_file", "rule_query_offset", "extra_scrape_metrics"],
        LATER,
      ),
    })
    .optional(),
  rule_files: z.array(text).optional(),
  scrape_configs: z.array(scrapeConfig.nullable()).optional(),
  alerting: z
    .strictObject({
      alertmanagers: z.array(alertmanager.nullable()).optional(),
      alert_relabel_configs: relabelRules.optional(),
    })
    .optional(),
  scrape_config_files: unsupported("write the jobs into scrape_configs"),
  remote_write: unsupported(LATER),
  remote_read: unsupported(LATER),
  storage: unsupported("retention is set in seaworthy.yml"),
  tracing: unsupported(LATER),
  otlp: unsupported(LATER),
  runtime: unsupported("it tunes Go's runtime"),
});

export type PrometheusFile = z.infer<typeof prometheusFile>;
export type ScrapeSection = z.infer<typeof scrapeConfig>;
