import type { Logger } from "pino";
import { messageOf } from "../../model/index.ts";
import type { Clock, Labels, Severity } from "../../model/index.ts";
import {
  listFiringLabels,
  listStatusComponents,
  listStatusDays,
  listStatusPosts,
  noteStatusWatched,
  pruneStatusHistory,
  putStatusComponent,
  putStatusDays,
  statusPageRevision,
  touchStatusPage,
} from "../../store/index.ts";
import type { Records, StatusComponentRecord, StatusPostRecord, Tx } from "../../store/index.ts";
import { WorkLoop } from "../work-loop.ts";
import { sayOf, settleStates } from "./changes.ts";
import { differs, foundByAlerts, foundByProbe, readMatchers } from "./found.ts";
import type { StatusProbes } from "./found.ts";
import { DAY_MS, SHOWN_DAYS, dayOf, shownDays } from "./history.ts";
import type { ShownState } from "./state.ts";
import { templateOf } from "./templates.ts";
import { readWorld } from "./world.ts";
import type { StatusWorld } from "./world.ts";

/** Times in milliseconds. */
const PACE = {
  /** How often alerts, probes, overrides and plans are looked at. */
  look: 3000,
  /** The page is made anew this often though nothing changed: its figures grow with time. */
  refresh: 60_000,
  /** A longer silence is a time of not knowing. */
  gap: 3 * 60_000,
  /** How often today's probe figures are counted. */
  days: 5 * 60_000,
  prune: DAY_MS,
} as const;

/** Firing alerts that are looked at; beyond this many everything is down anyway. */
const MAX_ALERTS = 20_000;
const SYSTEM = "system";

export interface KeeperOptions {
  readonly records: Records;
  readonly clock: Clock;
  readonly log: Logger;
  readonly probes: StatusProbes;
  readonly severityOf: (labels: Labels) => Severity | undefined;
  /** Makes the page that is not there yet. */
  readonly begin: () => Promise<void>;
  /** Takes the page as it is now. Never throws. */
  readonly publish: (world: StatusWorld) => void;
  /** Told when there is something that subscribers are to be told. */
  readonly noticesAdded: () => void;
  /** Told when what people see in the interface has changed. */
  readonly changed: () => void;
}

/**
 * Keeps the page true by itself: states by alerts and probes, overrides that end, maintenance that begins
 * and ends. Any number of servers may do so over one PostgreSQL; a change is decided under the page's lock.
 */
export class StatusKeeper {
  readonly #options: KeeperOptions;
  readonly #loop: WorkLoop;
  #revision: string | undefined;
  #publishedAt = Number.NEGATIVE_INFINITY;
  #countedAt = Number.NEGATIVE_INFINITY;
  #prunedAt = Number.NEGATIVE_INFINITY;
  /** Components whose days have been counted at least once. */
  readonly #counted = new Set<string>();
  #failing = false;

  constructor(options: KeeperOptions) {
    this.#options = options;
    const { clock, log } = options;
    this.#loop = new WorkLoop({
      clock,
      log,
      look: PACE.look,
      failure: "the status page stands still",
      work: () => this.#work(),
    });
  }

  start(): void {
    this.#loop.start();
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  /** Does what is due now, and resolves when it is done and published. */
  settle(): Promise<void> {
    return this.#loop.settle();
  }

  /** Looks now, or after what is under way. */
  wake(): void {
    this.#loop.wake();
  }

  async #work(): Promise<null> {
    try {
      await this.#look();
      this.#failing = false;
    } catch (error) {
      // The page is served as it was; that it stands still is told once.
      const isKnown = this.#failing;
      this.#failing = true;
      if (!isKnown) throw error;
    }
    return null;
  }

  async #look(): Promise<void> {
    const { records, clock } = this.#options;
    const now = clock.now();
    if ((await statusPageRevision(records.db)) === undefined) await this.#options.begin();
    const components = await listStatusComponents(records.db);
    const found = await this.#find(components, now);
    const posts = (await listStatusPosts(records.db, now)).filter((post) => isDue(post, now));
    const due =
      posts.length > 0 ||
      components.some(
        (component) =>
          (found.has(component.id) && differs(component, found.get(component.id) ?? null)) ||
          hasEnded(component, now),
      );
    if (due) await this.#apply(found, now);
    const minutely = now - this.#publishedAt >= PACE.refresh;
    if (minutely) {
      await records.transaction((tx) => noteStatusWatched(tx, now, PACE.gap));
    }
    const isNew = components.some(
      ({ id, source }) => source.kind === "probe" && !this.#counted.has(id),
    );
    if (isNew || now - this.#countedAt >= PACE.days) await this.#count(components, now);
    const revision = await statusPageRevision(records.db);
    if (revision === this.#revision && !minutely) return;
    const world = await readWorld(records.db, now);
    if (world === undefined) return;
    if (revision !== this.#revision) this.#options.changed();
    this.#options.publish(world);
    this.#revision = revision;
    this.#publishedAt = now;
  }

  /** What sources say, by component; null for a source that says nothing. */
  async #find(
    components: readonly StatusComponentRecord[],
    now: number,
  ): Promise<ReadonlyMap<string, ShownState | null>> {
    const { records, probes, severityOf, log } = this.#options;
    const found = new Map<string, ShownState | null>();
    const byAlerts = components.some(({ source }) => source.kind === "alerts");
    const firing = byAlerts ? await listFiringLabels(records.db, now, MAX_ALERTS) : [];
    for (const { id, source, name } of components) {
      if (source.kind === "manual") found.set(id, null);
      else if (source.kind === "alerts") {
        found.set(id, foundByAlerts(readMatchers(source.matchers), firing, severityOf));
      } else {
        try {
          const state = foundByProbe(await probes.upShare(source, now));
          // Where a probe is silent, what it said last stands.
          if (state !== undefined) found.set(id, state);
        } catch (error) {
          log.warn({ component: name, reason: messageOf(error) }, "a probe cannot be read");
        }
      }
    }
    return found;
  }

  async #apply(found: ReadonlyMap<string, ShownState | null>, now: number): Promise<void> {
    const { records, noticesAdded } = this.#options;
    await records.transaction(async (tx) => {
      await touchStatusPage(tx);
      for (const component of await listStatusComponents(tx)) {
        const state = found.get(component.id);
        const auto =
          state === undefined || !differs(component, state)
            ? {}
            : { autoState: state?.state ?? null, autoNote: state?.note ?? "" };
        const override = hasEnded(component, now) ? { override: null } : {};
        if ("autoState" in auto || "override" in override)
          await putStatusComponent(tx, { ...component, ...auto, ...override });
      }
      for (const post of await listStatusPosts(tx, now)) await this.#advance(tx, post, now);
      await settleStates(tx, now);
      records.afterCommit(tx, noticesAdded);
    });
  }

  /** Begins and ends maintenance when its time has come; both, where nobody looked in between. */
  async #advance(tx: Tx, post: StatusPostRecord, now: number): Promise<void> {
    if (!isDue(post, now)) return;
    let next = post;
    for (const state of ["in_progress", "completed"] as const) {
      if (!isDue(next, now)) return;
      const at = (state === "in_progress" ? post.startsAt : post.endsAt) ?? now;
      if (state === "in_progress" && next.state !== "scheduled") continue;
      const body = templateOf(state, post.title);
      next = await sayOf(tx, next, { state, body, at, by: SYSTEM, tell: true });
    }
  }

  /** Counts what probes found: today, and days before that were not counted to their end. */
  async #count(components: readonly StatusComponentRecord[], now: number): Promise<void> {
    const { records, probes, log } = this.#options;
    const days = shownDays(now);
    const known = await listStatusDays(records.db, dayOf(days[0] ?? now));
    const done = new Set(
      known
        .filter(({ day, untilAt }) => untilAt >= Date.parse(day) + DAY_MS)
        .map(({ componentId, day }) => `${componentId} ${day}`),
    );
    for (const { id, source, name } of components) {
      if (source.kind !== "probe") continue;
      this.#counted.add(id);
      const wanted = days.filter((start) => !done.has(`${id} ${dayOf(start)}`));
      try {
        const found = await probes.days(source, wanted, now);
        const counted = found.map(({ start, knownMs, upMs }) => ({
          componentId: id,
          day: dayOf(start),
          knownMs,
          upMs,
          untilAt: Math.min(now, start + DAY_MS),
        }));
        await records.transaction(async (tx) => {
          await touchStatusPage(tx);
          await putStatusDays(tx, counted);
        });
      } catch (error) {
        log.warn({ component: name, reason: messageOf(error) }, "a probe's days cannot be counted");
      }
    }
    this.#countedAt = now;
    if (now - this.#prunedAt < PACE.prune) return;
    await records.transaction((tx) => pruneStatusHistory(tx, now - (SHOWN_DAYS + 1) * DAY_MS));
    this.#prunedAt = now;
  }
}

const hasEnded = ({ override }: StatusComponentRecord, now: number): boolean =>
  override !== null && override.until !== null && override.until <= now;

/** Whether a plan is to begin, or to end. */
function isDue({ kind, state, startsAt, endsAt, resolvedAt }: StatusPostRecord, now: number) {
  if (kind !== "maintenance" || resolvedAt !== null) return false;
  return (state === "scheduled" && (startsAt ?? now) <= now) || (endsAt ?? now) <= now;
}
