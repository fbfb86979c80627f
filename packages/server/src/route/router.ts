import type { Logger } from "pino";
import type { AlertSink, Announce, Clock, IncidentSink, Labels, Timer } from "../model/index.ts";
import type { SelfMetrics } from "../self/index.ts";
import {
  lastSentNotification,
  listFiringGroups,
  listNotificationRecords,
  readMessage,
} from "../store/index.ts";
import type {
  HeartbeatRecord,
  NotificationRecord,
  Records,
  Tx,
  WaitingNotification,
} from "../store/index.ts";
import type { RouteConfig } from "./config/route-config.ts";
import { AlertBook, isResolved } from "./dispatch/alert-book.ts";
import type { HeldAlert, IncomingAlert } from "./dispatch/alert-book.ts";
import { Batches } from "./dispatch/batches.ts";
import { Groups } from "./dispatch/groups.ts";
import type { AggregationGroup, FlushResult } from "./dispatch/groups.ts";
import { RouteError } from "./errors.ts";
import { explain, placeRoutes } from "./explain.ts";
import type { Explanation, PlacedRoute } from "./explain.ts";
import { Heartbeat, WATCHDOG } from "./heartbeat.ts";
import type { HeartbeatPolicy } from "./heartbeat.ts";
import { Digest } from "./noise/digest.ts";
import type { DigestPolicy } from "./noise/digest.ts";
import { AlertHistory } from "./noise/history.ts";
import { Deliverer } from "./notify/deliver.ts";
import { MailSender } from "./notify/email/transport.ts";
import { escalate } from "./notify/fallback.ts";
import type { FallbackPolicy } from "./notify/fallback.ts";
import { HttpSender } from "./notify/http/sender.ts";
import type { Outcome } from "./notify/outcome.ts";
import type { NotificationPayload } from "./notify/payload.ts";
import { send } from "./notify/send.ts";
import type { SendingHouse } from "./notify/send.ts";
import { Templates } from "./notify/templates.ts";
import { flushGroups } from "./pipeline.ts";
import type { DueGroup } from "./pipeline.ts";
import { testReceiver, viewReceivers } from "./receiver-views.ts";
import type { ReceiverView, TestResult } from "./receiver-views.ts";
import type { FlappingPolicy } from "./stages/flap.ts";
import { Inhibitor } from "./stages/inhibit.ts";
import { Silences } from "./stages/silence.ts";
import { sweep } from "./sweep.ts";
import { viewAlerts, viewGroups } from "./views.ts";
import type { AlertView, GroupView } from "./views.ts";

/** Time between two attempts to decide about a group while the records cannot be reached. */
const RETRY_FLUSH = 2000;
/**
 * Groups that are due at the same time are decided on together. Two batches at once keep the database
 * busy, and leave connections to alerts that come in.
 */
const FLUSH_BATCHES = { atOnce: 2, size: 200, rest: 250 } as const;
const SWEEP_INTERVAL = 5 * 60_000;
/** How long a stop waits for receivers to answer. */
const STOP_GRACE = 1500;

export interface RouterOptions {
  readonly records: Records;
  readonly incidents: IncidentSink<Tx>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly announce: Announce;
  /** Where people reach this installation: links in notifications begin with it. */
  readonly externalURL: string;
  /** A name that this server keeps over restarts; each server over one database needs its own. */
  readonly server?: string;
  /** Where attempts to deliver are counted. */
  readonly self?: Pick<SelfMetrics, "notified" | "dropped">;
  /** 0 to 1, for the jitter between attempts. */
  readonly random?: () => number;
  /** Whether receivers may redirect to addresses inside private networks. */
  readonly allowPrivateRedirects?: boolean;
  /** Whether later messages of a group answer its first one in Slack. */
  readonly slackThreads?: boolean;
  /** When an alert that comes and goes is told of once; undefined for never, as Alertmanager does. */
  readonly flapping?: FlappingPolicy | undefined;
  /** Who is told when a receiver cannot be. */
  readonly fallback?: FallbackPolicy | undefined;
  /** Who is told that alerts flow. */
  readonly heartbeat?: HeartbeatPolicy | undefined;
  /** Who is told once a week what alerts have cost. */
  readonly digest?: DigestPolicy | undefined;
}

/** The alert pipeline: alerts in, notifications and incidents out. */
export interface Router extends AlertSink {
  /** Takes alerts in; one without an end fires until the configuration's resolve timeout. */
  accept(alerts: readonly IncomingAlert[]): Promise<void>;
  /** Takes up what an earlier process left. The configuration must have been applied before. */
  start(): Promise<void>;
  /** Replaces the configuration; alerts are sorted into the new routes at once. Cannot fail. */
  apply(config: RouteConfig): void;
  /** Ends; awaits what is being decided or sent. Nothing is lost: the next process goes on. */
  stop(): Promise<void>;
  /** Resolves when nothing is being decided or sent. */
  settled(): Promise<void>;

  /** The configuration that is in force. Throws RouteError before the first one. */
  config(): RouteConfig;
  /** The alerts that fire, with who holds them back and who is told of them. */
  alerts(): readonly AlertView[];
  /** The groups in which the alerts that fire are notified about. */
  groups(): readonly GroupView[];
  /** The routing tree, parents before their children. */
  routes(): readonly PlacedRoute[];
  /** Which routes an alert with these labels takes, and what would hold it back now. */
  explain(labels: Labels): Explanation;
  readonly silences: Silences;
  /** When alerts fired, and what they cost. */
  readonly history: AlertHistory;
  /** The newest notifications, newest first. */
  notifications(limit: number): Promise<readonly NotificationRecord[]>;
  /** The notification that reached a receiver last. */
  lastNotification(): Promise<NotificationRecord | undefined>;
  /** The receivers of the configuration, and how deliveries to them went last. */
  receivers(): Promise<readonly ReceiverView[]>;
  /** Sends a test page by every integration of a receiver. Throws RouteError for an unknown one. */
  testReceiver(name: string, by: string): Promise<readonly TestResult[]>;
  /** Whether the chain from rules to here is alive, and when the outside was last told so. */
  watchdog(): Promise<WatchdogView>;
}

/** The dead man's switch, as people see it. Times are milliseconds since 1970. */
export interface WatchdogView {
  /** When the watchdog's alert came in last; undefined when it does not fire. */
  readonly seenAt: number | undefined;
  /** Whether an address outside is configured. */
  readonly configured: boolean;
  readonly heartbeat: HeartbeatRecord | undefined;
}

/** Makes the router; it does nothing before `apply` and `start`. */
export function createRouter(options: RouterOptions): Router {
  return new AlertRouter(options);
}

class AlertRouter implements Router {
  readonly silences: Silences;
  readonly history: AlertHistory;
  readonly #options: RouterOptions;
  readonly #book: AlertBook;
  readonly #groups: Groups;
  readonly #sender: HttpSender;
  readonly #mail = new MailSender();
  readonly #deliverer: Deliverer;
  readonly #heartbeat: Heartbeat;
  readonly #digest: Digest;
  readonly #flushes = new Set<Promise<unknown>>();
  readonly #due: Batches<DueGroup, FlushResult>;
  #config: RouteConfig | undefined;
  #inhibitor = new Inhibitor([]);
  #templates: Templates;
  #running = false;
  #sweeper: Timer | undefined;

  constructor(options: RouterOptions) {
    this.#options = options;
    const { records, clock, log, announce } = options;
    const now = () => clock.now();
    this.#sender = new HttpSender({
      now,
      allowPrivateRedirects: options.allowPrivateRedirects ?? false,
    });
    this.#templates = new Templates([], now);
    this.silences = new Silences(records, now, announce);
    this.history = new AlertHistory(records, this.silences, () => this.config(), options.flapping);
    this.#book = new AlertBook(records.db, now, (alerts, news) => this.#route(alerts, news));
    this.#due = new Batches((due) => this.#flushBatch(due), FLUSH_BATCHES, clock);
    this.#groups = new Groups(clock, (group, at) => this.#flush(group, at));
    this.#deliverer = new Deliverer({
      records,
      clock,
      log,
      announce,
      server: options.server ?? "main",
      random: options.random ?? Math.random,
      escalateAfter: options.fallback?.after ?? Number.POSITIVE_INFINITY,
      escalate: (tx, failing) =>
        escalate(tx, failing, {
          policy: options.fallback,
          config: this.config(),
          claim: this.#deliverer.claim(),
        }),
      dropped: () => options.self?.dropped("notifications", "retries_exhausted", 1),
      send: (notification, payload) => this.#send(notification, payload),
    });
    this.#heartbeat = new Heartbeat({
      policy: options.heartbeat,
      records,
      clock,
      log,
      sender: this.#sender,
      watchdogFires: () => this.#watchdog() !== undefined,
    });
    this.#digest = new Digest({
      policy: options.digest,
      records,
      clock,
      log,
      config: () => this.config(),
      externalURL: options.externalURL,
      claim: () => this.#deliverer.claim(),
      noise: (window) => this.history.noise(window),
      enqueue: (notification) => this.#deliverer.enqueue(notification),
    });
  }

  async accept(alerts: readonly IncomingAlert[]): Promise<void> {
    if (!this.#running)
      throw new RouteError(
        "router_not_running",
        "alerts are not taken yet: the router is starting",
      );
    await this.#book.accept(alerts);
  }

  async start(): Promise<void> {
    const config = this.config();
    const { records } = this.#options;
    await this.silences.refresh();
    await this.#book.load();
    const flushed = await listFiringGroups(records.db);
    for (const alert of this.#book.all()) this.#inhibitor.put(alert);
    this.#running = true;
    this.#groups.rebuild(config.root, this.#book.all(), (group) => {
      return flushed.get(group.id.toString("hex"))?.changedAt;
    });
    await this.#deliverer.start();
    this.#heartbeat.start();
    this.#digest.start();
    this.#scheduleSweep();
  }

  apply(config: RouteConfig): void {
    this.#config = config;
    this.#book.resolveTimeout = config.resolveTimeout;
    this.#inhibitor = new Inhibitor(config.inhibitRules);
    for (const alert of this.#book.all()) this.#inhibitor.put(alert);
    this.#templates = new Templates(config.templates, () => this.#options.clock.now());
    for (const warning of config.warnings) this.#options.log.warn({ file: config.file }, warning);
    if (this.#running) this.#groups.rebuild(config.root, this.#book.all());
    this.#options.announce({ topic: "configuration" });
  }

  async stop(): Promise<void> {
    this.#running = false;
    this.#sweeper?.cancel();
    this.#groups.stop();
    await Promise.all(this.#flushes);
    // Who does not answer is not waited for: the next process sends it again, under the same key.
    const grace = this.#options.clock.after(STOP_GRACE, () => {
      this.#mail.close();
      void this.#sender.close();
    });
    await this.#digest.stop();
    await Promise.all([this.#deliverer.stop(), this.#heartbeat.stop()]);
    grace.cancel();
    this.#mail.close();
    await this.#sender.close();
  }

  async settled(): Promise<void> {
    while (this.#flushes.size > 0) await Promise.all(this.#flushes);
    await this.#digest.settled();
    await this.#deliverer.settled();
    await this.#heartbeat.settled();
  }

  config(): RouteConfig {
    if (this.#config === undefined)
      throw new RouteError("router_not_running", "no alertmanager.yml has been applied yet");
    return this.#config;
  }

  alerts(): readonly AlertView[] {
    return viewAlerts(this.#book.all(), this.#viewContext());
  }

  groups(): readonly GroupView[] {
    return viewGroups(this.#groups.all(), this.#viewContext());
  }

  routes(): readonly PlacedRoute[] {
    return placeRoutes(this.config(), this.#options.clock.now());
  }

  explain(labels: Labels): Explanation {
    return explain(labels, { ...this.#viewContext(), groups: this.#groups.all() });
  }

  notifications(limit: number): Promise<readonly NotificationRecord[]> {
    return listNotificationRecords(this.#options.records.db, limit);
  }

  lastNotification(): Promise<NotificationRecord | undefined> {
    return lastSentNotification(this.#options.records.db);
  }

  receivers(): Promise<readonly ReceiverView[]> {
    return viewReceivers(this.#options.records, this.config());
  }

  async testReceiver(name: string, by: string): Promise<readonly TestResult[]> {
    const receiver = this.config().receivers.get(name);
    if (receiver === undefined)
      throw new RouteError("receiver_not_found", `alertmanager.yml has no receiver "${name}"`);
    const { records, clock, announce } = this.#options;
    const house = { records, clock, sending: this.#sendingHouse() };
    const results = await testReceiver(receiver, by, house);
    announce({ topic: "notifications" });
    return results;
  }

  async watchdog(): Promise<WatchdogView> {
    return {
      seenAt: this.#watchdog()?.updatedAt,
      configured: this.#options.heartbeat !== undefined,
      heartbeat: await this.#heartbeat.read(),
    };
  }

  #watchdog(): HeldAlert | undefined {
    const now = this.#options.clock.now();
    return [...this.#book.all()].find(
      (alert) => alert.labels["alertname"] === WATCHDOG && !isResolved(alert, now),
    );
  }

  #viewContext() {
    return {
      config: this.config(),
      inhibitor: this.#inhibitor,
      silences: this.silences,
      at: this.#options.clock.now(),
    };
  }

  /** Alerts are durable: into the groups with them. */
  #route(alerts: readonly HeldAlert[], news: boolean): void {
    for (const alert of alerts) this.#inhibitor.put(alert);
    for (const alert of alerts) this.#groups.insert(alert);
    if (news) this.#options.announce({ topic: "alerts" });
  }

  #flush(group: AggregationGroup, at: number): Promise<FlushResult> {
    const flush = this.#due.add({ group, at }).finally(() => this.#flushes.delete(flush));
    this.#flushes.add(flush);
    return flush;
  }

  async #flushBatch(due: readonly DueGroup[]): Promise<readonly FlushResult[]> {
    const { records, clock, incidents, log, announce } = this.#options;
    try {
      const flushed = await flushGroups(due, {
        config: this.config(),
        records,
        clock,
        incidents,
        inhibitor: this.#inhibitor,
        silences: this.silences,
        claim: () => this.#deliverer.claim(),
        flapping: this.#options.flapping,
      });
      for (const { notifications } of flushed)
        for (const notification of notifications) this.#deliverer.enqueue(notification);
      const adopted = this.#book.adopt(flushed.flatMap((one) => one.adopted));
      if (adopted.length > 0) this.#route(adopted, true);
      if (flushed.some(({ changed }) => changed)) announce({ topic: "notifications" });
      return flushed.map(({ resolved }) => ({ done: resolved }));
    } catch (error) {
      // One that cannot be decided on must not keep the others from it.
      if (due.length > 1)
        return (await Promise.all(due.map((one) => this.#flushBatch([one])))).flat();
      log.error(
        { err: error, group: due[0]?.group.key },
        "a group could not be flushed, trying again soon",
      );
      return due.map(() => ({ retryAfter: RETRY_FLUSH }));
    }
  }

  async #send(notification: WaitingNotification, payload: NotificationPayload): Promise<Outcome> {
    const { clock, self, records } = this.#options;
    const started = clock.now();
    const outcome = await send(notification, payload, {
      ...this.#sendingHouse(),
      config: this.config(),
      // A group that begins anew begins with a message of its own.
      message: async () =>
        payload.reason === "first notification"
          ? undefined
          : readMessage(records.db, notification.groupId, notification),
    });
    const seconds = (clock.now() - started) / 1000;
    self?.notified(notification.integration, outcome.kind === "sent" ? "ok" : "failed", seconds);
    return outcome;
  }

  #sendingHouse(): SendingHouse {
    const { clock, externalURL } = this.#options;
    return {
      sender: this.#sender,
      mail: this.#mail,
      templates: this.#templates,
      externalURL,
      slackThreads: this.#options.slackThreads ?? false,
      now: () => clock.now(),
    };
  }

  #scheduleSweep(): void {
    this.#sweeper = this.#options.clock.after(SWEEP_INTERVAL, () => {
      const { records, clock, log } = this.#options;
      const done = sweep({
        records,
        now: clock.now(),
        config: this.config(),
        book: this.#book,
        held: this.#groups.heldAlerts(),
        silences: this.silences,
        forget: (alert) => this.#inhibitor.delete(alert),
      })
        .catch((error: unknown) => log.warn({ err: error }, "old records could not be removed"))
        .finally(() => {
          this.#flushes.delete(done);
          if (this.#running) this.#scheduleSweep();
        });
      this.#flushes.add(done);
    });
  }
}
