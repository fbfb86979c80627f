import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { createEngine, featuresOn } from "@seaworthy/promql";
import type { Logger } from "pino";
import { createAccess } from "./access/index.ts";
import { Closers } from "./closers.ts";
import { webFolder } from "./config.ts";
import type { Config } from "./config.ts";
import { loadConfiguration, ruleDefaults } from "./configuration.ts";
import type { Configuration } from "./configuration.ts";
import { furnishDemo, startDemo } from "./demo.ts";
import { errorLogs } from "./error-logs.ts";
import { createRules, createSavedRules, logRuleQueries, promqlRules } from "./evaluate/index.ts";
import { impactBy } from "./measured-impact.ts";
import { messageOf, systemClock } from "./model/index.ts";
import type { Announce, ChangeDraft, Clock } from "./model/index.ts";
import {
  createLogsQuery,
  createLogTail,
  createMetricsQuery,
  createTracesQuery,
} from "./query/index.ts";
import {
  createAlertForwarder,
  createLogReceiver,
  createProber,
  createPushReceivers,
  createScraper,
  createTraceReceiver,
  RateLimits,
  SpanMetrics,
  startLogTailer,
  startStatsd,
  startSyslog,
} from "./receive/index.ts";
import { createRespond, readStatusSnapshot } from "./respond/index.ts";
import { createRouter } from "./route/index.ts";
import { createSelf, watchWrites } from "./self/index.ts";
import {
  acknowledgeRoutes,
  alertmanagerRoutes,
  apiRoutes,
  controlRoutes,
  createHttp,
  createLive,
  createStatusFront,
  createVisits,
  logPushRoutes,
  lokiRoutes,
  probeRoutes,
  prometheusRoutes,
  informedRoutes,
  publicPostMortemRoutes,
  pushRoutes,
  statusRoutes,
  slackRoutes,
  tracePushRoutes,
  tracesRoutes,
  webhookRoutes,
} from "./show/index.ts";
import type { WaitingRoom } from "./show/index.ts";
import { runbookQueries } from "./runbook-queries.ts";
import { apiSources } from "./sources.ts";
import { keepOpening, showWhileStarting } from "./starting.ts";
import { claimDataFolder, openRecords, openTelemetry } from "./store/index.ts";
import { statusProbes } from "./status-probes.ts";
import { VERSION } from "./version.ts";

/** What stands on the timelines of open incidents when it was. */
const CONFIGURATION_READ: ChangeDraft = {
  kind: "config",
  title: "Seaworthy's configuration was read again",
  service: null,
  environment: null,
  version: null,
  url: null,
  at: null,
  key: null,
};

/** The running platform. */
export interface App {
  readonly log: Logger;
  /** Where people reach it, and the link for the first sign-in while nobody has a password. */
  readonly url: string;
  readonly signInLink: string | undefined;
  /** Reads the standard files again; throws ConfigError, having changed nothing, when one is broken. */
  reload(): Promise<void>;
  /** Ends everything in order, what is under way included. */
  stop(): Promise<void>;
}

/**
 * Brings the platform up: every room, connected. Throws, having closed what was open, when something
 * cannot be had: ConfigError for files, StoreError for folders and engines. Tests bring a clock that they
 * can put forward.
 */
export async function startApp(config: Config, clock: Clock = systemClock): Promise<App> {
  const closers = new Closers();
  try {
    return await start(config, closers, clock);
  } catch (error) {
    await closers.close();
    throw error;
  }
}

async function start(config: Config, closers: Closers, clock: Clock): Promise<App> {
  const startedAt = clock.now();
  const self = createSelf({ version: VERSION, level: config.logLevel, stream: process.stderr });
  closers.add("self", self);
  const { log, metrics: counts } = self;

  // Files first: a mistake in one is told before anything is touched.
  const experimental = featuresOn(config.promqlFeatures);
  const promql = createEngine({ experimental });
  const language = promqlRules((query) => promql.parse(query));
  const load = () => loadConfiguration(config, language);
  let files = await load();

  // The shop opens while the stores do.
  const demoKey = randomBytes(24).toString("base64url");
  const demo =
    config.demo === undefined
      ? undefined
      : startDemo(config.demo, log, { ...config.http, key: demoKey });
  if (demo !== undefined) closers.add("demo", demo);
  const folder = await closers.opening("data folder", claimDataFolder(config.data));
  const snapshotFile = join(folder.path, "status-page.json");
  const statusFront = createStatusFront({
    ...config.statusPage,
    otherHosts: [
      "localhost",
      config.http.host,
      new URL(config.http.externalURL).hostname,
      new URL(config.statusPage.url).hostname,
      ...config.http.allowedHosts,
    ],
    hasMail: config.paging.email !== undefined,
    visits: createVisits({ clock, key: () => respond.statusPage.visitKey() }),
    onError: (reason) => log.error({ reason }, "the status page cannot be drawn"),
  });
  const shownLast = await readStatusSnapshot(snapshotFile);
  let waitingRoom: WaitingRoom | undefined;
  if (shownLast !== undefined) {
    statusFront.publish(shownLast);
    if (config.http.port !== 0) {
      waitingRoom = await showWhileStarting({ ...config.http, front: statusFront, log });
      closers.add("waiting room", waitingRoom);
    }
  }
  const patiently = <T>(what: string, open: () => Promise<T>): Promise<T> =>
    waitingRoom === undefined ? open() : keepOpening(what, open, { clock, log });
  const [records, telemetry] = await Promise.all([
    closers.opening(
      "records",
      patiently("PostgreSQL", () =>
        openRecords({ ...config.postgres, dir: `${folder.path}/postgres`, log }),
      ),
    ),
    closers.opening(
      "telemetry",
      patiently("ClickHouse", () =>
        openTelemetry({
          dir: `${folder.path}/clickhouse`,
          server: config.clickhouse,
          limits: config.telemetry,
          log,
          diskUsed: (signal, use) => counts.diskUsed(signal, use),
          downsampled: (state) => counts.downsampled(state),
          remembered: (use) => counts.remembered(use),
        }),
      ),
    ),
  ]);
  const writes = watchWrites(telemetry.samples, counts, clock);
  const { samples } = writes;

  const live = createLive({ clock });
  const { externalURL } = config.http;
  const announce: Announce = (news) => {
    live.announce(news);
    respond.hear(news);
  };
  const logs = createLogsQuery({ telemetry });
  const traces = createTracesQuery({ telemetry });
  const tail = createLogTail(telemetry.logs);
  const metrics = createMetricsQuery({ telemetry, limits: config.limits, experimental });
  const spanMetrics = new SpanMetrics({ samples, clock, log, metrics: counts });
  closers.add("span metrics", spanMetrics);
  const respond = createRespond({
    records,
    clock,
    log,
    announce,
    server: config.serverName,
    externalURL,
    config,
    snapshotFile,
    publish: (world) => statusFront.publish(world),
    probes: statusProbes(metrics),
    measure: impactBy(metrics),
    checkQuery: runbookQueries(promql),
    rules: () =>
      rules
        .groups()
        .flatMap(({ rules: all }) =>
          all.flatMap((rule) => (rule.type === "alerting" ? [rule] : [])),
        ),
    serviceCalls: (since, until) => sources.serviceCalls(since, until),
    errorLogs: errorLogs(logs),
  });
  const { incidents, controls, changes } = respond;
  const router = createRouter({
    records,
    server: config.serverName,
    incidents,
    clock,
    log,
    announce,
    externalURL,
    self: counts,
    ...config.notifications,
  });
  const forwarder = createAlertForwarder({ log });
  const rules = createRules({
    metrics,
    logs: logRuleQueries(logs),
    samples,
    alerts: {
      async accept(alerts) {
        await Promise.all([router.accept(alerts), forwarder.accept(alerts)]);
      },
    },
    records,
    clock,
    log,
    announce,
    self: counts,
    externalUrl: externalURL,
    sharing:
      config.leaseMs === undefined
        ? undefined
        : { server: config.serverName, leaseMs: config.leaseMs },
  });
  const prober = createProber({ clock, log, addresses: config.probes.addresses });
  const scraper = createScraper({
    samples,
    clock,
    log,
    announce,
    metrics: counts,
    seed: folder.path,
    prober,
    internal: [
      {
        job: "seaworthy",
        instance: `${config.http.host}:${config.http.port}`,
        read: async () => (await self.exposition()).body,
      },
    ],
  });
  const access = createAccess({
    records,
    clock,
    bootstrapToken: config.token,
    ...(demo === undefined ? {} : { demoKey }),
  });

  let reloadSucceeded = true;
  let configLoadedAt = startedAt;
  const apply = async (next: Configuration): Promise<void> => {
    router.apply(next.routes);
    forwarder.apply(next.prometheus.alertmanagers);
    prober.apply(next.probes);
    await rules.apply(next.rules.groups);
    await scraper.apply(next.prometheus);
    for (const note of next.notes) log.warn(note);
    files = next;
    configLoadedAt = clock.now();
    counts.configLoaded("ok", configLoadedAt);
  };
  const reload = async (): Promise<void> => {
    try {
      const [next, own] = await Promise.all([load(), config.reread()]);
      await apply(next);
      await respond.apply(own);
      reloadSucceeded = true;
      log.info("the configuration has been read again");
      await changes.record("system", CONFIGURATION_READ).catch((error: unknown) => {
        log.warn({ reason: messageOf(error) }, "that it was read again could not be recorded");
      });
    } catch (error) {
      reloadSucceeded = false;
      counts.configLoaded("failed", clock.now());
      log.error(`the configuration stays as it was: ${messageOf(error)}`);
      throw error;
    }
  };

  const push = createPushReceivers({
    samples,
    metrics: counts,
    clock,
    limits: config.pushLimits,
    otlp: () => files.prometheus.otlp,
  });
  const rates = new RateLimits(clock, config.rates);
  const logIntake = {
    logs: tail.logs,
    clock,
    metrics: counts,
    masking: config.logMasking,
    limits: { pastMs: config.telemetry.logRetentionDays * 86_400_000 },
  };
  const sources = apiSources({
    records,
    push,
    telemetry,
    metrics,
    logs,
    traces,
    router,
    rules,
    scraper,
    externalLabels: () => files.prometheus.externalLabels,
  });
  const status = () => ({
    version: VERSION,
    startedAt,
    configLoadedAt,
    reloadSucceeded,
    config: files.prometheus.shown,
    retentionDays: config.telemetry.retentionDays,
    queryTimeoutMs: config.limits.timeoutMs,
    queryMaxSamples: config.limits.maxSamples,
    features: config.features,
  });
  const http = await createHttp({
    log,
    clock,
    access,
    live,
    ...config.http,
    front: statusFront,
    ui: webFolder,
    version: VERSION,
    reload,
    metrics: () => self.exposition(),
    answered: (method, route, status, seconds) =>
      counts.httpAnswered(method, route, status, seconds),
    checks: [
      { name: "telemetry", run: () => telemetry.ping() },
      { name: "records", run: () => records.ping() },
      writes.check,
      self.eventLoop.check,
    ],
    routes: [
      apiRoutes({
        ...respond,
        access,
        limits: { picture: config.incidents.pictures.size },
        savedRules: createSavedRules({
          file: config.savedRulesFile,
          defaults: () => ruleDefaults(config, files.prometheus),
          language,
          reload,
          isRead: (file) => rules.groups().some((group) => group.file === file),
        }),
        statusPageUrl: config.statusPage.url,
        live,
        sources,
        clock,
        externalURL,
        version: VERSION,
      }),
      acknowledgeRoutes(respond),
      informedRoutes(respond.news),
      statusRoutes({
        page: respond.statusPage,
        front: statusFront,
        clock,
        secure: config.statusPage.url.startsWith("https:"),
      }),
      controlRoutes({ feed: controls.feed, access, clock, externalURL }),
      slackRoutes(respond.slackDoor),
      publicPostMortemRoutes(respond),
      webhookRoutes({ incidents, changes, clock, secrets: config.webhooks }),
      prometheusRoutes({
        metrics,
        clock,
        groups: () => rules.groups(),
        targets: () => scraper.targets(),
        status,
        externalLabels: () => files.prometheus.externalLabels,
      }),
      alertmanagerRoutes({ router, clock, version: VERSION }),
      pushRoutes(push),
      probeRoutes({ prober, scraper, targets: config.probes.targets }),
      lokiRoutes({ logs, tail, clock, version: VERSION }),
      logPushRoutes(createLogReceiver({ ...logIntake, rates })),
      tracesRoutes({ traces, clock, version: VERSION }),
      tracePushRoutes(
        createTraceReceiver({
          spans: telemetry.spans,
          rates,
          clock,
          metrics: counts,
          masking: config.logMasking,
          stored: (spans) => spanMetrics.observe(spans),
          limits: { pastMs: config.telemetry.traceRetentionDays * 86_400_000 },
        }),
      ),
    ],
  });

  await apply(files);
  await router.start();
  closers.add("router", router);
  if (demo !== undefined) await furnishDemo(respond);
  respond.start();
  closers.add("respond", respond);
  closers.add("alertmanagers", { stop: () => forwarder.close() });
  await rules.start();
  closers.add("rules", rules);
  // A shop that is not open yet would be found down, and somebody paged about it.
  await demo?.opened;
  scraper.start();
  if (config.statsd !== undefined) {
    const options = { settings: config.statsd, samples, clock, log, metrics: counts };
    await closers.opening("statsd", startStatsd(options));
  }
  for (const settings of config.syslog) {
    const options = { ...logIntake, settings, log };
    await closers.opening("syslog", startSyslog(options));
  }
  if (config.tail.length > 0) {
    const positions = join(folder.path, "tail.json");
    closers.add("tail", startLogTailer({ ...logIntake, inputs: config.tail, positions, log }));
  }
  closers.add("scraper", scraper);
  await waitingRoom?.close();
  await http.listen();
  closers.add("http", http);

  const secret = await access.firstSignInLink();
  // In the fragment, which browsers keep to themselves: no server logs it.
  const signInLink = secret === undefined ? undefined : `${externalURL}/sign-in#token=${secret}`;
  return { log, url: externalURL, signInLink, reload, stop: () => closers.close() };
}
