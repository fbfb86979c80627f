import { once } from "node:events";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { hostname } from "node:os";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { z } from "zod";
import type { Feature } from "@seaworthy/promql";
import { readClickhouse } from "./clickhouse-config.ts";
import { readDigest } from "./digest-config.ts";
import type { DigestPolicy } from "./route/index.ts";
import { fileSchema } from "./config-schema.ts";
import { readChat } from "./chat-config.ts";
import { ConfigError, readConfigFile } from "./model/index.ts";
import type { Severity } from "./model/index.ts";
import { defaultPushLimits } from "./receive/index.ts";
import type {
  PushLimits,
  Rates,
  StatsdSettings,
  SyslogSettings,
  TailSettings,
} from "./receive/index.ts";
import { readPaging } from "./paging-config.ts";
import { DEFAULT_PICTURE_LIMITS } from "./respond/index.ts";
import type { ChatConfig, PagingConfig, PictureLimits, PostMortemPolicy } from "./respond/index.ts";
import { readPostMortems } from "./post-mortems-config.ts";
import { readWebhooks } from "./webhooks-config.ts";
import type { WebhookSecrets } from "./show/index.ts";
import { readRunbooks } from "./runbooks-config.ts";
import type { RunbooksConfig } from "./runbooks-config.ts";
import type { ServerAddress } from "./store/index.ts";
import { readSyslog } from "./syslog-config.ts";
import { readTail } from "./tail-config.ts";

const DAY = 86_400_000;
const MiB = 1024 * 1024;

/**
 * Every default and every limit of the platform, in one place. Sizes are bytes, times milliseconds.
 * What a person may set in seaworthy.yml says so with its key.
 */
export const DEFAULTS = {
  /** `http.host`: loopback, because the first start has no certificate. */
  host: "127.0.0.1",
  /** `http.port` */
  port: 4000,
  /** `data`: relative to the folder that the command is run in. */
  data: "data",
  /** `telemetry.retention` */
  retention: 30 * DAY,
  /** `telemetry.downsampling`: the ages from which on coarser windows serve, and how long each is kept. */
  downsampling: {
    fiveMinutes: { after: 7 * DAY, retention: 90 * DAY },
    hour: { after: 30 * DAY, retention: 365 * DAY },
  },
  /** `logs.retention` */
  logRetention: 30 * DAY,
  /** `traces.retention` */
  traceRetention: 30 * DAY,
  /** `telemetry.max_memory`: what the embedded engine may take for queries and merges. */
  telemetryMemory: 1024 * MiB,
  /** `telemetry.recent_memory`: the newest samples, compressed. */
  recentMemory: 96 * MiB,
  /** `limits.series`: series that may be active at a time. */
  activeSeries: 1_000_000,
  /** `postgres.max_connections`: the pool of one server process. */
  postgresConnections: 10,
  /** `clickhouse.max_connections`: SELECTs of one server process that run at once. */
  clickhouseConnections: 8,
  /** `limits.lease`: how long nobody evaluates what a killed server among several did; and the least. */
  lease: 9000,
  shortestLease: 1000,
  /** `limits.query_timeout` */
  queryTimeout: 2 * 60_000,
  /** `limits.query_samples`: samples that one query may hold in memory; Prometheus's own default. */
  querySamples: 50_000_000,
  /** `limits.push_…`: of requests that push metrics; what each means stands in receive/. */
  push: defaultPushLimits,
  /** `incidents.reopen_within`: an alert that fires again this soon belongs to the same incident. */
  reopenWithin: 5 * 60_000,
  /** `incidents.respond_within`: until when somebody has to have answered. */
  respondWithin: { P1: 15 * 60_000, P2: 60 * 60_000, P3: 4 * 60 * 60_000 },
  /** `incidents.severities`: what a `severity` label is worth; what is not named opens no incident. */
  severities: { critical: "P1", page: "P1", error: "P2", warning: "P3" } as Record<
    string,
    Severity
  >,
  /** `incidents.pictures.…`: what each means stands in respond/. */
  pictures: DEFAULT_PICTURE_LIMITS,
  /** `post_mortems.due_after`: how long after an incident's end its post-mortem is due. */
  postMortemDue: 48 * 60 * 60_000,
  /** `notifications.fallback.after`: how long a receiver may be unreachable before another is told. */
  fallbackAfter: 5 * 60_000,
  /** `notifications.flapping.…`: used where that section is there; without it nothing flaps. */
  flapping: { firings: 4, within: 60 * 60_000, quiet: 30 * 60_000 },
  /** `notifications.heartbeat.interval`, and the least it may be. */
  heartbeat: 60_000,
  shortestHeartbeat: 10_000,
  /** `statsd.…`: how often sums are stored, and when a silent series ends. */
  statsdFlush: 10_000,
  statsdExpire: 5 * 60_000,
  statsdSeries: 10_000,
  /** `demo.port` */
  demoPort: 4100,
  /** How long a clean stop may take before it is cut short. */
  stopTimeout: 4500,
} as const;

/** Everything that the app is told from outside. */
export interface Config {
  /** The seaworthy.yml that this came from. */
  readonly file: string;
  readonly http: {
    readonly host: string;
    readonly port: number;
    /** Where people reach this installation, without a slash at the end; links begin with it. */
    readonly externalURL: string;
    readonly allowedHosts: readonly string[];
    /** Networks of proxies, which say who asked them and for what. */
    readonly trustedProxies: readonly string[];
  };
  readonly data: string;
  readonly prometheusFile: string;
  readonly alertmanagerFile: string;
  readonly probes: {
    /** The `blackbox.yml` with the modules; the shipped one unless another is named. */
    readonly modulesFile: string;
    /** `host:port` of everything that means this server in a scrape job of `/probe`. */
    readonly addresses: readonly string[];
    /** What others may have probed, besides the targets of the scrape jobs. */
    readonly targets: readonly string[];
  };
  readonly telemetry: {
    readonly retentionDays: number;
    readonly logRetentionDays: number;
    readonly traceRetentionDays: number;
    readonly memoryBytes: number;
    readonly recentBytes: number;
    readonly outOfOrderMs: number;
    readonly diskBudgetBytes: number | undefined;
    readonly logDiskBudgetBytes: number | undefined;
    readonly traceDiskBudgetBytes: number | undefined;
    readonly maxSeries: number;
    /** Whether series begin with a zero at the time since when they count. */
    readonly startZeros: boolean;
    readonly downsampling: boolean;
    readonly fiveMinutesAfterDays: number;
    readonly fiveMinutesDays: number;
    readonly hourAfterDays: number;
    readonly hourDays: number;
  };
  /** Where and how StatsD is listened to, when it is wanted. */
  readonly statsd: StatsdSettings | undefined;
  /** Where syslog is listened to. */
  readonly syslog: readonly SyslogSettings[];
  /** Logs of this machine that are followed. */
  readonly tail: TailSettings;
  /** What is masked in log lines and spans, beyond and except the rules that are built in. */
  readonly logMasking: {
    readonly without: readonly string[];
    readonly patterns: Readonly<Record<string, string>>;
  };
  readonly postgres: { readonly url: string | undefined; readonly maxConnections: number };
  /** The ClickHouse server for the telemetry; undefined: the embedded engine. */
  readonly clickhouse: ServerAddress | undefined;
  /** What this server is called among those that share its PostgreSQL; the same after a restart. */
  readonly serverName: string;
  /** What it does alone among them is its for so long at a time, ms; undefined: there are no others. */
  readonly leaseMs: number | undefined;
  /** All that is switched on, by the names of Prometheus's `--enable-feature`. */
  readonly features: readonly string[];
  /** Experimental parts of PromQL that are switched on. */
  readonly promqlFeatures: readonly Feature[];
  /** Of one question about metrics. */
  readonly limits: { readonly timeoutMs: number; readonly maxSamples: number };
  /** Of requests that push metrics. */
  readonly pushLimits: PushLimits;
  /** How fast all senders together may push log lines and spans. */
  readonly rates: Rates;
  readonly incidents: {
    readonly severities: Readonly<Record<string, Severity>>;
    readonly reopenWithin: number;
    readonly respondWithin: Readonly<Record<Severity, number>>;
    readonly joinLabels: readonly string[];
    readonly pictures: PictureLimits;
  };
  readonly notifications: {
    /** Whether a receiver may redirect to an address inside a private network. */
    readonly allowPrivateRedirects: boolean;
    /** Whether later messages of a group answer its first one in Slack. */
    readonly slackThreads: boolean;
    /** Who is told when a receiver could not be for `after` milliseconds. */
    readonly fallback: { readonly receiver: string; readonly after: number } | undefined;
    /** When an alert that comes and goes is told of once: milliseconds. */
    readonly flapping:
      | { readonly firings: number; readonly within: number; readonly quiet: number }
      | undefined;
    /** Who is told outside, every `interval` milliseconds, that alerts flow. */
    readonly heartbeat: { readonly url: string; readonly interval: number } | undefined;
    /** Who is told once a week what alerts have cost: on an ISO weekday, at a local time. */
    readonly digest: DigestPolicy | undefined;
  };
  /** By what people are paged. */
  readonly paging: PagingConfig;
  readonly runbooks: RunbooksConfig;
  /** Reads again what takes effect on a reload. Throws ConfigError for a file with any fault. */
  readonly reread: () => Promise<Pick<Config, "chat" | "runbooks">>;
  readonly statusPage: {
    /** Host names at whose root the status page is, and nothing else. */
    readonly hosts: readonly string[];
    /** Where visitors find it, without a slash at the end. */
    readonly url: string;
  };
  /** Where incidents are told and talked about. */
  readonly chat: ChatConfig;
  readonly postMortems: PostMortemPolicy;
  /** By what other systems sign what they send. */
  readonly webhooks: WebhookSecrets;
  /** The patterns of rule files over logs, from the folder of `file`. */
  readonly logRuleFiles: readonly string[];
  /** The rule file that people write from the interface, where one is named. */
  readonly savedRulesFile: string | undefined;
  /** Numbers that rules have as settings, by name. */
  readonly ruleSettings: Readonly<Record<string, number>>;
  /** The demo shop's port and what else is in its environment, when it is wanted. */
  readonly demo: { readonly port: number; readonly environment: NodeJS.ProcessEnv } | undefined;
  readonly token: string | undefined;
  readonly logLevel: string;
}

/** What the command line says; it wins over the file. */
export interface CommandLine {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly data?: string | undefined;
  readonly config?: string | undefined;
  readonly demo: boolean;
}

const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];

/** The defaults that are shipped: beside the code in the package that is published. */
const content = ["content", "../../../content"]
  .map((path) => fileURLToPath(new URL(path, import.meta.url)))
  .find((path) => existsSync(path));

/** The user interface as it was built. */
export const webFolder = join(
  dirname(createRequire(import.meta.url).resolve("@seaworthy/web/package.json")),
  "dist",
);

/** The demo shop, which stands in the repository only. */
const shop = fileURLToPath(new URL("../../../examples/shop", import.meta.url));

/** The demo shop's program. */
export const demoProgram = join(shop, "dist", "main.js");

/** A file of the defaults. */
export function shipped(name: string): string {
  if (content === undefined) throw new Error("the package of the server has no content/");
  return join(content, name);
}

/**
 * The configuration file to use: the one that is named, else `seaworthy.yml` in the working folder or
 * in its folder `seaworthy/`, as `seaworthy init` writes it, else the demo's, else the shipped default.
 */
function findFile(command: CommandLine): string {
  if (command.config !== undefined) return resolve(command.config);
  const demo = join(shop, "seaworthy", "seaworthy.yml");
  const candidates = [
    resolve("seaworthy.yml"),
    resolve("seaworthy", "seaworthy.yml"),
    ...(command.demo ? [demo] : []),
  ];
  return candidates.find((file) => existsSync(file)) ?? shipped("seaworthy.yml");
}

/**
 * Reads the configuration: command line over environment over file over defaults. Throws ConfigError
 * with file, line and reason.
 */
export async function loadConfig(
  command: CommandLine,
  environment: NodeJS.ProcessEnv,
): Promise<Config> {
  const file = findFile(command);
  const { value } = await readConfigFile(file, fileSchema);
  const beside = (path: string) => (isAbsolute(path) ? path : join(dirname(file), path));
  const reloaded = (read: z.output<typeof fileSchema>) => ({
    chat: readChat(read.chat, beside),
    runbooks: readRunbooks(read.runbooks, shipped("runbooks"), beside, environment),
  });
  const { demo } = value;
  const postgresUrl = environment["SEAWORTHY_POSTGRES_URL"] ?? value.postgres.url;
  const { fallback, flapping, heartbeat, digest } = value.notifications;
  const host = command.host ?? value.http.host ?? DEFAULTS.host;
  const port = (command.port ?? value.http.port ?? DEFAULTS.port) || (await freePort(host));
  const externalURL = (value.http.external_url ?? addressOf(host, port)).replace(/\/+$/, "");
  return {
    file,
    http: {
      host,
      port,
      externalURL,
      allowedHosts: value.http.allowed_hosts,
      trustedProxies: value.http.trusted_proxies,
    },
    data: resolve(command.data ?? (value.data === undefined ? DEFAULTS.data : beside(value.data))),
    prometheusFile: beside(value.prometheus),
    alertmanagerFile: beside(value.alertmanager),
    probes: {
      modulesFile:
        value.probes.modules === undefined ? shipped("blackbox.yml") : beside(value.probes.modules),
      addresses: [...ownAddresses(host, port), ...value.probes.addresses],
      targets: value.probes.targets,
    },
    telemetry: {
      retentionDays: wholeDays(value.telemetry.retention ?? DEFAULTS.retention),
      logRetentionDays: wholeDays(value.logs.retention ?? DEFAULTS.logRetention),
      traceRetentionDays: wholeDays(value.traces.retention ?? DEFAULTS.traceRetention),
      memoryBytes: value.telemetry.max_memory ?? DEFAULTS.telemetryMemory,
      recentBytes: value.telemetry.recent_memory ?? DEFAULTS.recentMemory,
      outOfOrderMs:
        value.telemetry.out_of_order_window ?? value.telemetry.retention ?? DEFAULTS.retention,
      diskBudgetBytes: value.telemetry.disk_budget,
      logDiskBudgetBytes: value.logs.disk_budget,
      traceDiskBudgetBytes: value.traces.disk_budget,
      maxSeries: value.limits.series ?? DEFAULTS.activeSeries,
      startZeros: value.telemetry.features.includes("created-timestamp-zero-ingestion"),
      ...downsamplingOf(value.telemetry.downsampling),
    },
    statsd: value.statsd && statsdSettings(value.statsd),
    syslog: readSyslog(file, value.syslog, beside),
    tail: readTail(value.tail, beside),
    logMasking: value.logs.masking,
    paging: readPaging(value.paging, beside),
    postMortems: readPostMortems(value.post_mortems, DEFAULTS.postMortemDue, beside),
    ...reloaded(value),
    reread: async () => reloaded((await readConfigFile(file, fileSchema)).value),
    statusPage: {
      hosts: value.status_page.hosts,
      url: statusPageUrl(value.status_page, externalURL),
    },
    webhooks: readWebhooks(value.webhooks, beside),
    savedRulesFile: value.rules.saved_in === undefined ? undefined : beside(value.rules.saved_in),
    logRuleFiles: value.logs.rule_files,
    postgres: {
      url: postgresUrl,
      maxConnections: value.postgres.max_connections ?? DEFAULTS.postgresConnections,
    },
    clickhouse: await readClickhouse(file, value.clickhouse, environment, {
      maxConnections: DEFAULTS.clickhouseConnections,
      beside,
    }),
    serverName: value.server_name ?? (postgresUrl === undefined ? "main" : `${hostname()}:${port}`),
    leaseMs:
      postgresUrl === undefined
        ? undefined
        : Math.max(value.limits.lease ?? DEFAULTS.lease, DEFAULTS.shortestLease),
    features: [...value.telemetry.features, ...value.promql.features],
    promqlFeatures: value.promql.features,
    limits: {
      timeoutMs: value.limits.query_timeout ?? DEFAULTS.queryTimeout,
      maxSamples: value.limits.query_samples ?? DEFAULTS.querySamples,
    },
    pushLimits: {
      ...DEFAULTS.push,
      bodyBytes: value.limits.push_body ?? DEFAULTS.push.bodyBytes,
      decompressedBytes: value.limits.push_decompressed ?? DEFAULTS.push.decompressedBytes,
      heldBytes: value.limits.push_memory ?? DEFAULTS.push.heldBytes,
      samples: value.limits.push_samples ?? DEFAULTS.push.samples,
      labels: value.limits.push_labels ?? DEFAULTS.push.labels,
      labelValueBytes: value.limits.push_label_value ?? DEFAULTS.push.labelValueBytes,
      // Label sets that are remembered follow what may be active.
      knownSeries: value.limits.series ?? DEFAULTS.activeSeries,
      deltaSeries: value.limits.push_delta_series ?? DEFAULTS.push.deltaSeries,
    },
    rates: {
      logLinesPerSecond: value.limits.log_lines_per_second ?? null,
      logBytesPerSecond: value.limits.log_bytes_per_second ?? null,
      spansPerSecond: value.limits.spans_per_second ?? null,
    },
    incidents: {
      severities: value.incidents.severities ?? DEFAULTS.severities,
      reopenWithin: value.incidents.reopen_within ?? DEFAULTS.reopenWithin,
      respondWithin: {
        P1: value.incidents.respond_within.P1 ?? DEFAULTS.respondWithin.P1,
        P2: value.incidents.respond_within.P2 ?? DEFAULTS.respondWithin.P2,
        P3: value.incidents.respond_within.P3 ?? DEFAULTS.respondWithin.P3,
      },
      joinLabels: value.incidents.join_labels,
      pictures: {
        size: value.incidents.pictures.size ?? DEFAULTS.pictures.size,
        perIncident: value.incidents.pictures.per_incident ?? DEFAULTS.pictures.perIncident,
        total: value.incidents.pictures.total ?? DEFAULTS.pictures.total,
      },
    },
    notifications: {
      allowPrivateRedirects: value.notifications.allow_private_redirects,
      slackThreads: value.notifications.slack_threads,
      fallback: fallback && { ...fallback, after: fallback.after ?? DEFAULTS.fallbackAfter },
      flapping: flapping && {
        firings: flapping.firings ?? DEFAULTS.flapping.firings,
        within: flapping.within ?? DEFAULTS.flapping.within,
        quiet: flapping.quiet ?? DEFAULTS.flapping.quiet,
      },
      heartbeat: heartbeat && {
        ...heartbeat,
        interval: Math.max(heartbeat.interval ?? DEFAULTS.heartbeat, DEFAULTS.shortestHeartbeat),
      },
      digest: digest && readDigest(digest),
    },
    ruleSettings: value.rules.settings,
    demo:
      command.demo && demo?.enabled === true
        ? { port: demo.port ?? DEFAULTS.demoPort, environment }
        : undefined,
    token: tokenFrom(environment),
    logLevel: logLevelFrom(environment),
  };
}

function statsdSettings(given: NonNullable<z.infer<typeof fileSchema>["statsd"]>): StatsdSettings {
  const [, host = "", port] = /^(.*):(\d+)$/.exec(given.listen) ?? [];
  return {
    host: host.replaceAll(/^\[|\]$/g, ""),
    port: Number(port),
    flushInterval: Math.max(1000, given.flush_interval ?? DEFAULTS.statsdFlush),
    expireAfter: given.expire_after ?? DEFAULTS.statsdExpire,
    maxSeries: given.max_series ?? DEFAULTS.statsdSeries,
    histograms: given.histograms,
  };
}

/** Stores drop whole days. */
function downsamplingOf(given: z.infer<typeof fileSchema>["telemetry"]["downsampling"]) {
  const { fiveMinutes, hour } = DEFAULTS.downsampling;
  return {
    downsampling: given.enabled,
    fiveMinutesAfterDays: wholeDays(given["5m"].after ?? fiveMinutes.after),
    fiveMinutesDays: wholeDays(given["5m"].retention ?? fiveMinutes.retention),
    hourAfterDays: wholeDays(given["1h"].after ?? hour.after),
    hourDays: wholeDays(given["1h"].retention ?? hour.retention),
  };
}

function wholeDays(ms: number): number {
  return Math.max(1, Math.ceil(ms / DAY));
}

/** Named, or made of the page's own host name, or below where the rest is. */
function statusPageUrl(
  { hosts, url }: z.infer<typeof fileSchema>["status_page"],
  externalURL: string,
): string {
  if (url !== undefined) return url.replace(/\/+$/, "");
  const [host] = hosts;
  return host === undefined ? `${externalURL}/status` : `${new URL(externalURL).protocol}//${host}`;
}

/** A port that is free: links need it before anything listens. */
async function freePort(host: string): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** What a scrape job on this machine may call this server. */
function ownAddresses(host: string, port: number): string[] {
  const names =
    host === "localhost" || host === "0.0.0.0" || host === "::" ? ["127.0.0.1", "::1"] : [];
  const written = [host, "localhost", ...names].map((name) =>
    name.includes(":") ? `[${name}]` : name,
  );
  return written.map((name) => `${name}:${port}`);
}

function addressOf(host: string, port: number): string {
  const name = host === "0.0.0.0" || host === "::" ? hostname() : host;
  return `http://${name.includes(":") ? `[${name}]` : name}:${port}`;
}

function tokenFrom(environment: NodeJS.ProcessEnv): string | undefined {
  const token = environment["SEAWORTHY_TOKEN"];
  if (token === undefined || token === "") return undefined;
  if (token.length < 16)
    throw environmentFault(
      "SEAWORTHY_TOKEN",
      "has fewer than 16 characters; use a longer random one",
    );
  return token;
}

function logLevelFrom(environment: NodeJS.ProcessEnv): string {
  const level = environment["SEAWORTHY_LOG_LEVEL"] ?? "info";
  if (!LOG_LEVELS.includes(level)) {
    throw environmentFault(
      "SEAWORTHY_LOG_LEVEL",
      `is "${level}"; use one of ${LOG_LEVELS.join(", ")}`,
    );
  }
  return level;
}

function environmentFault(name: string, reason: string): ConfigError {
  return new ConfigError([{ file: "environment", line: 1, column: 1, path: name, reason }]);
}
