import type { Registry } from "prom-client";
import type { DestinationStream, Logger } from "pino";
import type { Target } from "./export/telemetry.ts";
import type { Sampling } from "./traces/tracer.ts";
import type { Gate } from "./http/gate.ts";
import { Networks } from "./http/networks.ts";

const defaultSpoolBytes = 50_000_000;
/** Less would not hold a batch of each kind. */
const minSpoolBytes = 1_000_000;

export interface KitOptions {
  /** The service's name in logs. Default: OTEL_SERVICE_NAME, else the package's name. */
  readonly service?: string;
  /** Where it runs, in logs. Default: NODE_ENV, else "development". */
  readonly environment?: string;
  /** Shown by the health endpoints. Default: the package's version. */
  readonly version?: string;
  /**
   * The proxies in front of the service, as addresses, networks (`10.0.0.0/8`), `loopback` or
   * `private`. Only theirs is the `X-Forwarded-For` that is believed. Default: none.
   */
  readonly trustedProxies?: readonly string[];
  /**
   * Where traces, logs and errors are sent, or false for nowhere. Default: SEAWORTHY_URL with
   * SEAWORTHY_KEY from the environment; nowhere when these are not set.
   */
  readonly export?:
    | false
    | {
        /** Seaworthy's address: `https://seaworthy.example.com`. */
        readonly url?: string | undefined;
        /** An ingest key. */
        readonly key?: string | undefined;
        /** Whether log lines are sent too, not only written. Default: true. */
        readonly logs?: boolean;
        /** Whether spans are sent. Default: true. */
        readonly traces?: boolean;
        /**
         * A folder in which what is to be sent waits, so that it outlives the process. Each replica
         * needs one of its own. Default: none, it waits in memory.
         */
        readonly spool?: {
          readonly folder: string;
          /** Most bytes of the files together; the oldest make room. Default: 50,000,000. */
          readonly maxBytes?: number;
        };
      };
  readonly traces?: {
    /** Ordinary traces that are kept in a second; failed and slow ones come on top. Default: 10. */
    readonly perSecond?: number;
    /** From this duration on a trace is slow, in milliseconds. Default: 1000. */
    readonly slowMs?: number;
    /** Whether HTTP calls become spans and carry the trace to who is called. Default: true. */
    readonly fetch?: boolean;
    /** Whether queries of `pg` and commands of `ioredis` and `redis` become spans. Default: true. */
    readonly databases?: boolean;
  };
  readonly metrics?: {
    /** Path of the endpoint, or false for none. Default: "/metrics". */
    readonly path?: string | false;
    /** When given, callers must send it as `Authorization: Bearer`. An empty one shuts the door. */
    readonly token?: string | undefined;
    /** A prom-client registry to join. Default: one of its own. */
    readonly registry?: Registry;
    /** Whether to add prom-client's process metrics. Default: true. */
    readonly processMetrics?: boolean;
    /** Most route templates that become labels. Default: 500. */
    readonly maxPaths?: number;
    /** Most series of `http_requests_total`. Default: 4000. */
    readonly maxSeries?: number;
    /** Most series of one business metric. Default: 1000. */
    readonly maxBusinessSeries?: number;
  };
  readonly health?: {
    /** Path of the endpoints (`/live`, `/ready` and `/detailed` below it), or false. Default: "/health". */
    readonly path?: string | false;
    /**
     * Callers who send it as `Authorization: Bearer` see `/detailed` and `/components/:name`. An empty
     * one lets nobody in.
     */
    readonly token?: string | undefined;
    /**
     * Networks whose callers see details without a token. Default: none when there is a token, else
     * `loopback` without a proxy between.
     */
    readonly networks?: readonly string[];
    /** Whether `/live` and `/ready` answer too, where the application has no such routes. Default: true. */
    readonly aliases?: boolean;
  };
  readonly logs?: {
    /** pino's level, or "silent". Default: "info". */
    readonly level?: string;
    /** Whether each request is logged when it ends. Default: true. */
    readonly requests?: boolean;
    /** Where the lines go. Default: standard output. */
    readonly destination?: DestinationStream;
    /** A pino logger to join; `level` and `destination` are then its own affair. */
    readonly logger?: Logger;
  };
}

export interface Settings {
  readonly service: string;
  readonly environment: string;
  readonly version: string;
  /** Undefined when telemetry is not sent. */
  readonly target: Target | undefined;
  readonly exportLogs: boolean;
  readonly exportTraces: boolean;
  readonly sampling: Sampling;
  readonly traceFetch: boolean;
  readonly traceDatabases: boolean;
  readonly metricsPath: string | false;
  readonly metricsGate: Gate;
  readonly registry: Registry | undefined;
  readonly processMetrics: boolean;
  readonly maxPaths: number;
  readonly maxSeries: number;
  readonly maxBusinessSeries: number;
  readonly healthPath: string | false;
  readonly healthAliases: boolean;
  readonly detailsGate: Gate;
  readonly trustedProxies: Networks | undefined;
  readonly logs: NonNullable<KitOptions["logs"]>;
}

/** What is read of the options, by part: each once, so that an answer does not change meanwhile. */
export const optionNames = {
  options: [
    "service",
    "environment",
    "version",
    "trustedProxies",
    "export",
    "traces",
    "metrics",
    "health",
    "logs",
    // Of those of the adapters.
    "kit" as keyof KitOptions,
  ],
  export: ["url", "key", "logs", "traces", "spool"],
  spool: ["folder", "maxBytes"],
  traces: ["perSecond", "slowMs", "fetch", "databases"],
  metrics: [
    "path",
    "token",
    "registry",
    "processMetrics",
    "maxPaths",
    "maxSeries",
    "maxBusinessSeries",
  ],
  health: ["path", "token", "networks", "aliases"],
  logs: ["level", "requests", "destination", "logger"],
} as const;

const registryMethods = [
  "registerMetric",
  "getSingleMetric",
  "getMetricsAsArray",
  "metrics",
] as const;
const levels = ["trace", "debug", "info", "warn", "error", "fatal"] as const;
const loggerMethods = [...levels, "child", "isLevelEnabled"] as const;

/** What adapters take besides: of their own, and of Fastify's `register`. */
const adapterOptions: readonly string[] = [
  "kit",
  "prototypes",
  "routes",
  "prefix",
  "logLevel",
  "logSerializers",
];
/** Most unknown names that are said of one part. */
const maxUnknown = 5;

/** The named members of an object that has them, the names of those that throw, and others' names. */
function readOnce<Part extends object>(
  value: Part,
  names: readonly (string & keyof Part)[],
): { known: Part; unreadable: string[]; unknown: string[] } {
  const known: Partial<Part> = {};
  const unreadable: string[] = [];
  const unknown: string[] = [];
  try {
    for (const name of Object.keys(value))
      if (!(names as readonly string[]).includes(name) && unknown.length < maxUnknown)
        unknown.push(name);
  } catch {
    // Whoever cannot say what there is has nothing that is misspelt.
  }
  for (const name of names)
    try {
      if (name in value) known[name] = value[name];
    } catch {
      unreadable.push(name);
    }
  return { known: known as Part, unreadable, unknown };
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function hasMethods(value: unknown, names: readonly string[]): boolean {
  try {
    return (
      isObject(value) &&
      names.every((name) => typeof (value as Record<string, unknown>)[name] === "function")
    );
  } catch {
    return false;
  }
}

/** What pino, or the kit in its place, can write with. */
function usableLogs(
  given: NonNullable<KitOptions["logs"]>,
  problem: (message: string) => void,
): NonNullable<KitOptions["logs"]> {
  const { level, destination, logger, ...usable } = given;
  const known = level === "silent" || levels.some((each) => each === level);
  if (level !== undefined && !known)
    problem(`logs.level must be silent, ${levels.join(", ")}; using info`);
  const canWrite = destination === undefined || hasMethods(destination, ["write"]);
  if (!canWrite) problem("logs.destination has no write; using standard output");
  const isLogger = logger === undefined || hasMethods(logger, loggerMethods);
  if (!isLogger) problem("logs.logger is not a logger of pino; using one of the kit's own");
  return {
    ...usable,
    ...(level !== undefined && known ? { level } : {}),
    ...(destination !== undefined && canWrite ? { destination } : {}),
    ...(logger !== undefined && isLogger ? { logger } : {}),
  };
}

/**
 * Fills in defaults. A value that cannot be used is replaced by its default and told to `problem`:
 * a wrong option must not keep the application from starting.
 */
export function resolveOptions(
  options: KitOptions,
  problem: (message: string) => void,
  environment: NodeJS.ProcessEnv = process.env,
): Settings {
  const part = <Part extends object>(
    name: string,
    value: Part | undefined,
    parts: readonly (string & keyof Part)[],
  ): Part | undefined => {
    if (value === undefined) return undefined;
    const read = isObject(value) ? readOnce(value, parts) : undefined;
    for (const unreadable of read?.unreadable ?? [])
      problem(`${name}.${unreadable} cannot be read; using its default`);
    for (const unknown of read?.unknown ?? [])
      if (name !== "options" || !adapterOptions.includes(unknown))
        problem(
          `there is no option ${name === "options" ? "" : `${name}.`}${unknown.slice(0, 100)}; there are ${parts.join(", ")}`,
        );
    if (read === undefined) problem(`${name} must be an object; using its defaults`);
    return read?.known;
  };
  const given = part("options", options, optionNames.options) ?? {};
  if ("kit" in given && given.kit !== undefined)
    problem("kit must be made by createKit; made another one");
  const sending = given.export === false ? false : part("export", given.export, optionNames.export);
  const traces = part("traces", given.traces, optionNames.traces);
  const metrics = part("metrics", given.metrics, optionNames.metrics);
  const health = part("health", given.health, optionNames.health);
  const logs = part("logs", given.logs, optionNames.logs);
  const text = (name: string, value: unknown, otherwise: string): string => {
    if (value === undefined) return otherwise;
    if (typeof value === "string" && value !== "" && value.length <= 200) return value;
    problem(`${name} must be a string of 1 to 200 characters; using ${JSON.stringify(otherwise)}`);
    return otherwise;
  };
  const path = (name: string, value: unknown, otherwise: string): string | false => {
    if (value === undefined) return otherwise;
    if (value === false) return false;
    if (typeof value === "string" && /^\/[\w\-./]{0,199}$/.test(value))
      return value.length > 1 && value.endsWith("/") ? value.slice(0, -1) : value;
    problem(`${name} must be false or a path such as ${otherwise}; using ${otherwise}`);
    return otherwise;
  };
  const limit = (name: string, value: unknown, otherwise: number): number => {
    if (value === undefined) return otherwise;
    if (typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 100_000)
      return value;
    problem(`${name} must be a whole number from 1 to 100000; using ${otherwise}`);
    return otherwise;
  };
  const flag = (name: string, value: unknown, otherwise: boolean): boolean => {
    if (value === undefined || typeof value === "boolean") return value ?? otherwise;
    problem(`${name} must be true or false; using ${otherwise}`);
    return otherwise;
  };
  const tokenOf = (name: string, { token }: { readonly token?: unknown }): string | undefined => {
    if (typeof token === "string" && token !== "") return token;
    problem(`${name} is empty: the endpoint refuses callers with a token until it is set`);
    return undefined;
  };
  const networks = (name: string, value: readonly string[] | undefined): Networks | undefined => {
    if (value === undefined) return undefined;
    try {
      return new Networks(value);
    } catch (error) {
      problem(`${name}: ${error instanceof Error ? error.message : "unusable"}; using none`);
      return undefined;
    }
  };
  const target = (): Target | undefined => {
    if (sending === false) return undefined;
    const url = sending?.url ?? environment["SEAWORTHY_URL"];
    const key = sending?.key ?? environment["SEAWORTHY_KEY"];
    if (url === undefined || url === "") return undefined;
    const parsed = typeof url === "string" && URL.canParse(url) ? new URL(url) : undefined;
    if (parsed === undefined || !/^https?:$/.test(parsed.protocol))
      problem("export.url (or SEAWORTHY_URL) must be an http or https address; nothing is sent");
    else if (typeof key !== "string" || !/^[\x21-\x7e]{1,500}$/.test(key))
      problem("export.key (or SEAWORTHY_KEY) must be an ingest key; nothing is sent");
    else return { url: parsed, key, spool: spool() };
    return undefined;
  };
  const spool = (): Target["spool"] => {
    const wanted =
      sending === false ? undefined : part("export.spool", sending?.spool, optionNames.spool);
    if (wanted === undefined) return undefined;
    const { folder, maxBytes = defaultSpoolBytes } = wanted;
    if (typeof folder !== "string" || folder === "")
      problem("export.spool.folder must be a folder; what is to be sent waits in memory");
    else if (!Number.isInteger(maxBytes) || maxBytes < minSpoolBytes)
      problem(`export.spool.maxBytes must be ${minSpoolBytes} or more; nothing waits on disk`);
    else return { folder, maxBytes };
    return undefined;
  };
  const registry = (value: Registry | undefined): Registry | undefined => {
    if (value === undefined || hasMethods(value, registryMethods)) return value;
    problem("metrics.registry is not a registry of prom-client; using one of the kit's own");
    return undefined;
  };
  // Asked with `in`: `token: process.env.TOKEN` with TOKEN unset must not open the door.
  const metricsGate: Gate =
    metrics !== undefined && "token" in metrics
      ? { kind: "callers", token: tokenOf("metrics.token", metrics) }
      : { kind: "open" };
  const asksForToken = health !== undefined && "token" in health;
  const detailsGate: Gate = {
    kind: "callers",
    token: asksForToken ? tokenOf("health.token", health) : undefined,
    networks: networks("health.networks", health?.networks ?? (asksForToken ? [] : ["loopback"])),
  };
  return {
    service: text(
      "service",
      given.service,
      environment["OTEL_SERVICE_NAME"] || environment["npm_package_name"] || "app",
    ),
    environment: text("environment", given.environment, environment["NODE_ENV"] || "development"),
    version: text("version", given.version, environment["npm_package_version"] || "0.0.0"),
    target: target(),
    exportLogs: sending === false || flag("export.logs", sending?.logs, true),
    exportTraces: sending === false || flag("export.traces", sending?.traces, true),
    sampling: {
      perSecond: limit("traces.perSecond", traces?.perSecond, 10),
      slowMs: limit("traces.slowMs", traces?.slowMs, 1_000),
    },
    traceFetch: flag("traces.fetch", traces?.fetch, true),
    traceDatabases: flag("traces.databases", traces?.databases, true),
    metricsPath: path("metrics.path", metrics?.path, "/metrics"),
    metricsGate,
    registry: registry(metrics?.registry),
    processMetrics: flag("metrics.processMetrics", metrics?.processMetrics, true),
    maxPaths: limit("metrics.maxPaths", metrics?.maxPaths, 500),
    maxSeries: limit("metrics.maxSeries", metrics?.maxSeries, 4_000),
    maxBusinessSeries: limit("metrics.maxBusinessSeries", metrics?.maxBusinessSeries, 1_000),
    healthPath: path("health.path", health?.path, "/health"),
    healthAliases: flag("health.aliases", health?.aliases, true),
    detailsGate,
    trustedProxies: networks("trustedProxies", given.trustedProxies),
    logs: {
      ...usableLogs(logs ?? {}, problem),
      requests: flag("logs.requests", logs?.requests, true),
    },
  };
}
