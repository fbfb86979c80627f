import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { FastifyPluginAsync } from "fastify";
import pino from "pino";
import { createAccess } from "../src/access/index.ts";
import type { Access, Scope } from "../src/access/index.ts";
import type { SavedRules } from "../src/evaluate/index.ts";
import type { Clock } from "../src/model/index.ts";
import { systemClock } from "../src/model/index.ts";
import { createRespond } from "../src/respond/index.ts";
import type {
  ChatConfig,
  PagingConfig,
  Respond,
  RunbookAction,
  StatusProbes,
} from "../src/respond/index.ts";
import {
  acknowledgeRoutes,
  apiRoutes,
  controlRoutes,
  createHttp,
  createLive,
  createStatusFront,
  createVisits,
  informedRoutes,
  publicPostMortemRoutes,
  savedViewsIn,
  statusRoutes,
  slackRoutes,
} from "../src/show/index.ts";
import type { ApiSources, Http, HttpDeps, Live, StatusFront } from "../src/show/index.ts";
import type { Records } from "../src/store/index.ts";
import { testRecords } from "./records.ts";

export const BOOTSTRAP = "bootstrap-token-of-the-tests";

const NO_SERIES = {
  series: 0,
  seriesBefore: 0,
  labelPairs: 0,
  seriesWithoutLabel: null,
  oldest: undefined,
  newest: undefined,
  seriesByMetric: [],
  valuesByLabel: [],
  bytesByLabel: [],
  seriesByPair: [],
  seriesByTarget: [],
};

function unasked(): never {
  throw new Error("the test gave no source for what it asks");
}

/**
 * A listening server over a real, empty database. What goes on by itself is started by the tests that
 * want it to.
 */
export interface TestServer extends Pick<
  Respond,
  "incidents" | "news" | "paging" | "statusPage" | "controls" | "chat" | "runbookActions"
> {
  readonly url: string;
  readonly http: Http;
  readonly records: Records;
  readonly access: Access;
  readonly statusFront: StatusFront;
  readonly live: Live;
  /** Log lines at level warn and above. */
  readonly logged: string[];
  /** A new token with the scope. */
  token(scope: Scope): Promise<string>;
  /** A new session of the first admin: the value for a Cookie header. */
  session(): Promise<string>;
  close(): Promise<void>;
}

/** Starts a server on a free port of 127.0.0.1. */
export async function testServer(
  options: {
    readonly clock?: Clock;
    readonly sources?: Partial<ApiSources>;
    readonly routes?: readonly FastifyPluginAsync[];
    readonly bootstrapToken?: string | undefined;
    readonly paging?: PagingConfig;
    readonly chat?: ChatConfig;
    readonly savedRules?: SavedRules;
    readonly runbookFolder?: string;
    readonly runbookActions?: readonly RunbookAction[];
    readonly probes?: StatusProbes;
    /** Host names of the status page's own. */
    readonly statusHosts?: readonly string[];
  } & Partial<Omit<HttpDeps, "clock" | "routes">> = {},
): Promise<TestServer> {
  const {
    clock = systemClock,
    sources,
    routes = [],
    bootstrapToken,
    paging: _,
    chat: ____,
    savedRules: __,
    runbookFolder: ___,
    runbookActions: _____,
    probes,
    statusHosts = [],
    ...http
  } = options;
  const records = await testRecords();
  const logged: string[] = [];
  const log = pino({ level: "warn" }, { write: (line: string) => void logged.push(line) });
  const access = createAccess({
    records,
    clock,
    bootstrapToken: "bootstrapToken" in options ? bootstrapToken : BOOTSTRAP,
  });
  const live = createLive({ clock, ...(http.limits === undefined ? {} : { limits: http.limits }) });
  const pagingConfig = options.paging ?? {
    email: undefined,
    telephone: undefined,
    allowPrivateAddresses: true,
  };
  const empty = await mkdtemp(join(tmpdir(), "seaworthy-no-ui-"));
  const statusUrl = "http://127.0.0.1/status";
  const statusFront: StatusFront = createStatusFront({
    hosts: statusHosts,
    otherHosts: ["localhost"],
    url: statusUrl,
    hasMail: pagingConfig.email !== undefined,
    visits: createVisits({ clock, key: () => respond.statusPage.visitKey() }),
    onError: (reason) => void logged.push(reason),
  });
  const respond = createRespond({
    records,
    clock,
    log,
    announce: live.announce,
    server: "test",
    externalURL: http.externalURL ?? "",
    config: {
      incidents: {},
      paging: pagingConfig,
      chat: options.chat ?? { slack: undefined, teams: undefined, discord: undefined },
      runbooks: {
        defaults: fileURLToPath(new URL("../../../content/runbooks", import.meta.url)),
        folder: options.runbookFolder,
        actions: options.runbookActions ?? [],
      },
      postMortems: {
        severities: ["P1", "P2"],
        dueAfter: 48 * 3_600_000,
        template: undefined,
        objective: 0.999,
      },
      statusPage: { url: statusUrl },
    },
    snapshotFile: join(empty, "status-page.json"),
    publish: (world) => statusFront.publish(world),
    probes: probes ?? { upShare: async () => undefined, days: async () => [] },
    measure: async (service) =>
      service === "shop" ? { requests: 2000, failed: 50, requestsOfMonth: 1_000_000 } : undefined,
    checkQuery: () => {},
    rules: () => [{ name: "HighErrorRate", annotations: {} }],
    serviceCalls: async () => [],
    errorLogs: {
      perMinute: async () => new Map(),
      mostFrequent: async () => undefined,
      page: () => "",
    },
    random: () => 0.5,
  });
  const api = apiRoutes({
    ...respond,
    access,
    savedRules: options.savedRules ?? { view: async () => undefined, save: unasked },
    statusPageUrl: statusUrl,
    live,
    clock,
    externalURL: http.externalURL,
    version: "0.0.0-test",
    checkAnswers: true,
    sources: {
      range: async () => [],
      metrics: { parse: unasked, range: unasked, series: unasked },
      logs: { parse: unasked, metric: unasked },
      views: savedViewsIn(records),
      get traces() {
        return unasked();
      },
      rules: { groups: unasked },
      serviceCalls: unasked,
      get history() {
        return unasked();
      },
      routing: {
        config: unasked,
        routes: unasked,
        explain: unasked,
        get silences() {
          return unasked();
        },
      },
      cardinality: async () => NO_SERIES,
      activeSeries: () => ({ series: 0, limit: 1 }),
      senders: () => [],
      alerts: async () => [],
      notifications: async () => [],
      lastNotification: async () => null,
      receivers: async () => [],
      testReceiver: async () => [],
      watchdog: async () => ({
        seenAt: null,
        heartbeat: { configured: false, sentAt: null, failedAt: null, error: null },
      }),
      targets: () => ({ up: 0, down: 0 }),
      ...sources,
    },
    ...(http.limits === undefined ? {} : { limits: http.limits }),
  });
  const server = await createHttp({
    log,
    clock,
    access,
    live,
    host: "127.0.0.1",
    port: 0,
    ui: empty,
    checks: [{ name: "records", run: () => records.ping() }],
    version: "0.0.0-test",
    reload: async () => {},
    metrics: async () => ({ contentType: "text/plain; version=0.0.4", body: "up 1\n" }),
    front: statusFront,
    ...http,
    routes: [
      api,
      acknowledgeRoutes(respond),
      informedRoutes(respond.news),
      statusRoutes({ page: respond.statusPage, front: statusFront, clock, secure: false }),
      controlRoutes({ feed: respond.controls.feed, access, clock, limits: http.limits ?? {} }),
      slackRoutes(respond.slackDoor),
      publicPostMortemRoutes(respond),
      ...routes,
    ],
  });
  const url = await server.listen();
  return {
    url,
    http: server,
    records,
    ...respond,
    access,
    statusFront,
    live,
    logged,
    async token(scope) {
      const { secret } = await access.createToken(
        { kind: "bootstrap" },
        {
          name: `test ${scope}`,
          scope,
          expiresAt: null,
          ...(scope === "controls"
            ? { controls: { service: "shop", environment: "production" } }
            : {}),
        },
      );
      return secret;
    },
    async session() {
      const link = await access.firstSignInLink();
      const started = await access.signInByLink(link ?? BOOTSTRAP, "test");
      return `seaworthy_session=${started.secret}`;
    },
    async close() {
      await respond.stop();
      await server.close();
      await records.close();
      await rm(empty, { recursive: true, force: true });
    },
  };
}

/** Opens the live stream, to be read event by event; `next` answers undefined at its end. */
export async function watch(
  url: string,
  headers: Record<string, string> = { authorization: `Bearer ${BOOTSTRAP}` },
) {
  const response = await fetch(`${url}/api/live`, { headers });
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  let buffer = "";
  async function next(): Promise<string | undefined> {
    for (;;) {
      const end = buffer.indexOf("\n\n");
      if (end !== -1) {
        const event = buffer.slice(0, end);
        buffer = buffer.slice(end + 2);
        return event;
      }
      const { done, value } = await reader.read();
      if (done) return undefined;
      buffer += decoder.decode(value, { stream: true });
    }
  }
  return { response, next, stop: () => reader.cancel() };
}
