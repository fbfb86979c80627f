import { deleteOldFirings, deleteOldGroups, deleteOldNotifications } from "../store/index.ts";
import type { Records } from "../store/index.ts";
import type { RouteConfig } from "./config/route-config.ts";
import { walkRoutes } from "./config/route-tree.ts";
import type { AlertBook, HeldAlert } from "./dispatch/alert-book.ts";
import type { Silences } from "./stages/silence.ts";

/** What is kept, and for how long. Milliseconds. */
const KEEP = {
  /** Alerts that have ended: a sender may repeat that they have. */
  alerts: 15 * 60_000,
  /** What was last said of a group; at least twice the longest repeat interval. */
  groups: 30 * 86_400_000,
  /** Notifications, and when alerts fired. */
  notifications: 90 * 86_400_000,
} as const;

/** Removes from memory and records what nobody will ask for any more. */
export async function sweep(house: {
  readonly records: Records;
  readonly now: number;
  readonly config: RouteConfig;
  readonly book: AlertBook;
  /** Fingerprints of the alerts about which something is still to be said. */
  readonly held: ReadonlySet<string>;
  readonly silences: Silences;
  /** Called for each alert that is forgotten. */
  readonly forget: (alert: HeldAlert) => void;
}): Promise<void> {
  const { records, now, config, book, held, silences } = house;
  const over = [...book.all()].filter((alert) => !held.has(alert.fingerprint));
  for (const alert of await book.forget(over, now - KEEP.alerts)) house.forget(alert);
  const repeat = Math.max(...walkRoutes(config.root).map((route) => route.repeatInterval));
  await deleteOldGroups(records.db, now - Math.max(KEEP.groups, 2 * repeat));
  await deleteOldNotifications(records.db, now - KEEP.notifications);
  await deleteOldFirings(records.db, now - KEEP.notifications);
  await silences.sweep();
}
