import { access, constants } from "node:fs/promises";
import { dirname, isAbsolute, resolve } from "node:path";
import { z } from "zod";
import { ConfigError, maskSecrets, messageOf, readConfigFile } from "../../model/index.ts";
import type { ConfigDocument, Fault } from "../../model/index.ts";
import { otlpSettings } from "../otlp/config.ts";
import { schemaOfFactor } from "./bucket-limit.ts";
import { withoutNulls } from "./config-fields.ts";
import { prometheusFile } from "./config-schema.ts";
import type { PrometheusFile, ScrapeSection } from "./config-schema.ts";
import { discoveryConfigs, discoveryFaults } from "./discovery/config.ts";
import type { FileDiscoveryConfig } from "./discovery/config.ts";
import { discoveryFiles, readTargetFile } from "./discovery/file.ts";
import { DEFAULT_PROTOCOLS, NATIVE_PROTOCOLS } from "./format/negotiation.ts";
import { filesOf, httpClientConfig, httpClientFaults } from "./http-client-config.ts";
import type { AlertmanagerConfig, PrometheusConfig, ScrapeConfig } from "./job.ts";
import { inLegacyScheme } from "./relabel-config.ts";
import { addressFault, makeTarget, TargetFault } from "./target.ts";

const MINUTE = 60_000;
const DEFAULT_TIMEOUT = 10_000;
/** A `*` may stand in the last part of a path only. */
const RULE_PATTERN = /^[^*]*(\*[^/]*)?$/;

type Path = readonly (string | number)[];
type Report = (path: Path, reason: string) => void;

/**
 * Reads and checks `prometheus.yml`. Whatever `promtool check config` refuses is refused, and so is
 * every field that would have no effect here, except those in `notes`. Throws ConfigError with
 * every fault that was found.
 */
export async function loadPrometheusConfig(
  file: string,
  features: Features = { startTimestamps: false },
): Promise<PrometheusConfig> {
  const schema = z.preprocess(withoutNulls, prometheusFile);
  const document = await readConfigFile(file, schema, { exactText: true });
  const faults: Fault[] = [];
  const report: Report = (path, reason) => faults.push(document.fault(path, reason));
  const directory = dirname(resolve(file));
  const config = build(document, directory, features, report);
  await checkFiles(config, report);
  if (faults.length > 0) throw new ConfigError(faults);
  return config;
}

function build(
  document: ConfigDocument<PrometheusFile>,
  directory: string,
  features: Features,
  report: Report,
): PrometheusConfig {
  const { value, file } = document;
  const global = value.global ?? {};
  const scrapeInterval = global.scrape_interval || MINUTE;
  const scrapeTimeout = global.scrape_timeout || Math.min(DEFAULT_TIMEOUT, scrapeInterval);
  if (scrapeTimeout > scrapeInterval) {
    report(["global", "scrape_timeout"], "the scrape timeout is longer than the scrape interval");
  }
  const absolute = (path: string) => (isAbsolute(path) ? path : resolve(directory, path));
  value.rule_files?.forEach((pattern, i) => {
    if (RULE_PATTERN.test(pattern)) return;
    report(["rule_files", i], "a * may only stand in the last part of the path");
  });
  const defaults = { scrapeInterval, scrapeTimeout, global, features };
  const jobs = (value.scrape_configs ?? []).flatMap((section, i) => {
    const path = ["scrape_configs", i];
    if (section !== null) return [job(section, path, defaults, absolute, report)];
    report(path, "an empty scrape config; give it a job_name or remove it");
    return [];
  });
  checkJobNames(jobs, report);
  checkAlerting(value, report);
  return {
    file,
    scrapeInterval,
    scrapeTimeout,
    evaluationInterval: global.evaluation_interval || MINUTE,
    ruleQueryOffset: global.rule_query_offset ?? 0,
    externalLabels: global.external_labels ?? {},
    otlp: otlpSettings(value.otlp),
    shown: maskSecrets(document.text),
    ruleFiles: (value.rule_files ?? []).map(absolute),
    jobs,
    alertmanagers: (value.alerting?.alertmanagers ?? []).flatMap((section) =>
      section === null ? [] : [alertmanagers(section, absolute)],
    ),
    notes: notesOn(document),
  };
}

/** What of Prometheus's `--enable-feature` is switched on. */
interface Features {
  /** `created-timestamp-zero-ingestion` */
  readonly startTimestamps: boolean;
}

interface Defaults {
  readonly features: Features;
  readonly scrapeInterval: number;
  readonly scrapeTimeout: number;
  readonly global: NonNullable<PrometheusFile["global"]>;
}

function job(
  section: ScrapeSection,
  path: Path,
  defaults: Defaults,
  absolute: (path: string) => string,
  report: Report,
): ScrapeConfig {
  const { global } = defaults;
  const jobName = section.job_name ?? "";
  if (jobName === "") report(path, "job_name is missing or empty");
  const scrapeInterval = section.scrape_interval || defaults.scrapeInterval;
  const scrapeTimeout = section.scrape_timeout || Math.min(defaults.scrapeTimeout, scrapeInterval);
  if (scrapeTimeout > scrapeInterval) {
    const where = section.scrape_timeout === undefined ? "scrape_interval" : "scrape_timeout";
    report([...path, where], "the scrape timeout is longer than the scrape interval");
  }
  httpClientFaults(section, (at, reason) => report([...path, ...at], reason));
  checkTargetGroups(section, path, report);
  const failureLog = section.scrape_failure_log_file || global.scrape_failure_log_file || undefined;
  const config: ScrapeConfig = {
    jobName,
    honorLabels: section.honor_labels ?? false,
    honorTimestamps: section.honor_timestamps ?? true,
    trackTimestampsStaleness: section.track_timestamps_staleness ?? false,
    scrapeInterval,
    scrapeTimeout,
    metricsPath: section.metrics_path ?? "/metrics",
    scheme: section.scheme ?? "http",
    params: section.params ?? {},
    compression: section.enable_compression ?? true,
    ...formats(section, defaults),
    extraMetrics: section.extra_scrape_metrics ?? global.extra_scrape_metrics ?? false,
    failureLog: failureLog === undefined ? undefined : absolute(failureLog),
    limits: {
      bodyBytes: section.body_size_limit || global.body_size_limit || 0,
      samples: section.sample_limit || global.sample_limit || 0,
      targets: section.target_limit || global.target_limit || 0,
      labels: section.label_limit || global.label_limit || 0,
      labelNameLength: section.label_name_length_limit || global.label_name_length_limit || 0,
      labelValueLength: section.label_value_length_limit || global.label_value_length_limit || 0,
      nativeBuckets: section.native_histogram_bucket_limit ?? 0,
      droppedTargets: section.keep_dropped_targets || global.keep_dropped_targets || 0,
    },
    ...naming(section, path, global, report),
    http: httpClientConfig(section, absolute),
    staticGroups: (section.static_configs ?? []).flatMap((group) =>
      group === null ? [] : [{ targets: group.targets ?? [], labels: group.labels ?? {} }],
    ),
    discoveries: discoveryConfigs(section, absolute),
  };
  checkTargets(config, path, report);
  return config;
}

/** What a job asks for, and what it takes of histograms. */
function formats(section: ScrapeSection, { global, features }: Defaults) {
  const nativeHistograms =
    section.scrape_native_histograms ?? global.scrape_native_histograms ?? false;
  return {
    protocols:
      section.scrape_protocols ??
      global.scrape_protocols ??
      // Only protobuf tells start times at little cost.
      (nativeHistograms || features.startTimestamps ? NATIVE_PROTOCOLS : DEFAULT_PROTOCOLS),
    fallbackProtocol: section.fallback_scrape_protocol,
    nativeHistograms,
    startTimestamps: features.startTimestamps,
    maxSchema: schemaOfFactor(section.native_histogram_min_bucket_factor ?? 0),
    customBuckets:
      section.convert_classic_histograms_to_nhcb ??
      global.convert_classic_histograms_to_nhcb ??
      false,
    classicHistograms:
      section.always_scrape_classic_histograms ?? global.always_scrape_classic_histograms ?? false,
  };
}

/** The names that a job takes, and its relabelling, which makes names. */
function naming(
  section: ScrapeSection,
  path: Path,
  global: Defaults["global"],
  report: Report,
): Pick<ScrapeConfig, "names" | "escaping" | "relabelRules" | "metricRelabelRules"> {
  const names =
    section.metric_name_validation_scheme || global.metric_name_validation_scheme || "utf8";
  const escaping =
    section.metric_name_escaping_scheme ||
    global.metric_name_escaping_scheme ||
    (names === "legacy" ? "underscores" : "allow-utf-8");
  if (names === "legacy" && escaping === "allow-utf-8") {
    report(
      [...path, "metric_name_escaping_scheme"],
      "allow-utf-8 contradicts the metric_name_validation_scheme legacy; use underscores, dots or values",
    );
  }
  const rules = (field: "relabel_configs" | "metric_relabel_configs") => {
    const given = section[field] ?? [];
    if (names === "utf8") return given;
    return inLegacyScheme(given, (i, at, reason) => report([...path, field, i, at], reason));
  };
  return {
    names,
    escaping,
    relabelRules: rules("relabel_configs"),
    metricRelabelRules: rules("metric_relabel_configs"),
  };
}

/** Makes every static target once, so that one that cannot be scraped is refused with its place. */
function checkTargets(config: ScrapeConfig, path: Path, report: Report): void {
  if (config.scrapeTimeout > config.scrapeInterval) return;
  config.staticGroups.forEach((group, g) => {
    group.targets.forEach((address, t) => {
      try {
        makeTarget(config, address, group.labels);
      } catch (error) {
        if (!(error instanceof TargetFault)) throw error;
        report([...path, "static_configs", g, "targets", t], error.message);
      }
    });
  });
}

function checkTargetGroups(
  section: Pick<ScrapeSection, "static_configs" | `${"file" | "http" | "dns"}_sd_configs`>,
  path: Path,
  report: Report,
): void {
  section.static_configs?.forEach((group, g) => {
    if (group !== null) return;
    report([...path, "static_configs", g], "an empty target group; give it targets or remove it");
  });
  discoveryFaults(section, (at, reason) => report([...path, ...at], reason));
}

function checkJobNames(jobs: readonly ScrapeConfig[], report: Report): void {
  const seen = new Set<string>();
  jobs.forEach(({ jobName }, i) => {
    if (jobName !== "" && seen.has(jobName)) {
      const reason = `another scrape config has the job name ${JSON.stringify(jobName)} already`;
      report(["scrape_configs", i, "job_name"], reason);
    }
    seen.add(jobName);
  });
}

function checkAlerting(value: PrometheusFile, report: Report): void {
  value.alerting?.alertmanagers?.forEach((section, i) => {
    const path = ["alerting", "alertmanagers", i];
    if (section === null) {
      report(path, "an empty alertmanager section; fill it or remove it");
      return;
    }
    httpClientFaults(section, (at, reason) => report([...path, ...at], reason));
    checkTargetGroups(section, path, report);
    section.static_configs?.forEach((group, g) => {
      group?.targets?.forEach((address, t) => {
        const reason = addressFault(address);
        if (reason !== undefined) report([...path, "static_configs", g, "targets", t], reason);
      });
    });
  });
}

type AlertmanagerSection = NonNullable<
  NonNullable<NonNullable<PrometheusFile["alerting"]>["alertmanagers"]>[number]
>;

/** Prometheus's own defaults. */
function alertmanagers(
  section: AlertmanagerSection,
  absolute: (file: string) => string,
): AlertmanagerConfig {
  const prefix = (section.path_prefix ?? "").replace(/\/+$/, "").replace(/^(?=[^/])/, "/");
  const targets = (section.static_configs ?? []).flatMap((group) => group?.targets ?? []);
  return {
    urls: targets.map((target) => `${section.scheme ?? "http"}://${target}${prefix}/api/v2/alerts`),
    timeout: section.timeout || 10_000,
    http: httpClientConfig(section, absolute),
  };
}

/** Fields of an Alertmanager's section that are taken; what else finds or changes something has no effect. */
const ALERTMANAGER_IGNORED = /^(relabel_configs|alert_relabel_configs|.*_sd_configs)$/;

function notesOn(document: ConfigDocument<PrometheusFile>): Fault[] {
  const { alerting } = document.value;
  const note = (path: (string | number)[]) =>
    document.fault(path, "has no effect: Alertmanagers are told as static_configs name them");
  const sections = (alerting?.alertmanagers ?? []).flatMap((section, i) =>
    Object.keys(section ?? {})
      .filter((field) => ALERTMANAGER_IGNORED.test(field))
      .map((field) => note(["alerting", "alertmanagers", i, field])),
  );
  const relabelled = alerting?.alert_relabel_configs !== undefined;
  return [...(relabelled ? [note(["alerting", "alert_relabel_configs"])] : []), ...sections];
}

/** What a job reads must be there and be in order, as `promtool check config` asks too. */
async function checkFiles(config: PrometheusConfig, report: Report): Promise<void> {
  for (const [i, job] of config.jobs.entries()) {
    for (const { field, file } of filesOf(job.http)) {
      try {
        await access(file, constants.R_OK);
      } catch (error) {
        report(["scrape_configs", i, field], `a file cannot be read: ${messageOf(error)}`);
      }
    }
    const files = job.discoveries.filter((discovery) => discovery.kind === "file");
    for (const [d, discovery] of files.entries()) {
      const faults = await targetFileFaults(discovery);
      for (const fault of faults) report(["scrape_configs", i, "file_sd_configs", d], fault);
    }
  }
}

/** A file of targets that is not there may still come; one that is must be in order. */
async function targetFileFaults(discovery: FileDiscoveryConfig): Promise<string[]> {
  const faults: string[] = [];
  for (const file of await discoveryFiles(discovery)) {
    try {
      await access(file);
    } catch {
      continue;
    }
    try {
      await readTargetFile(file);
    } catch (error) {
      faults.push(messageOf(error));
    }
  }
  return faults;
}
