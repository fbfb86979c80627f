import type { Fault, Labels } from "../../model/index.ts";
import type { OtlpSettings } from "../otlp/settings.ts";
import type { DiscoveryConfig } from "./discovery/config.ts";
import type { Protocol } from "./format/negotiation.ts";
import type { HttpClientConfig } from "./http-client-config.ts";
import type { NameScheme } from "./names.ts";
import type { RelabelRule } from "./relabel-config.ts";

/** Targets that share labels: one entry of `static_configs`. */
export interface TargetGroup {
  readonly targets: readonly string[];
  readonly labels: Labels;
}

/** What one scrape may bring. 0 means "no limit of the configuration's". */
interface ScrapeLimits {
  readonly bodyBytes: number;
  readonly samples: number;
  readonly targets: number;
  readonly labels: number;
  readonly labelNameLength: number;
  readonly labelValueLength: number;
  readonly nativeBuckets: number;
  /** How many of the targets that relabelling drops are shown. */
  readonly droppedTargets: number;
}

/** One job with every default filled in. Durations are milliseconds. */
export interface ScrapeConfig {
  readonly jobName: string;
  readonly honorLabels: boolean;
  readonly honorTimestamps: boolean;
  readonly trackTimestampsStaleness: boolean;
  readonly scrapeInterval: number;
  readonly scrapeTimeout: number;
  readonly metricsPath: string;
  readonly scheme: string;
  readonly params: Readonly<Record<string, readonly string[]>>;
  readonly compression: boolean;
  /** What is asked for, the most wanted first. */
  readonly protocols: readonly Protocol[];
  /** How to read an answer that does not say what it is. */
  readonly fallbackProtocol: Protocol | undefined;
  readonly nativeHistograms: boolean;
  /** Finer native histograms are made this coarse. */
  readonly maxSchema: number;
  /** Whether the classic buckets of native histograms are stored, too. */
  readonly classicHistograms: boolean;
  /** Whether classic histograms become native ones with custom buckets. */
  readonly customBuckets: boolean;
  /** Whether the timeout, the sample limit and the size of the body are samples, too. */
  readonly extraMetrics: boolean;
  /** The file that failed scrapes are written to, absolute. */
  readonly failureLog: string | undefined;
  /** Whether it is taken when metrics began to count; `_created` lines are no samples then. */
  readonly startTimestamps: boolean;
  readonly limits: ScrapeLimits;
  /** Which names of metrics and labels are taken. */
  readonly names: NameScheme;
  /** How names are asked for that an older client could not read (the `escaping` of Accept). */
  readonly escaping: string;
  readonly http: HttpClientConfig;
  readonly staticGroups: readonly TargetGroup[];
  readonly discoveries: readonly DiscoveryConfig[];
  readonly relabelRules: readonly RelabelRule[];
  readonly metricRelabelRules: readonly RelabelRule[];
}

/** Alertmanagers that are asked in the same way: a section of `alerting.alertmanagers`. */
export interface AlertmanagerConfig {
  /** Where each takes alerts. */
  readonly urls: readonly string[];
  /** Milliseconds. */
  readonly timeout: number;
  readonly http: HttpClientConfig;
}

/** `prometheus.yml`, checked. Durations are milliseconds. */
export interface PrometheusConfig {
  readonly file: string;
  readonly scrapeInterval: number;
  readonly scrapeTimeout: number;
  readonly evaluationInterval: number;
  /** How far in the past rules are evaluated unless their group says otherwise. */
  readonly ruleQueryOffset: number;
  readonly externalLabels: Labels;
  /** How OTLP's metrics become series. */
  readonly otlp: OtlpSettings;
  /** The file's text with its secrets masked, as the API shows it. */
  readonly shown: string;
  /** The patterns of `rule_files`, absolute. */
  readonly ruleFiles: readonly string[];
  readonly jobs: readonly ScrapeConfig[];
  /** Who else is told of the rules' alerts. */
  readonly alertmanagers: readonly AlertmanagerConfig[];
  /** What the file says that has no effect here, each as `file:line:column: path: reason`. */
  readonly notes: readonly Fault[];
}
