import type { Logger } from "pino";
import type {
  Announce,
  Clock,
  SampleSink,
  TargetsView,
  TargetView,
  Timer,
} from "../../model/index.ts";
import type { SelfMetrics } from "../../self/index.ts";
import { createAdmission } from "../admit.ts";
import type { Prober } from "../probes/prober.ts";
import { createDiscovery } from "./discovery/create.ts";
import type { DiscoveryEnvironment } from "./discovery/create.ts";
import { FIRST_LOOK } from "./discovery/discovery.ts";
import type { Discovery } from "./discovery/discovery.ts";
import { FailureLog } from "./failure-log.ts";
import { acceptHeader } from "./format/negotiation.ts";
import { DEFAULT_EXPOSITION_LIMITS } from "./format/parser.ts";
import type { ExpositionLimits } from "./format/parser.ts";
import { createHttpClient } from "./http-client.ts";
import type { HttpClient } from "./http-client.ts";
import type { HttpClientConfig } from "./http-client-config.ts";
import type { PrometheusConfig, ScrapeConfig, TargetGroup } from "./job.ts";
import type { Fetch, LoopDeps, ScrapeLoop } from "./loop.ts";
import { findTargets, Pool } from "./pool.ts";
import type { Asking, FoundTargets } from "./pool.ts";

/**
 * A target inside this process: its exposition is asked for by a call, not over the network. It is a
 * job of its own unless the configuration has one of that name, which then wins.
 */
interface InternalTarget {
  readonly job: string;
  /** Its `instance` label, `host:port`. */
  readonly instance: string;
  read(): Promise<string>;
}

export interface ScraperOptions {
  readonly samples: SampleSink;
  readonly clock: Clock;
  readonly log: Logger;
  readonly announce: Announce;
  readonly metrics: SelfMetrics;
  /** Spreads scrapes over the interval; the same after a restart, different on other servers. */
  readonly seed: string;
  readonly userAgent?: string;
  readonly internal?: readonly InternalTarget[];
  /** Who answers the scrapes that are probes by this server. */
  readonly prober?: Prober;
  /** The most bytes of one body; a job's body_size_limit may only ask for less. */
  readonly maxBodyBytes?: number;
  /** The most bytes of all bodies that are being received at once. */
  readonly maxBytesInFlight?: number;
  readonly expositionLimits?: ExpositionLimits;
  /** `host:port` of the DNS servers for dns_sd_configs; the system's unless given. */
  readonly dnsServers?: readonly string[];
}

export interface Scraper {
  start(): void;
  /**
   * Takes a configuration into use; targets that it leaves as they were go on without a pause. Cannot
   * fail; resolves when targets that went have been marked as ended.
   */
  apply(config: PrometheusConfig): Promise<void>;
  /** Ends all scrapes, waiting for writes under way. Marks nothing as ended: the targets are not. */
  stop(): Promise<void>;
  targets(): TargetsView;
}

/** What expositions of this process itself are. */
const EXPOSITION = "text/plain; version=0.0.4";
const DEFAULT_MAX_BODY_BYTES = 64 * 1024 * 1024;
const DEFAULT_MAX_BYTES_IN_FLIGHT = 256 * 1024 * 1024;
/** Health changes within this time are announced, and counted, once. */
const ANNOUNCE_AFTER = 100;

/** Makes the scraper: the loops of all targets of `prometheus.yml`'s jobs. */
export function createScraper(options: ScraperOptions): Scraper {
  const { clock, metrics } = options;
  const admission = createAdmission(options.maxBytesInFlight ?? DEFAULT_MAX_BYTES_IN_FLIGHT);
  const pools = new Map<string, Pool>();
  const discoveries = new Map<string, readonly Discovery[]>();
  let started = false;
  let stopped = false;
  let pendingAnnouncement: Timer | undefined;
  let applying: Promise<void> = Promise.resolve();

  const changed = () => {
    pendingAnnouncement ??= clock.after(ANNOUNCE_AFTER, () => {
      pendingAnnouncement = undefined;
      for (const [job, pool] of pools) countTargets(job, pool, metrics);
      options.announce({ topic: "targets" });
    });
  };
  const deps: LoopDeps = {
    samples: options.samples,
    clock,
    log: options.log,
    metrics,
    healthChanged: changed,
    seed: options.seed,
    limits: options.expositionLimits ?? DEFAULT_EXPOSITION_LIMITS,
    maxBodyBytes: options.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES,
    failures: new FailureLog(options.log),
  };
  const newClient = (http: HttpClientConfig) =>
    createHttpClient({ http, admission, clock, userAgent: options.userAgent ?? "Seaworthy" });
  const environment: DiscoveryEnvironment = {
    clock,
    log: options.log,
    metrics,
    client: newClient,
    dnsServers: options.dnsServers,
    maxBodyBytes: deps.maxBodyBytes,
  };

  /** Takes a job into use, its pool new or known. */
  const take = async (
    job: ScrapeConfig,
    asking: Asking,
    groups: readonly TargetGroup[],
  ): Promise<void> => {
    const found = findTargets(job, groups);
    tellFaults(job, found);
    const known = pools.get(job.jobName);
    if (known !== undefined) return await known.reconfigure(job, asking, found);
    const pool = new Pool(job, asking, deps);
    pools.set(job.jobName, pool);
    await pool.update(found);
    if (started) pool.start();
  };

  const tellFaults = (job: ScrapeConfig, found: FoundTargets): void => {
    for (const reason of found.faults) {
      options.log.error({ job: job.jobName, reason }, "an address makes no target");
    }
  };

  const applyJob = async (job: ScrapeConfig): Promise<void> => {
    const { jobName } = job;
    const old = discoveries.get(jobName) ?? [];
    const found = job.discoveries.map((config) => createDiscovery(config, environment, old));
    for (const discovery of old) discovery.stop();
    discoveries.set(jobName, found);
    await firstLooks(found, clock);
    const client = newClient(job.http);
    const known = found.map(({ groups }) => groups);
    const fetch = fetchWith(client, job, options.prober);
    await take(job, { fetch, client }, groupsOf(job, found));
    const news = () => void inTurn(() => rediscover(job));
    for (const discovery of found) discovery.start(news);
    // What came while the targets were taken into use.
    if (found.some(({ groups }, i) => groups !== known[i])) news();
  };

  /** Takes what a job's discoveries know now, unless another configuration has come meanwhile. */
  const rediscover = async (job: ScrapeConfig): Promise<void> => {
    const pool = pools.get(job.jobName);
    if (stopped || pool?.job !== job) return;
    const found = findTargets(job, groupsOf(job, discoveries.get(job.jobName) ?? []));
    tellFaults(job, found);
    await pool.update(found);
    changed();
  };

  const applyInternal = async (internal: InternalTarget, config: PrometheusConfig) => {
    const group = { targets: [internal.instance], labels: {} };
    const fetch: Fetch = async (_target, _limits, signal) => ({
      body: Buffer.from(await Promise.race([internal.read(), rejectOnAbort(signal)])),
      contentType: EXPOSITION,
    });
    await take(internalJob(internal.job, config), { fetch, client: undefined }, [group]);
  };

  const applyNow = async (config: PrometheusConfig): Promise<void> => {
    if (stopped) return;
    const names = new Set(config.jobs.map((job) => job.jobName));
    const internal = (options.internal ?? []).filter(({ job }) => !names.has(job));
    for (const { job } of internal) names.add(job);
    const gone = [...pools].filter(([name]) => !names.has(name));
    for (const [name] of gone) {
      pools.delete(name);
      for (const discovery of discoveries.get(name) ?? []) discovery.stop();
      discoveries.delete(name);
      metrics.targets(name, 0, 0);
    }
    await Promise.all([
      ...gone.map(([, pool]) => pool.remove()),
      ...config.jobs.map(applyJob),
      ...internal.map((target) => applyInternal(target, config)),
    ]);
    changed();
  };

  /** Changes to the set of targets happen one after the other. */
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const done = applying.then(work);
    applying = done.catch((error: unknown) => {
      options.log.error({ err: error }, "targets could not be changed");
    });
    return done;
  };

  return {
    start() {
      if (started) return;
      started = true;
      for (const pool of pools.values()) pool.start();
    },
    apply: (config) => inTurn(() => applyNow(config)),
    async stop() {
      stopped = true;
      pendingAnnouncement?.cancel();
      for (const discovery of [...discoveries.values()].flat()) discovery.stop();
      await applying;
      await Promise.all([...pools.values()].map((pool) => pool.stop()));
      await deps.failures.written();
    },
    targets() {
      const all = [...pools];
      return {
        active: all.flatMap(([job, pool]) => pool.loops().map((loop) => viewOf(job, loop))),
        dropped: all.flatMap(([job, pool]) =>
          pool.dropped.map((discoveredLabels) => ({ job, discoveredLabels })),
        ),
        droppedCounts: Object.fromEntries(all.map(([job, pool]) => [job, pool.droppedCount])),
      };
    },
  };
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

function groupsOf(job: ScrapeConfig, found: readonly Discovery[]): readonly TargetGroup[] {
  return [...job.staticGroups, ...found.flatMap(({ groups }) => groups)];
}

/**
 * Looks where that is quick or nothing is known yet, and waits for it, but not for long: a server
 * that does not answer must not keep the rest of the configuration waiting.
 */
async function firstLooks(found: readonly Discovery[], clock: Clock): Promise<void> {
  const looks = found.map(async (discovery) => {
    const looked = discovery.refresh();
    if (discovery.source.isLocal || discovery.groups.length === 0) await looked;
  });
  let timer: Timer | undefined;
  const enough = new Promise<void>((resolve) => {
    timer = clock.after(FIRST_LOOK, resolve);
  });
  await Promise.race([Promise.all(looks), enough]);
  timer?.cancel();
}

function fetchWith(client: HttpClient, job: ScrapeConfig, prober: Prober | undefined): Fetch {
  const accept = acceptHeader(job.protocols, job.escaping);
  return async ({ url }, { bodyBytes, timeout }, signal) => {
    if (prober?.owns(url) === true) {
      const text = await prober.probe(new URL(url).searchParams, timeout, signal);
      return { body: Buffer.from(text), contentType: EXPOSITION };
    }
    const headers = {
      accept,
      "x-prometheus-scrape-timeout-seconds": String(timeout / 1000),
    };
    const request = { url, headers, compression: job.compression, maxBytes: bodyBytes };
    return await client.get(request, signal);
  };
}

function countTargets(job: string, pool: Pool, metrics: SelfMetrics): void {
  const loops = pool.loops();
  const up = loops.filter((loop) => loop.state.health === "up").length;
  const down = loops.filter((loop) => loop.state.health === "down").length;
  metrics.targets(job, up, down);
}

function viewOf(job: string, { target, state }: ScrapeLoop): TargetView {
  return {
    job,
    url: target.url,
    labels: target.labels,
    discoveredLabels: target.discoveredLabels,
    health: state.health,
    lastError: state.lastError,
    lastScrape: state.lastScrape,
    lastScrapeDuration: state.lastScrape === undefined ? undefined : state.lastDuration * 1000,
    interval: target.interval,
    timeout: target.timeout,
  };
}

function internalJob(jobName: string, config: PrometheusConfig): ScrapeConfig {
  return {
    jobName,
    honorLabels: false,
    honorTimestamps: false,
    trackTimestampsStaleness: false,
    scrapeInterval: config.scrapeInterval,
    scrapeTimeout: config.scrapeTimeout,
    metricsPath: "/metrics",
    scheme: "http",
    params: {},
    compression: false,
    protocols: [],
    fallbackProtocol: undefined,
    nativeHistograms: false,
    maxSchema: 8,
    classicHistograms: false,
    customBuckets: false,
    extraMetrics: false,
    failureLog: undefined,
    startTimestamps: false,
    limits: {
      bodyBytes: 0,
      samples: 0,
      targets: 0,
      labels: 0,
      labelNameLength: 0,
      labelValueLength: 0,
      nativeBuckets: 0,
      droppedTargets: 0,
    },
    names: "utf8",
    escaping: "allow-utf-8",
    http: { tls: { insecureSkipVerify: false }, followRedirects: false, headers: [] },
    staticGroups: [],
    discoveries: [],
    relabelRules: [],
    metricRelabelRules: [],
  };
}
