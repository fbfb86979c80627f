import type { Logger } from "pino";
import { messageOf } from "../../model/index.ts";
import type { Announce, Clock, Timer } from "../../model/index.ts";
import {
  claimNotifications,
  lockGroups,
  markAttempt,
  markFailed,
  markSent,
  noteNotifications,
  putMessage,
  putReceiverHealth,
  releaseClaims,
  renewClaim,
  restoreLogEntry,
} from "../../store/index.ts";
import type {
  Claim,
  NotificationNote,
  Records,
  Tx,
  WaitingNotification,
} from "../../store/index.ts";
import { Batches } from "../dispatch/batches.ts";
import type { Outcome } from "./outcome.ts";
import type { NotificationPayload } from "./payload.ts";

/** How deliveries are paced. Milliseconds. */
const PACE = {
  /** Waits between attempts grow from here by `factor` up to `longest`, each with jitter. */
  first: 500,
  factor: 1.6,
  longest: 60_000,
  /** A receiver may ask for a longer wait than ours, up to this. */
  longestAsked: 5 * 60_000,
  /** A notification that could not be delivered for so long is given up, and shown as failed. */
  giveUp: 24 * 3_600_000,
  /** How long a claim outlasts the moment at which it is next looked at. */
  claim: 60_000,
  /** How often notifications are looked for that nobody holds, e.g. those of a dead server. */
  poll: 5000,
} as const;

/** Why deliveries stop for a notification: it went out, it was given up, or another server has it. */
type Settled = "sent" | "failed" | "lost";

/** What was delivered at the same time is recorded together: receivers' rows are few, and locked. */
const SENT_BATCHES = { atOnce: 1, size: 200, rest: 100 } as const;

/** A notification that was delivered. */
interface Sent {
  readonly notification: WaitingNotification;
  readonly payload: NotificationPayload;
  readonly at: number;
  readonly attempts: number;
  /** What the receiver calls the message, where later ones change it. */
  readonly message: string | undefined;
}

/** Whether a delivery was recorded, and why not. */
interface Recorded {
  readonly fault: unknown;
}

export interface DelivererOptions {
  readonly records: Records;
  readonly clock: Clock;
  readonly log: Logger;
  readonly announce: Announce;
  /** A name that this server keeps over restarts and that no other server has. */
  readonly server: string;
  /** One attempt to deliver. */
  readonly send: (
    notification: WaitingNotification,
    payload: NotificationPayload,
  ) => Promise<Outcome>;
  /** Called for each notification that is given up. */
  readonly dropped: () => void;
  /** 0 to 1, for jitter. */
  readonly random: () => number;
  /** How long a receiver may be unreachable before somebody else is told, in milliseconds. */
  readonly escalateAfter: number;
  /** Writes down who is told instead, and answers what of it is to be sent by this server. */
  readonly escalate: (
    tx: Tx,
    failing: {
      readonly notification: WaitingNotification;
      readonly payload: NotificationPayload;
      readonly error: string;
      readonly at: number;
    },
  ) => Promise<readonly WaitingNotification[]>;
}

/**
 * Sends the notifications of the outbox. Those of one integration and group go out strictly in the
 * order in which they were decided on, one at a time; different ones do not wait for each other.
 * Every notification is attempted until it is delivered, refused for good, or a day old. A kill
 * between delivery and its record makes the next process deliver again, under the same key.
 */
export class Deliverer {
  readonly #options: DelivererOptions;
  /** What is to be sent, by integration and group; whoever is first is being sent. */
  readonly #queues = new Map<string, WaitingNotification[]>();
  readonly #running = new Set<Promise<void>>();
  readonly #waits = new Set<() => void>();
  /** What was delivered, on its way into the records. */
  readonly #sent: Batches<Sent, Recorded>;
  #watchers: (() => void)[] = [];
  #poll: Timer | undefined;
  #stopped = false;

  constructor(options: DelivererOptions) {
    this.#options = options;
    this.#sent = new Batches((sent) => this.#recordSent(sent), SENT_BATCHES, options.clock);
  }

  /** A claim from now on. */
  claim(): Claim {
    const { server, clock } = this.#options;
    return { server, until: clock.now() + PACE.claim };
  }

  /** Takes up what an earlier process of this server left, and looks out for what others leave. */
  async start(): Promise<void> {
    const { records, server } = this.#options;
    await releaseClaims(records.db, server);
    await this.#claimFree();
    this.#schedulePoll();
  }

  /** Sends a notification that this server has claimed, after those of its queue. */
  enqueue(notification: WaitingNotification): void {
    if (this.#stopped) return;
    const key = queueKey(notification);
    const queue = this.#queues.get(key);
    if (queue !== undefined) {
      if (!queue.some(({ id }) => id === notification.id)) queue.push(notification);
      return;
    }
    const started = [notification];
    this.#queues.set(key, started);
    this.#track(this.#work(key, started));
  }

  /** Resolves when nothing is being sent; what waits for another attempt does not count. */
  settled(): Promise<void> {
    if (this.#running.size === this.#waits.size) return Promise.resolve();
    return new Promise((resolve) => this.#watchers.push(resolve));
  }

  /** Ends. An attempt that runs is awaited; what waits is left for the next process. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#poll?.cancel();
    for (const wake of this.#waits) wake();
    await Promise.all(this.#running);
  }

  #track(work: Promise<void>): void {
    const tracked = work
      .catch((error: unknown) => {
        this.#options.log.error({ err: error }, "sending notifications stopped unexpectedly");
      })
      .finally(() => {
        this.#running.delete(tracked);
        this.#tellWatchers();
      });
    this.#running.add(tracked);
  }

  #tellWatchers(): void {
    if (this.#running.size > this.#waits.size) return;
    for (const tell of this.#watchers) tell();
    this.#watchers = [];
  }

  async #work(key: string, queue: WaitingNotification[]): Promise<void> {
    for (let head = queue[0]; head !== undefined && !this.#stopped; head = queue[0]) {
      const settled = await this.#deliver(head);
      if (settled === undefined) break;
      queue.shift();
      // Whoever took this one takes those behind it as well.
      if (settled === "lost") queue.length = 0;
    }
    this.#queues.delete(key);
  }

  /** Attempts until the notification is settled; undefined when stopped before that. */
  async #deliver(notification: WaitingNotification): Promise<Settled | undefined> {
    const { clock, records } = this.#options;
    let { attempts, nextAttemptAt } = notification;
    let claimedUntil = notification.claimedUntil;
    const payload = JSON.parse(notification.payload) as NotificationPayload;
    for (;;) {
      await this.#until(nextAttemptAt);
      if (this.#stopped) return undefined;
      if (claimedUntil - clock.now() < PACE.claim / 2) {
        const claim = this.claim();
        if (!(await this.#insist(() => renewClaim(records.db, notification.id, claim))))
          return "lost";
        claimedUntil = claim.until;
      }
      attempts += 1;
      const outcome = await this.#attempt(notification, payload);
      const now = clock.now();
      if (outcome.kind === "sent") {
        const { message } = outcome;
        const sent = { notification, payload, at: now, attempts, message };
        await this.#insist(async () => {
          const { fault } = await this.#sent.add(sent);
          if (fault !== undefined) throw fault;
        });
        this.#settle(notification, attempts, undefined);
        return "sent";
      }
      const givenUp = now - notification.decidedAt > PACE.giveUp;
      if (outcome.kind === "failed" || givenUp) {
        await this.#fail(notification, attempts, outcome);
        return "failed";
      }
      nextAttemptAt = now + this.#wait(attempts, outcome.after);
      claimedUntil = nextAttemptAt + PACE.claim;
      const attempt = { attempts, error: outcome.error, nextAt: nextAttemptAt };
      const claim = { server: this.#options.server, until: claimedUntil };
      const noted = { at: now, error: outcome.error, test: false };
      const overdue = now - notification.decidedAt >= this.#options.escalateAfter;
      const failing = { notification, payload, error: outcome.error, at: now };
      const passedOn = await this.#insist(() =>
        records.transaction(async (tx) => {
          await putReceiverHealth(tx, notification, noted);
          if (!(await markAttempt(tx, notification.id, attempt, claim))) return undefined;
          return overdue ? this.#options.escalate(tx, failing) : [];
        }),
      );
      if (passedOn === undefined) return "lost";
      for (const one of passedOn) this.enqueue(one);
      this.#settle(notification, attempts, outcome.error);
    }
  }

  async #attempt(
    notification: WaitingNotification,
    payload: NotificationPayload,
  ): Promise<Outcome> {
    try {
      return await this.#options.send(notification, payload);
    } catch (error) {
      return { kind: "retry", error: messageOf(error) };
    }
  }

  #settle(notification: WaitingNotification, attempts: number, error: string | undefined): void {
    const { log, announce } = this.#options;
    const about = {
      receiver: notification.receiver,
      integration: notification.integration,
      status: notification.status,
      key: notification.idempotencyKey,
      attempts,
    };
    if (error === undefined) log.info(about, "notification sent");
    else log.warn({ ...about, error }, "notification could not be delivered");
    announce({ topic: "notifications", id: notification.id });
  }

  /**
   * Gives a notification up. If it told of firing alerts and is the last word on its group, the log
   * goes back to what it said before, so that the next flush decides anew, as Alertmanager does.
   */
  async #fail(
    notification: WaitingNotification,
    attempts: number,
    outcome: Exclude<Outcome, { kind: "sent" }>,
  ): Promise<void> {
    const { error } = outcome;
    const final = outcome.kind === "failed" && outcome.decideAgain === false;
    const { records, clock } = this.#options;
    const payload = JSON.parse(notification.payload) as NotificationPayload;
    const passedOn = await this.#insist(() =>
      records.transaction(async (tx) => {
        const { groupId, receiver } = notification;
        await lockGroups(tx, [{ id: groupId, groupKey: payload.groupKey, receiver }]);
        const failed = await markFailed(tx, notification.id, clock.now(), { attempts, error });
        if (failed === undefined) return [];
        const at = clock.now();
        await putReceiverHealth(tx, notification, { at, error, test: false });
        await this.#note(tx, noteOf(notification, payload, at, error));
        const decideAgain = !failed.superseded && !final && notification.status === "firing";
        if (decideAgain) await restoreLogEntry(tx, groupId, notification, failed.logBefore);
        return this.#options.escalate(tx, { notification, payload, error, at });
      }),
    );
    for (const one of passedOn) this.enqueue(one);
    this.#settle(notification, attempts, error);
  }

  async #recordSent(sent: readonly Sent[]): Promise<readonly Recorded[]> {
    try {
      await this.#writeSent(sent);
      return sent.map(() => ({ fault: undefined }));
    } catch (error) {
      if (!isRefusal(error)) throw error;
      // One that cannot be recorded must not keep the others from it.
      if (sent.length > 1)
        return (await Promise.all(sent.map((one) => this.#recordSent([one])))).flat();
      return [{ fault: error }];
    }
  }

  async #writeSent(sent: readonly Sent[]): Promise<void> {
    const { records, announce } = this.#options;
    await records.transaction(async (tx) => {
      await markSent(
        tx,
        sent.map(({ notification: { id }, at, attempts }) => ({ id, at, attempts })),
      );
      for (const { notification, message } of sent)
        if (message !== undefined)
          await putMessage(tx, notification.groupId, notification, message);
      const notes = sent.map(({ notification, payload, at }) =>
        noteOf(notification, payload, at, undefined),
      );
      const ids = await noteNotifications(tx, notes);
      for (const id of ids) records.afterCommit(tx, () => announce({ topic: "incidents", id }));
      // Last and in order: every delivery to the same receiver writes the same row.
      for (const { notification, at } of newestOfEach(sent))
        await putReceiverHealth(tx, notification, { at, error: undefined, test: false });
    });
  }

  /** Puts why a notification was given up into the timelines of its alerts' incidents. */
  async #note(tx: Tx, note: NotificationNote): Promise<void> {
    const { records, announce } = this.#options;
    const ids = await noteNotifications(tx, [note]);
    for (const id of ids) records.afterCommit(tx, () => announce({ topic: "incidents", id }));
  }

  #wait(attempts: number, asked: number | undefined): number {
    const grown = Math.min(PACE.longest, PACE.first * PACE.factor ** (attempts - 1));
    const jittered = grown * (0.5 + this.#options.random());
    return Math.max(jittered, Math.min(asked ?? 0, PACE.longestAsked));
  }

  /** Does what must be done in the records, however long they cannot be reached. */
  async #insist<T>(work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await work();
      } catch (error) {
        if (this.#stopped) throw error;
        this.#options.log.warn({ err: error }, "the records cannot be reached, trying again");
        await this.#until(this.#options.clock.now() + this.#wait(attempt, undefined));
      }
    }
  }

  /** Waits for a moment; a stop ends the wait. */
  #until(at: number): Promise<void> {
    const { clock } = this.#options;
    const ms = at - clock.now();
    if (ms <= 0 || this.#stopped) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        timer.cancel();
        this.#waits.delete(wake);
        resolve();
      };
      const timer = clock.after(ms, wake);
      this.#waits.add(wake);
      this.#tellWatchers();
    });
  }

  #schedulePoll(): void {
    if (this.#stopped) return;
    this.#poll = this.#options.clock.after(PACE.poll, () => {
      this.#track(this.#claimFree().finally(() => this.#schedulePoll()));
    });
  }

  async #claimFree(): Promise<void> {
    const { records, clock } = this.#options;
    const claimed = await claimNotifications(records.db, this.claim(), clock.now());
    for (const notification of claimed) this.enqueue(notification);
  }
}

/** SQLSTATE classes that are about the connection or the server rather than about what was asked. */
const UNREACHABLE = new Set(["08", "53", "57", "58"]);

/** Whether PostgreSQL was there and refused: then the rows are at fault, and others may fare better. */
function isRefusal(error: unknown): boolean {
  const { code } = error as { readonly code?: unknown };
  return (
    typeof code === "string" && /^[\dA-Z]{5}$/.test(code) && !UNREACHABLE.has(code.slice(0, 2))
  );
}

/** What a timeline says of a notification; `error` is why it could not be delivered. */
function noteOf(
  { receiver, integration, status }: WaitingNotification,
  { alerts }: NotificationPayload,
  at: number,
  error: string | undefined,
): NotificationNote {
  const what = `${status}, ${alerts.length} ${alerts.length === 1 ? "alert" : "alerts"}`;
  return {
    fingerprints: alerts.map((alert) => alert.fingerprint),
    at,
    delivered: error === undefined,
    text:
      error === undefined
        ? `${receiver} was told by ${integration} (${what})`
        : `${receiver} could not be told by ${integration} (${what}): ${error}`,
  };
}

/** Of the deliveries by each integration of each receiver the newest one, in a fixed order. */
function newestOfEach(sent: readonly Sent[]): readonly Sent[] {
  const newest = new Map<string, Sent>();
  for (const one of sent) {
    const { receiver, integration, index } = one.notification;
    const key = JSON.stringify([receiver, integration, index]);
    if ((newest.get(key)?.at ?? 0) <= one.at) newest.set(key, one);
  }
  return [...newest].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

function queueKey({ groupId, integration, index }: WaitingNotification): string {
  return `${groupId.toString("hex")}/${integration}/${index}`;
}
