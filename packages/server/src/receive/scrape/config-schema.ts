import { z } from "zod";
import {
  byteSize,
  count,
  duration,
  factor,
  flag,
  labelMap,
  text,
  unsupported,
  unsupportedFields,
} from "./config-fields.ts";
import { otlpSection } from "../otlp/config.ts";
import { discoveryFields } from "./discovery/config.ts";
import { targetGroup } from "./discovery/target-file.ts";
import { PROTOCOLS } from "./format/negotiation.ts";
import type { Protocol } from "./format/negotiation.ts";
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

const protocol = text.pipe(
  z.enum(Object.keys(PROTOCOLS) as Protocol[], {
    error: `unknown protocol; one of ${Object.keys(PROTOCOLS).join(", ")}`,
  }),
);
const protocols = z
  .array(protocol)
  .min(1, "the list of protocols is empty; leave it out or name one")
  .refine((names) => new Set(names).size === names.length, "names a protocol twice");

const LATER = "remove it for now";
const histogramFields = {
  scrape_native_histograms: flag.optional(),
  always_scrape_classic_histograms: flag.optional(),
  convert_classic_histograms_to_nhcb: flag.optional(),
};
const reportFields = {
  scrape_failure_log_file: text.optional(),
  extra_scrape_metrics: flag.optional(),
};
const bucketFields = {
  native_histogram_bucket_limit: count.optional(),
  native_histogram_min_bucket_factor: factor.optional(),
};
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
  fallback_scrape_protocol: protocol.optional(),
  ...limitFields,
  ...httpClientFields,
  static_configs: z.array(targetGroup.nullable()).optional(),
  relabel_configs: relabelRules.optional(),
  metric_relabel_configs: relabelRules.optional(),
  ...discoveryFields,
  ...histogramFields,
  ...bucketFields,
  ...namingFields,
  ...reportFields,
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
      rule_query_offset: duration.optional(),
      external_labels: labelMap.optional(),
      scrape_protocols: protocols.optional(),
      ...limitFields,
      ...histogramFields,
      ...namingFields,
      ...reportFields,
      ...unsupportedFields(["query_log_file"], LATER),
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
  otlp: otlpSection.optional(),
  runtime: unsupported("it tunes Go's runtime"),
});

export type PrometheusFile = z.infer<typeof prometheusFile>;
export type ScrapeSection = z.infer<typeof scrapeConfig>;
