import { createHash } from "node:crypto";
import type { Clock, Labels, Timer } from "../../model/index.ts";
import { groupKeyOf, groupLabelsOf, matchRoutes } from "../config/route-tree.ts";
import type { Route } from "../config/route-tree.ts";
import type { HeldAlert } from "./alert-book.ts";

/** A timer set further ahead than this would fire at once; it is set again when it ends. */
const MAX_TIMER = 2 ** 31 - 1;
/**
 * Groups are flushed at whole multiples of a beat, so that those that are due at about the same time are
 * decided on together: a short one after the first wait, a fiftieth of the interval from then on.
 */
const BEAT = { first: 50, longest: 1000, ofInterval: 50 } as const;

/** Alerts that are notified about together: those of one route with the same group labels. */
export interface AggregationGroup {
  /** SHA-256 of key and receiver: two routes with equal matchers have equal keys. */
  readonly id: Buffer;
  readonly key: string;
  readonly route: Route;
  readonly labels: Labels;
  readonly alerts: ReadonlyMap<string, HeldAlert>;
  /** When the group is flushed next. */
  readonly nextFlush: number;
}

interface Group extends AggregationGroup {
  readonly alerts: Map<string, HeldAlert>;
  nextFlush: number;
  timer: Timer | undefined;
  flushing: boolean;
}

/** What happened to a flush: the alerts that are done with, or how soon to try again. */
export type FlushResult = { readonly done: readonly HeldAlert[] } | { readonly retryAfter: number };

/** When a group that is not in memory was last flushed with something to say, if ever. */
export type LastFlush = (group: AggregationGroup) => number | undefined;

/** The aggregation groups and their timers. */
export class Groups {
  readonly #clock: Clock;
  readonly #flush: (group: AggregationGroup, at: number) => Promise<FlushResult>;
  #root: Route | undefined;
  /** By key and receiver. */
  #groups = new Map<string, Group>();
  #stopped = false;

  constructor(clock: Clock, flush: (group: AggregationGroup, at: number) => Promise<FlushResult>) {
    this.#clock = clock;
    this.#flush = flush;
  }

  /**
   * Takes a new route tree and sorts all alerts into it. A group that stands in both trees keeps its
   * rhythm; one that an earlier process flushed goes on from there (`lastFlush`); any other waits.
   */
  rebuild(root: Route, alerts: Iterable<HeldAlert>, lastFlush?: LastFlush): void {
    const before = this.#groups;
    for (const group of before.values()) group.timer?.cancel();
    this.#groups = new Map();
    this.#root = root;
    for (const alert of alerts) this.#insert(alert, false);
    const now = this.#clock.now();
    for (const group of this.#groups.values()) {
      const kept = before.get(nameOf(group))?.nextFlush;
      const flushed = lastFlush?.(group);
      if (kept !== undefined) group.nextFlush = Math.min(kept, now + group.route.groupInterval);
      else if (flushed !== undefined) group.nextFlush = flushed + group.route.groupInterval;
      this.#arm(group);
    }
  }

  /** Puts an alert into every group that it belongs to. */
  insert(alert: HeldAlert): void {
    this.#insert(alert, true);
  }

  #insert(alert: HeldAlert, arm: boolean): void {
    if (this.#root === undefined) return;
    for (const route of matchRoutes(this.#root, alert.labels)) {
      const labels = groupLabelsOf(route, alert.labels);
      const key = groupKeyOf(route, labels);
      const name = nameOf({ key, route });
      const known = this.#groups.get(name);
      if (known !== undefined) {
        known.alerts.set(alert.fingerprint, alert);
        // Several alerts of a reload: the group's wait began with the first of them.
        if (!arm) known.nextFlush = Math.min(known.nextFlush, firstFlush(route, alert));
        continue;
      }
      const group: Group = {
        id: createHash("sha256").update(name).digest(),
        key,
        route,
        labels,
        alerts: new Map([[alert.fingerprint, alert]]),
        nextFlush: firstFlush(route, alert),
        timer: undefined,
        flushing: false,
      };
      this.#groups.set(name, group);
      if (arm) this.#arm(group);
    }
  }

  #arm(group: Group): void {
    group.timer?.cancel();
    if (this.#stopped) return;
    const now = this.#clock.now();
    const wait = group.nextFlush <= now ? 0 : onBeat(group.nextFlush, BEAT.first) - now;
    group.timer = this.#clock.after(Math.min(wait, MAX_TIMER), () => {
      if (wait > MAX_TIMER) this.#arm(group);
      else void this.#run(group);
    });
  }

  async #run(group: Group): Promise<void> {
    if (this.#stopped || group.flushing) return;
    group.flushing = true;
    const now = this.#clock.now();
    const result = await this.#flush(group, now);
    group.flushing = false;
    if (this.#groups.get(nameOf(group)) !== group) return;
    if ("done" in result) {
      // One that came back during the flush is another object, and stays.
      for (const alert of result.done)
        if (group.alerts.get(alert.fingerprint) === alert) group.alerts.delete(alert.fingerprint);
      if (group.alerts.size === 0) {
        this.#groups.delete(nameOf(group));
        return;
      }
    }
    const wait = "done" in result ? group.route.groupInterval : result.retryAfter;
    const { groupInterval } = group.route;
    const beat = Math.min(BEAT.longest, Math.floor(groupInterval / BEAT.ofInterval));
    group.nextFlush = onBeat(now + Math.min(wait, groupInterval), Math.max(BEAT.first, beat));
    this.#arm(group);
  }

  all(): IterableIterator<AggregationGroup> {
    return this.#groups.values();
  }

  /** The fingerprints of the alerts about which some group has still something to say. */
  heldAlerts(): ReadonlySet<string> {
    const held = new Set<string>();
    for (const group of this.#groups.values()) for (const id of group.alerts.keys()) held.add(id);
    return held;
  }

  /** Ends all timers. Flushes that run are finished by whoever awaits them. */
  stop(): void {
    this.#stopped = true;
    for (const group of this.#groups.values()) group.timer?.cancel();
  }
}

function onBeat(at: number, beat: number): number {
  return Math.ceil(at / beat) * beat;
}

/** Tells groups apart: two routes with equal matchers have equal keys. */
function nameOf({ key, route }: Pick<AggregationGroup, "key" | "route">): string {
  return `${key}\0${route.receiver}`;
}

/**
 * When a group that begins with this alert is flushed first. An alert that began long ago has waited
 * enough; otherwise the wait counts from when the alert was accepted, which may be before a restart.
 */
function firstFlush(route: Route, alert: HeldAlert): number {
  const old = alert.startsAt + route.groupWait < alert.receivedAt;
  return old ? alert.receivedAt : alert.receivedAt + route.groupWait;
}
