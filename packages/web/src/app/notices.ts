import { useSyncExternalStore } from "react";

/** A short word about what just happened. */
export interface Notice {
  readonly id: number;
  readonly tone: "done" | "failed";
  readonly text: string;
}

let notices: readonly Notice[] = [];
let lastId = 0;
const watchers = new Set<() => void>();
const staysFor = 6000;

function set(next: readonly Notice[]): void {
  notices = next;
  for (const watcher of watchers) watcher();
}

export function dismiss(id: number): void {
  set(notices.filter((notice) => notice.id !== id));
}

/** Tells the reader; what failed stays until dismissed. */
export function tell(tone: Notice["tone"], text: string): void {
  lastId += 1;
  const id = lastId;
  set([...notices.slice(-2), { id, tone, text }]);
  if (tone === "done") setTimeout(() => dismiss(id), staysFor);
}

export function useNotices(): readonly Notice[] {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => notices,
  );
}
