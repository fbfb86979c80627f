import {
  listStatusChanges,
  listStatusComponents,
  listStatusDays,
  listStatusPosts,
  listStatusUpdates,
  listStatusWatched,
  readStatusPage,
} from "../../store/index.ts";
import type {
  Db,
  StatusComponentRecord,
  StatusPageRecord,
  StatusPostRecord,
  StatusUpdateRecord,
} from "../../store/index.ts";
import {
  DAY_MS,
  SHOWN_DAYS,
  dayOf,
  daysOfChanges,
  daysOfProbes,
  shownDays,
  uptimeOf,
} from "./history.ts";
import type { DayHistory } from "./history.ts";

/** A component as the page shows it. */
export interface ShownComponent extends StatusComponentRecord {
  /** The past days, oldest first; empty where they are not shown. */
  readonly days: readonly DayHistory[];
  readonly uptime: { readonly ratio: number | null; readonly knownDays: number };
}

/** An announcement with its updates, newest first. */
export interface ShownPost extends StatusPostRecord {
  readonly updates: readonly StatusUpdateRecord[];
}

/** All that a page is made of. */
export interface StatusWorld {
  /** When it was read. Milliseconds since 1970. */
  readonly at: number;
  readonly page: StatusPageRecord;
  readonly components: readonly ShownComponent[];
  /** Newest first. */
  readonly posts: readonly ShownPost[];
}

/** Reads all that the page is made of; undefined where there is no page yet. */
export async function readWorld(db: Db, now: number): Promise<StatusWorld | undefined> {
  const page = await readStatusPage(db);
  if (page === undefined) return undefined;
  const since = shownDays(now)[0] ?? now - SHOWN_DAYS * DAY_MS;
  const components = await listStatusComponents(db);
  const posts = await listStatusPosts(db, since);
  const updates = await listStatusUpdates(
    db,
    posts.map(({ id }) => id),
  );
  const changes = await listStatusChanges(db, since);
  const watched = await listStatusWatched(db, since);
  const days = await listStatusDays(db, dayOf(since));
  return {
    at: now,
    page,
    components: components.map((component) => {
      if (!component.showUptime) {
        return { ...component, days: [], uptime: { ratio: null, knownDays: 0 } };
      }
      const own = <T extends { readonly componentId: string }>(all: readonly T[]) =>
        all.filter(({ componentId }) => componentId === component.id);
      const shown = daysOfChanges(own(changes), watched, now);
      const history = component.source.kind === "probe" ? daysOfProbes(own(days), shown) : shown;
      return { ...component, days: history, uptime: uptimeOf(history) };
    }),
    posts: posts.map((post) => ({
      ...post,
      updates: updates.filter(({ postId }) => postId === post.id),
    })),
  };
}
