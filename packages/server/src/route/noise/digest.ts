import { createHash } from "node:crypto";
import { Temporal } from "temporal-polyfill";
import type { Logger } from "pino";
import { formatDuration, instantOf, localOf } from "../../model/index.ts";
import type { Clock, Timer } from "../../model/index.ts";
import {
  beginDigest,
  digestToldUntil,
  insertNotifications,
  takeDigest,
} from "../../store/index.ts";
import type { Claim, Records, WaitingNotification } from "../../store/index.ts";
import type { RouteConfig } from "../config/route-config.ts";
import { describeGroup } from "../notify/payload.ts";
import type { NotificationPayload } from "../notify/payload.ts";
import type { NoiseReport } from "./noise.ts";

/** The only digest there is; the records could hold more. */
const NAME = "noise";
const WEEK = 7;
const DAY = 86_400_000;
/** How often it is looked whether the time has come. */
const LOOK = 60_000;
/** Alerts that are named; the others are counted. */
const NAMED = 10;

/** Who is told once a week what alerts have cost, and when. */
export interface DigestPolicy {
  /** The name of a receiver of alertmanager.yml. */
  readonly receiver: string;
  /** ISO: 1 is Monday. */
  readonly weekday: number;
  /** Local time, `HH:MM`. */
  readonly time: string;
  /** An IANA name. */
  readonly timeZone: string;
}

export interface DigestOptions {
  readonly policy: DigestPolicy | undefined;
  readonly records: Records;
  readonly clock: Clock;
  readonly log: Logger;
  readonly config: () => RouteConfig;
  readonly externalURL: string;
  readonly claim: () => Claim;
  readonly noise: (window: {
    readonly since: number;
    readonly now: number;
  }) => Promise<NoiseReport>;
  /** Sends what was written into the outbox. */
  readonly enqueue: (notification: WaitingNotification) => void;
}

/**
 * Tells a receiver once a week which alerts were the noisiest and whether anybody acted on them. Whoever
 * of several servers comes first writes that a week is told, and the notification, in one transaction;
 * a week that ends while no server runs is told when one runs again.
 */
export class Digest {
  readonly #options: DigestOptions;
  #timer: Timer | undefined;
  #stopped = false;
  #looking: Promise<void> = Promise.resolve();

  constructor(options: DigestOptions) {
    this.#options = options;
  }

  start(): void {
    const { policy, clock } = this.#options;
    if (policy === undefined || this.#stopped) return;
    this.#looking = this.#look(policy).finally(() => {
      if (!this.#stopped) this.#timer = clock.after(LOOK, () => this.start());
    });
  }

  /** Resolves when nothing is being decided. */
  settled(): Promise<void> {
    return this.#looking;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#looking;
    this.#timer?.cancel();
  }

  async #look(policy: DigestPolicy): Promise<void> {
    const { records, clock, log } = this.#options;
    try {
      const until = lastDigestTime(policy, clock.now());
      const told = await digestToldUntil(records.db, NAME);
      // What was before the digest was switched on is not told.
      if (told === undefined) await beginDigest(records.db, NAME, until);
      else if (told < until) await this.#tell(policy, until);
    } catch (error) {
      log.warn({ err: error }, "the digest of the noisiest alerts could not be told, trying again");
    }
  }

  async #tell(policy: DigestPolicy, until: number): Promise<void> {
    const { records, config, noise, claim, clock, externalURL, enqueue } = this.#options;
    const report = await noise({ since: until - WEEK * DAY, now: until });
    const payload = digestPayload(report, policy.receiver, until, externalURL);
    const integrations = config().receivers.get(policy.receiver)?.integrations ?? [];
    const written = await records.transaction(async (tx) => {
      if (!(await takeDigest(tx, NAME, until))) return [];
      return insertNotifications(
        tx,
        integrations.map(({ name, index }) => ({
          groupId: createHash("sha256").update(payload.groupKey).digest(),
          receiver: policy.receiver,
          integration: name,
          index,
          status: payload.status,
          payload: JSON.stringify(payload),
          groupLabels: payload.groupLabels,
          alerts: payload.alerts.length,
          // Not a page: nobody is asked to act.
          firing: [],
          decidedAt: clock.now(),
          logBefore: undefined,
          idempotencyKey: () =>
            createHash("sha256")
              .update([payload.groupKey, policy.receiver, name, index].join("\0"))
              .digest("hex"),
          claim: claim(),
        })),
      );
    });
    for (const notification of written) enqueue(notification);
  }
}

/** The last time, at or before `now`, at which the digest was due. */
export function lastDigestTime(policy: DigestPolicy, now: number): number {
  const { weekday, time, timeZone } = policy;
  const today = localOf(now, timeZone).toPlainDate();
  const back = (today.dayOfWeek - weekday + WEEK) % WEEK;
  const due = (days: number) =>
    instantOf(today.subtract({ days }).toPlainDateTime(Temporal.PlainTime.from(time)), timeZone);
  return due(back) <= now ? due(back) : due(back + WEEK);
}

function digestPayload(
  report: NoiseReport,
  receiver: string,
  until: number,
  externalURL: string,
): NotificationPayload {
  const labels = { alertname: "WeeklyDigest", severity: "none" };
  const alert = {
    fingerprint: createHash("sha256").update(`digest ${until}`).digest("hex").slice(0, 16),
    status: "firing" as const,
    labels,
    annotations: { summary: summaryOf(report), description: descriptionOf(report) },
    startsAt: until - WEEK * DAY,
    endsAt: until,
    generatorURL: `${externalURL}/alerts/noise`,
  };
  const groupKey = `{}:{digest="${new Date(until).toISOString()}"}`;
  const group = describeGroup(groupKey, { alertname: labels.alertname }, [alert]);
  return { ...group, receiver, reason: "first notification", routeLabels: {} };
}

/** The week in one sentence. */
export function summaryOf({ alerts, pages, actedOn }: NoiseReport): string {
  if (alerts.length === 0) return "No alert has fired in the last week";
  const told = pages === 1 ? "1 page" : `${pages} pages`;
  const names = alerts.length === 1 ? "1 alert" : `${alerts.length} alerts`;
  return pages === 0
    ? `The last week: ${names} fired and nobody was paged`
    : `The last week: ${told} by ${names}, ${actedOn} of them acted on`;
}

/** The noisiest alerts, one a line. */
function descriptionOf({ alerts }: NoiseReport): string {
  const lines = alerts.slice(0, NAMED).map(({ name, firings, firingFor, pages, actedOn }) => {
    const cost = pages === 0 ? "nobody was paged" : `${actedOn} of ${pages} pages acted on`;
    return `${name}: fired ${firings === 1 ? "once" : `${firings} times`} for ${formatDuration(Math.round(firingFor / 60_000) * 60_000)}, ${cost}`;
  });
  const rest = alerts.length - lines.length;
  return [...lines, ...(rest > 0 ? [`and ${rest} more`] : [])].join("\n");
}
