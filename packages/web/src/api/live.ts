import type { Change } from "@seaworthy/contract";
import { useSyncExternalStore } from "react";
import { queryClient } from "./query-client.ts";

/** What the live connection is doing, and when the server was last heard. */
export interface Live {
  readonly state: "connecting" | "connected" | "reconnecting";
  /** Milliseconds since 1970; null before the first word. */
  readonly lastHeard: number | null;
}

/** Which queries a change makes old, by the first part of their keys. */
const affected: Readonly<Record<Change["topic"], readonly string[]>> = {
  alerts: ["alerts", "overview", "rules"],
  incidents: ["incidents", "overview", "alerts"],
  notifications: ["notifications", "overview"],
  targets: ["targets", "overview"],
  silences: ["silences", "alerts"],
  "on-call": ["on-call"],
  "status-page": ["status-page"],
  controls: ["controls"],
  configuration: ["rules", "targets", "overview", "alerts"],
};

/** Changes come in bursts: they are gathered this long, in milliseconds, and asked about once. */
const gatherFor = 250;
const retryAfter = [1000, 2000, 5000, 10_000, 15_000];

let live: Live = { state: "connecting", lastHeard: null };
let source: EventSource | null = null;
let retries = 0;
let retryTimer: ReturnType<typeof setTimeout> | undefined;
let gathered = new Set<string>();
let gatherTimer: ReturnType<typeof setTimeout> | undefined;
const watchers = new Set<() => void>();

function tell(next: Partial<Live>): void {
  live = { ...live, ...next };
  for (const watcher of watchers) watcher();
}

function invalidate(keys: Iterable<string>): void {
  for (const key of keys) void queryClient.invalidateQueries({ queryKey: [key] });
}

function gather(topic: Change["topic"]): void {
  for (const key of affected[topic] ?? []) gathered.add(key);
  gatherTimer ??= setTimeout(() => {
    gatherTimer = undefined;
    const keys = gathered;
    gathered = new Set();
    invalidate(keys);
  }, gatherFor);
}

function open(): void {
  source = new EventSource("/api/live");
  source.addEventListener("open", () => {
    const missed = live.state === "reconnecting";
    retries = 0;
    tell({ state: "connected", lastHeard: Date.now() });
    // What happened while nobody listened is unknown: ask for everything that is shown.
    if (missed) void queryClient.invalidateQueries();
  });
  source.addEventListener("change", (event: MessageEvent<string>) => {
    tell({ lastHeard: Date.now() });
    gather((JSON.parse(event.data) as Change).topic);
  });
  source.addEventListener("ping", () => tell({ lastHeard: Date.now() }));
  source.addEventListener("error", () => {
    // The browser's own retry gives up on an HTTP error; ours does not.
    source?.close();
    tell({ state: "reconnecting" });
    const wait = retryAfter[Math.min(retries, retryAfter.length - 1)] ?? 15_000;
    retries += 1;
    retryTimer = setTimeout(open, wait);
  });
}

/** Starts listening; safe to call again. */
export function connectLive(): void {
  if (source === null) open();
}

/** Stops listening, after signing out. */
export function disconnectLive(): void {
  clearTimeout(retryTimer);
  source?.close();
  source = null;
  retries = 0;
  tell({ state: "connecting", lastHeard: null });
}

/** The state of the live connection. */
export function useLive(): Live {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => live,
  );
}

/** How often to ask again when changes are not being told; while they are, rarely, for what has no event. */
export function pollEvery(connectedMs: number): () => number {
  return () => (live.state === "connected" ? connectedMs : Math.min(connectedMs, 10_000));
}
