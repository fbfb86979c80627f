import { useSyncExternalStore } from "react";

let taken: string | null = null;
const watchers = new Set<() => void>();

function set(token: string | null): void {
  taken = token;
  for (const watcher of watchers) watcher();
}

/** Moves the token of a one-time link (`/sign-in#token=…`) from the address bar into memory. */
export function takeLinkToken(): void {
  const found = new URLSearchParams(window.location.hash.slice(1)).get("token");
  if (found === null || found === "") return;
  const { pathname, search } = window.location;
  window.history.replaceState(window.history.state, "", pathname + search);
  set(found);
}

export function forgetLinkToken(): void {
  set(null);
}

/** The token of the link, also of one that is opened while the page is already there. */
export function useLinkToken(): string | null {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      window.addEventListener("hashchange", takeLinkToken);
      return () => {
        watchers.delete(watcher);
        window.removeEventListener("hashchange", takeLinkToken);
      };
    },
    () => taken,
  );
}
