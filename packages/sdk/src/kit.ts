import { collectDefaultMetrics, Registry } from "prom-client";
import type { Logger } from "pino";
import { watchNodeClient } from "./calls/node-client.ts";
import { OutgoingCalls } from "./calls/outgoing.ts";
import { watchUndici } from "./calls/undici.ts";
import { currentContext, currentRequest, keepTicksQuick } from "./context.ts";
import { Errors } from "./errors/errors.ts";
import type { CaptureOptions } from "./errors/exception.ts";
import type { Breadcrumb, User } from "./errors/scope.ts";
import { Telemetry } from "./export/telemetry.ts";
import { Guard } from "./guard.ts";
import { Health } from "./health/health.ts";
import { Activity } from "./http/activity.ts";
import { Endpoints } from "./http/endpoints.ts";
import { HttpInstrumentation } from "./http/instrumentation.ts";
import { joinLogger } from "./logs/join.ts";
import { createLogger, silentLogs } from "./logs/logger.ts";
import { RequestLog } from "./logs/request-log.ts";
import { ActiveUsers } from "./metrics/active-users.ts";
import { BusinessMetrics, Tally, type Description, type Labels } from "./metrics/business.ts";
import { CallMetrics } from "./metrics/call-metrics.ts";
import { registerExportMetrics } from "./metrics/export-metrics.ts";
import { HttpMetrics } from "./metrics/http-metrics.ts";
import { JobMetrics, type Backlog, type JobOutcome } from "./metrics/job-metrics.ts";
import { ServiceMetrics, type AuthResult } from "./metrics/service-metrics.ts";
import { TenantMetrics } from "./metrics/tenant-metrics.ts";
import { WebSocketMetrics, type WebSocketHost } from "./metrics/websocket-metrics.ts";
import { resolveOptions, type KitOptions } from "./options.ts";
import { DatabaseTraces } from "./traces/databases.ts";
import type { PostgresModule } from "./traces/postgres.ts";
import type { RedisTraced } from "./traces/redis.ts";
import { Tracer, type Span, type SpanOptions } from "./traces/tracer.ts";
import { formatTraceParent, parseTraceParent } from "./traces/w3c.ts";

const maxBusinessMetrics = 200;

export interface JobOptions {
  /** The kind of job, where a queue has several. */
  readonly name?: string;
  /** The `traceparent` that came with the job. */
  readonly traceParent?: string | undefined;
  /** Whether an error only says that the job goes on later: it is passed on, and is no failure. */
  readonly isPostponed?: (error: unknown) => boolean;
}

/**
 * Metrics, logs and health of one service. Made by {@link createKit} or by a framework's adapter.
 * No method throws: misuse is counted in `seaworthy_sdk_errors_total` and logged once a minute.
 */
export class Kit {
  /** The prom-client registry behind `/metrics`. */
  readonly registry: Registry;
  /** Writes JSON lines that carry the current request's id. */
  readonly logger: Logger;
  readonly health: Health;
  /** Feeds `active_users_total`. */
  readonly activeUsers = new ActiveUsers();
  /** What connects a framework to the kit; for writers of adapters. */
  readonly http: HttpInstrumentation;
  readonly #guard = new Guard();
  readonly #service: ServiceMetrics;
  readonly #business: BusinessMetrics;
  readonly #telemetry: Telemetry | undefined;
  /** Sends a line that was logged; undefined when lines are not sent. */
  readonly #copyLine: ((line: string) => void) | undefined;
  readonly #errors: Errors;
  readonly #tracer: Tracer;
  readonly #databases: DatabaseTraces;
  readonly #webSockets: WebSocketMetrics;
  #jobs: JobMetrics | undefined;
  #calls: CallMetrics | undefined;
  #tenants: TenantMetrics | undefined;
  /** Ends what listens to others in the process. */
  readonly #stops: (() => void)[] = [];
  /** Ends what feeds standard output. */
  readonly #unfeed: (() => void) | undefined;

  constructor(options: KitOptions = {}) {
    const guard = this.#guard;
    const problems: string[] = [];
    const settings = resolveOptions(options, (problem) => problems.push(problem));
    const { target, service: name, environment, version } = settings;
    const telemetry =
      target === undefined
        ? undefined
        : guard.run(
            "export",
            () => new Telemetry(target, { service: name, environment, version }, guard),
            undefined,
          );
    this.#copyLine =
      telemetry !== undefined && settings.exportLogs
        ? (line: string) => telemetry.line(line)
        : undefined;
    const logs =
      guard.run("log", () => createLogger(settings, this.#copyLine), undefined) ?? silentLogs();
    this.logger = logs.logger;
    guard.reportTo((site, error) =>
      this.logger.warn({ err: error, site }, "the instrumentation failed; the service goes on"),
    );
    for (const problem of problems) {
      guard.caught("options", new Error(problem));
      guard.run("log", () => this.logger.warn({ problem }, "an option was corrected"), undefined);
    }

    // The kit's metrics are made in a registry of their own and then shown in the one it joins, so
    // that a name which is taken there costs one metric and not the start of the service.
    const own = new Registry();
    this.registry = settings.registry ?? own;
    if (settings.processMetrics)
      guard.run("metric", () => collectDefaultMetrics({ register: own }), undefined);
    const service = new ServiceMetrics(own, guard, this.activeUsers);
    const metrics = new HttpMetrics(own, settings, () => service.overflowed("http_requests_total"));
    const webSockets = new WebSocketMetrics(own);
    if (telemetry !== undefined) registerExportMetrics(own, telemetry);
    if (this.registry !== own) guard.run("metric", () => join(own, this.registry), undefined);
    this.#service = service;
    this.#webSockets = webSockets;
    this.#business = new BusinessMetrics(
      this.registry,
      { maxMetrics: maxBusinessMetrics, maxSeries: settings.maxBusinessSeries },
      (metric) => service.overflowed(metric),
    );

    this.#telemetry = telemetry;
    this.#errors = new Errors((record) => telemetry?.error(record));
    this.#tracer = new Tracer(
      settings.exportTraces ? telemetry?.spans : undefined,
      settings.sampling,
      (error) => guard.caught("trace", error),
    );
    this.#databases = new DatabaseTraces(this.#tracer, guard);
    const traceDatabases =
      settings.traceDatabases && settings.exportTraces && telemetry !== undefined;
    this.health = new Health(guard);
    const activity = new Activity(undefined, (server) => {
      guard.run("metric", () => webSockets.watch(server), undefined);
      // By the first request everything is loaded that the application begins with.
      if (traceDatabases) this.#databases.find();
    });
    const { registry, health } = this;
    this.http = new HttpInstrumentation({
      guard,
      endpoints: new Endpoints({ settings, guard, registry, health, activity }),
      metrics,
      activity,
      requestLog: settings.logs.requests === false ? undefined : new RequestLog(logs, settings),
      tracer: this.#tracer,
      failed: (trace, error) => {
        guard.run("metric", () => service.error(error), undefined);
        const capture = () => this.#errors.capture(error, { handled: false }, trace);
        if (error !== undefined) guard.run("export", capture, undefined);
      },
    });
    this.#unfeed = logs.output?.feed(() => this.http.settle());
    this.#watchCalls(settings.traceFetch);
    guard.run("request", keepTicksQuick, undefined);
    if (traceDatabases) this.#stops.push(this.#databases.start());
  }

  /** Where spans are made; for `@seaworthy/sdk/opentelemetry`. */
  get tracer(): Tracer {
    return this.#tracer;
  }

  /** The id of the request being served by the calling code, if any. */
  get requestId(): string | undefined {
    return currentRequest()?.requestId;
  }

  /** Adds to a counter of the application's own, made on first use: `orders_total`, say. */
  count(name: string, labels: Labels = {}, by = 1): void {
    this.#guard.run("metric", () => this.#business.count(name, labels, by), undefined);
  }

  /**
   * One series of a counter of the application's own, for code that counts very often: `add()` counts
   * one more, without looking at the labels again.
   */
  counter(name: string, labels: Labels = {}): { add(): void } {
    return (
      this.#guard.run("metric", () => this.#business.tally(name, labels), undefined) ?? new Tally()
    );
  }

  /** Sets a gauge of the application's own, made on first use. */
  gauge(name: string, value: number, labels: Labels = {}): void {
    this.#guard.run("metric", () => this.#business.gauge(name, value, labels), undefined);
  }

  /** Adds a value to a histogram of the application's own, made on first use. */
  observe(name: string, value: number, labels: Labels = {}): void {
    this.#guard.run("metric", () => this.#business.observe(name, value, labels), undefined);
  }

  /** Gives a metric of the application's own its help text, buckets and first series (at zero). */
  describe(name: string, description: Description): void {
    this.#guard.run("metric", () => this.#business.describe(name, description), undefined);
  }

  /** Counts an attempt to sign in. */
  authAttempt(result: AuthResult): void {
    this.#guard.run("metric", () => this.#service.auth(result), undefined);
  }

  /**
   * Runs a database query and records its duration. `operation` names the query in the code, such
   * as `orders.insert`; never pass SQL text. What the query returns or throws is passed on.
   */
  async query<T>(operation: string, run: () => T | PromiseLike<T>): Promise<T> {
    const started = performance.now();
    const record = (outcome: "ok" | "error") =>
      this.#guard.run(
        "metric",
        () => this.#service.query(operation, outcome, (performance.now() - started) / 1000),
        undefined,
      );
    try {
      const result = await run();
      record("ok");
      return result;
    } catch (error) {
      record("error");
      throw error;
    }
  }

  /** Counts, logs and sends an error that the application dealt with itself. */
  captureException(error: unknown, options?: CaptureOptions & { message?: string }): void {
    this.#guard.run("metric", () => this.#service.error(error), undefined);
    const log = () => this.logger.error({ err: error }, options?.message ?? "error captured");
    this.#guard.run("log", log, undefined);
    this.#guard.run("export", () => this.#errors.capture(error, options ?? undefined), undefined);
  }

  /** {@link captureException} with a message for the log. */
  captureError(error: unknown, message = "error captured"): void {
    this.captureException(error, { message });
  }

  /** Names the user of the current request for the errors captured in it. */
  setUser(user: User | undefined): void {
    this.#guard.run("export", () => this.#errors.setUser(user), undefined);
  }

  /** Tags the errors captured in the current request, or outside of one in the process. */
  setTag(name: string, value: string | number | boolean): void {
    this.#guard.run("export", () => this.#errors.setTag(name, value), undefined);
  }

  /** Notes something that happened, to be sent along with an error that may follow. */
  addBreadcrumb(breadcrumb: Breadcrumb): void {
    this.#guard.run("export", () => this.#errors.addBreadcrumb(breadcrumb), undefined);
  }

  /**
   * Runs a part of the work as a span of the current trace, or of a new one. What it returns or
   * throws is passed on.
   */
  span<T>(name: string, action: (span: Span) => T, options?: SpanOptions): T {
    return this.#tracer.run(name, action, options);
  }

  /**
   * Runs one job of a queue: counts and times it, makes it a span, and captures the error that it
   * fails with, which is passed on. For BullMQ and pg-boss see `@seaworthy/sdk/queues`.
   */
  async job<T>(queue: string, work: () => Promise<T>, options: JobOptions = {}): Promise<T> {
    const end = this.#guard.run("metric", () => this.#jobMetrics.begin(queue), undefined);
    const ended = (outcome: JobOutcome) =>
      this.#guard.run("metric", () => end?.(outcome), undefined);
    const run = async (): Promise<{ result: T } | { postponedBy: unknown }> => {
      try {
        const result = await work();
        ended("ok");
        return { result };
      } catch (error) {
        if (this.#guard.run("metric", () => options.isPostponed?.(error) === true, false)) {
          ended("postponed");
          return { postponedBy: error };
        }
        ended("error");
        this.captureException(error, { handled: false, message: "job failed", tags: { queue } });
        throw error;
      }
    };
    const name = this.#guard.run("trace", () => `process ${queue}`, "process");
    const spanOptions = (): SpanOptions => ({
      kind: "consumer",
      attributes: { "messaging.destination.name": queue, "messaging.operation.name": options.name },
      parent: parseTraceParent(options.traceParent),
    });
    const given = this.#guard.run("trace", spanOptions, { kind: "consumer" });
    const done = await this.#tracer.run(name, run, given);
    if ("postponedBy" in done) throw done.postponedBy;
    return done.result;
  }

  /** Counts jobs that were put into a queue. */
  jobAdded(queue: string, count = 1): void {
    this.#guard.run("metric", () => this.#jobMetrics.added(queue, count), undefined);
  }

  /** Lets `queue_size` tell how many jobs wait in a queue; it is asked at each scrape. */
  backlog(queue: string, waiting: Backlog): void {
    this.#guard.run("metric", () => this.#jobMetrics.backlog(queue, waiting), undefined);
  }

  get #jobMetrics(): JobMetrics {
    this.#jobs ??= new JobMetrics(
      this.registry,
      (metric) => this.#service.overflowed(metric),
      (error) => this.#guard.caught("metric", error),
    );
    return this.#jobs;
  }

  /**
   * Makes a span of each query through `pg`, where a bundler has hidden it from the kit:
   * `import pg from "pg"; kit.tracePostgres(pg)`.
   */
  tracePostgres(postgres: PostgresModule): void {
    this.#databases.postgres(postgres);
  }

  /**
   * Makes a span of each command of a client of `ioredis` or `redis`, and of all others of its class,
   * where a bundler has hidden it from the kit.
   */
  traceRedis(client: RedisTraced): void {
    this.#databases.redis(client);
  }

  /**
   * Counts the open WebSocket connections of a server of `ws` or `node:http`. Servers that the kit
   * sees requests of are counted without it.
   */
  webSockets(server: WebSocketHost): void {
    this.#guard.run("metric", () => this.#webSockets.watch(server), undefined);
  }

  /**
   * Gives a logger of pino's that the application has the fields `requestId` and `traceId`, and sends
   * its lines with the kit's. What is no logger of pino's is left alone.
   */
  joinLogger(logger: unknown): void {
    if (typeof logger !== "object" || logger === null) return;
    this.#guard.run("log", () => joinLogger(logger, this.#copyLine), undefined);
  }

  /** Says for which tenant the current request (or job) is: counts it, and tags its errors. */
  setTenant(id: string | number): void {
    this.#guard.run(
      "metric",
      () => {
        const trace = currentContext()?.trace;
        this.#tenants ??= new TenantMetrics(this.registry, (metric) =>
          this.#service.overflowed(metric),
        );
        this.#tenants.seen(id, trace?.tenantCounted === true);
        if (trace === undefined) return;
        trace.tenantCounted = true;
        this.#errors.setTag("tenant", id);
      },
      undefined,
    );
  }

  /** HTTP calls to other services are counted, and traced if wished. */
  #watchCalls(traced: boolean): void {
    const guard = this.#guard;
    const calls = new OutgoingCalls(this.#tracer, traced, (...call) => {
      this.#calls ??= new CallMetrics(this.registry, (metric) => this.#service.overflowed(metric));
      this.#calls.record(...call);
    });
    const caught = (error: unknown) => guard.caught("trace", error);
    const listen = (watch: typeof watchUndici) =>
      guard.run("trace", () => watch(calls, caught), undefined) ?? (() => {});
    let stopUndici = listen(watchUndici);
    this.#stops.push(() => stopUndici(), listen(watchNodeClient));
    // Who comes last sees the headers of the others: OpenTelemetry's own go first.
    this.#tracer.onJoined(() => {
      stopUndici();
      stopUndici = listen(watchUndici);
    });
  }

  /** The `traceparent` header for a call that the kit does not see: a message, another protocol. */
  get traceParent(): string | undefined {
    const context = currentContext();
    if (context === undefined) return undefined;
    const { traceId, spanId, trace } = context;
    return formatTraceParent({ traceId, spanId, sampled: trace.sampled });
  }

  /**
   * Makes `/health/ready` answer 503 so that no new requests come, writes the logs, and sends what is
   * held for at most `limitMs`.
   */
  async shutdown(limitMs = 2_000): Promise<void> {
    this.health.drain();
    this.http.settle();
    for (const stop of this.#stops) this.#guard.run("trace", stop, undefined);
    await new Promise<void>((resolve) => {
      // A destination of the application's own may never say that it is done.
      const timer = setTimeout(resolve, limitMs);
      const flushed = () => {
        clearTimeout(timer);
        resolve();
      };
      try {
        this.logger.flush(flushed);
      } catch (error) {
        this.#guard.caught("log", error);
        flushed();
      }
    });
    await this.#telemetry?.close(limitMs);
    this.http.settle();
    this.#unfeed?.();
  }
}

/** Makes a kit for code without an adapter; see `@seaworthy/sdk/fastify` and `/express`. */
export function createKit(options: KitOptions = {}): Kit {
  return new Kit(options);
}

/** The kit that an adapter is given, or one that is made with its options. */
export function kitOf(options: KitOptions & { readonly kit?: Kit | undefined }): Kit {
  return givenKit(options) ?? new Kit(options);
}

/** A kit may come from another copy of this package; it is known by what adapters need of it. */
function givenKit(options: { readonly kit?: Kit | undefined } | null): Kit | undefined {
  try {
    const kit = options?.kit;
    return typeof kit?.http.begin === "function" ? kit : undefined;
  } catch {
    return undefined;
  }
}

/** Shows the metrics of one registry in another, except those whose names are taken there. */
function join(from: Registry, to: Registry): void {
  for (const { name } of from.getMetricsAsArray()) {
    const metric = from.getSingleMetric(name);
    if (metric !== undefined && to.getSingleMetric(name) === undefined) to.registerMetric(metric);
  }
}
