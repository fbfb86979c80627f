import { useState } from "react";

interface Held<Entry> {
  readonly shown: readonly Entry[];
  /** How many are there but not shown. */
  readonly waiting: number;
  readonly showAll: () => void;
}

/**
 * Splits entries, newest first, into those shown and those that came while the list was being read.
 * `isOwn` entries are shown at once, and with them everything before them.
 */
export function useHeldEntries<Entry extends { readonly id: string }>(
  entries: readonly Entry[],
  isRead: boolean,
  isOwn: (entry: Entry) => boolean,
): Held<Entry> {
  const newest = entries[0]?.id ?? null;
  const [top, setTop] = useState(newest);
  const waiting =
    top === null
      ? entries.length
      : Math.max(
          0,
          entries.findIndex((entry) => entry.id === top),
        );
  const mayShow = !isRead || entries.slice(0, waiting).some(isOwn);
  if (waiting > 0 && mayShow && top !== newest) setTop(newest);
  return {
    shown: mayShow ? entries : entries.slice(waiting),
    waiting: mayShow ? 0 : waiting,
    showAll: () => setTop(newest),
  };
}
