import { useSyncExternalStore } from "react";

let isOpen = false;
const watchers = new Set<() => void>();

function set(next: boolean): void {
  isOpen = next;
  for (const watcher of watchers) watcher();
}

export const openCommandPalette = (): void => set(true);
export const closeCommandPalette = (): void => set(false);

export function useCommandPaletteOpen(): boolean {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => isOpen,
  );
}
