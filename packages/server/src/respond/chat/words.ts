import type { TimelineRecord } from "../../store/index.ts";
import { SYSTEM } from "../incidents/board.ts";

/** Entries of one post, so that a storm does not become a message for each alert. */
export const MOST_ENTRIES = 5000;
/** Lines of these kinds in one post; how many more there are is said. */
const MOST_QUIET = 8;
const QUIET: ReadonlySet<string> = new Set([
  "alert_firing",
  "alert_resolved",
  "notified",
  "notification_failed",
]);

/** What is told of the timeline in one message. */
export interface Update {
  readonly lines: readonly string[];
  /** The entries that it tells; later ones are for the next message. */
  readonly entries: readonly TimelineRecord[];
}

/**
 * As many entries as one message holds, in lines: all that people wrote and decided, and the first of
 * what machines say.
 */
export function updateOf(
  entries: readonly TimelineRecord[],
  lineOf: (entry: TimelineRecord) => string,
  length: number,
): Update {
  const lines: string[] = [];
  let [taken, used, quiet, left] = [0, 0, 0, 0];
  for (const entry of entries.slice(0, MOST_ENTRIES)) {
    if (QUIET.has(entry.kind) && (quiet += 1) > MOST_QUIET) left += 1;
    else {
      const line = lineOf(entry);
      // The first has its place whatever its length: it was cut to it.
      if (lines.length > 0 && used + line.length + 1 > length) break;
      lines.push(line);
      used += line.length + 1;
    }
    taken += 1;
  }
  if (left > 0) lines.push(`… and ${left} more of alerts and pages, on the incident's page`);
  return { lines, entries: entries.slice(0, taken) };
}

/** Whether the system did it, and nobody. */
export const isSystem = (actor: string): boolean => actor === SYSTEM;

/** An incident's state in words, whatever states there are. */
export function stateInWords(state: string): string {
  const words = state.replaceAll("_", " ");
  return `${words.slice(0, 1).toUpperCase()}${words.slice(1)}`;
}
