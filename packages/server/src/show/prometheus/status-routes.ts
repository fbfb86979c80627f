import { hostname } from "node:os";
import type { FastifyInstance } from "fastify";
import { formatDuration } from "../../model/index.ts";
import type { Clock, TargetsView } from "../../model/index.ts";
import type { MetricsQuery } from "../../query/index.ts";
import { goneSignal } from "../gone.ts";
import { success } from "./json.ts";
import { RequestParameters } from "./parameters.ts";
import { json } from "./answer.ts";
import { seconds, timestamp } from "./rules-routes.ts";

/** What the server tells of itself. */
export interface ServerStatus {
  readonly version: string;
  /** ms since 1970. */
  readonly startedAt: number;
  readonly configLoadedAt: number;
  /** Whether the last reload was taken. */
  readonly reloadSucceeded: boolean;
  /** The loaded prometheus.yml, with secrets hidden. */
  readonly config: string;
  readonly retentionDays: number;
  /** Of one query. */
  readonly queryTimeoutMs: number;
  readonly queryMaxSamples: number;
  /** Experimental parts of PromQL that are switched on, by Prometheus's names. */
  readonly features: readonly string[];
}

/** The release of Prometheus whose API this is: clients choose features by it. */
const API_VERSION = "3.5.0";

/** Entries of each list of `/status/tsdb`. */
const DEFAULT_TSDB_LIMIT = 10;
const MAX_TSDB_LIMIT = 10_000;
/** Series of this time count as those of Prometheus's head. */
const HEAD_MS = 3 * 3_600_000;

/** `/targets`, `/alertmanagers` and `/status/*`. */
export function statusRoutes(
  app: FastifyInstance,
  deps: {
    readonly metrics: MetricsQuery;
    readonly targets: () => TargetsView;
    readonly status: () => ServerStatus;
    readonly clock: Clock;
  },
): void {
  const config = { access: "read" } as const;

  app.get("/targets", { config }, async (request, reply) => {
    const parameters = new RequestParameters(request);
    const pool = parameters.get("scrapePool");
    const state = parameters.get("state").toLowerCase();
    const inPool = ({ job }: { readonly job: string }) => pool === "" || job === pool;
    const targets = deps.targets();
    const active = targets.active.filter(inPool);
    const dropped = targets.dropped.filter(inPool);
    const counts = Object.fromEntries(
      Object.entries(targets.droppedCounts).filter(([job]) => inPool({ job })),
    );
    const data = {
      activeTargets: state === "dropped" ? [] : active.map((target) => targetJson(target)),
      droppedTargets:
        state === "active"
          ? []
          : dropped.map(({ job, discoveredLabels }) => ({ discoveredLabels, scrapePool: job })),
      droppedTargetCounts: counts,
    };
    return json(reply, success(data));
  });

  // Alerts go to the router in this process; there is no other Alertmanager to name.
  app.get("/alertmanagers", { config }, async (_request, reply) =>
    json(reply, success({ activeAlertmanagers: [], droppedAlertmanagers: [] })),
  );

  app.get("/status/buildinfo", { config }, async (_request, reply) => {
    const { version } = deps.status();
    const data = {
      version: API_VERSION,
      revision: `seaworthy-${version}`,
      branch: "seaworthy",
      buildUser: "",
      buildDate: "",
      goVersion: "",
    };
    return json(reply, success(data));
  });

  app.get("/status/runtimeinfo", { config }, async (_request, reply) => {
    const status = deps.status();
    const data = {
      startTime: timestamp(status.startedAt),
      CWD: process.cwd(),
      hostname: hostname(),
      serverTime: timestamp(deps.clock.now()),
      reloadConfigSuccess: status.reloadSucceeded,
      lastConfigTime: timestamp(status.configLoadedAt),
      corruptionCount: 0,
      goroutineCount: 0,
      GOMAXPROCS: 0,
      GOMEMLIMIT: 0,
      GOGC: "",
      GODEBUG: "",
      storageRetention: `${status.retentionDays}d`,
    };
    return json(reply, success(data));
  });

  app.get("/status/flags", { config }, async (_request, reply) => {
    const status = deps.status();
    const data = {
      "enable-feature": status.features.join(","),
      "query.lookback-delta": "5m",
      "query.max-samples": String(status.queryMaxSamples),
      "query.timeout": formatDuration(status.queryTimeoutMs),
      "storage.tsdb.retention.time": `${status.retentionDays}d`,
      "web.enable-admin-api": "true",
      "web.enable-lifecycle": "true",
    };
    return json(reply, success(data));
  });

  // The store has read its journal before it is open.
  app.get("/status/walreplay", { config }, async (_request, reply) =>
    json(reply, success({ min: 0, max: 0, current: 0, state: "done" })),
  );

  app.get("/status/tsdb", { config }, async (request, reply) => {
    const parameters = new RequestParameters(request);
    const limit = Math.min(parameters.limit() ?? DEFAULT_TSDB_LIMIT, MAX_TSDB_LIMIT);
    const now = deps.clock.now();
    const found = await deps.metrics.cardinality(
      { startMs: now - HEAD_MS, endMs: now, limit },
      { signal: goneSignal(reply) },
    );
    const data = {
      headStats: {
        numSeries: found.series,
        numLabelPairs: found.labelPairs,
        chunkCount: 0,
        minTime: found.oldest ?? 0,
        maxTime: found.newest ?? 0,
      },
      seriesCountByMetricName: found.seriesByMetric.map(({ name, value }) => ({ name, value })),
      labelValueCountByLabelName: found.valuesByLabel,
      memoryInBytesByLabelName: found.bytesByLabel,
      seriesCountByLabelValuePair: found.seriesByPair,
    };
    return json(reply, success(data));
  });

  app.get("/status/config", { config }, async (_request, reply) =>
    json(reply, success({ yaml: deps.status().config })),
  );
}

function targetJson(target: TargetsView["active"][number]): object {
  return {
    discoveredLabels: target.discoveredLabels,
    labels: target.labels,
    scrapePool: target.job,
    scrapeUrl: target.url,
    globalUrl: target.url,
    lastError: target.lastError,
    lastScrape: timestamp(target.lastScrape),
    lastScrapeDuration: seconds(target.lastScrapeDuration),
    health: target.health,
    scrapeInterval: formatDuration(target.interval),
    scrapeTimeout: formatDuration(target.timeout),
  };
}
