import type { Alert, AlertGroup } from "./alerts.ts";
import type { MetricMetadata, SampleBatch } from "./samples.ts";

/** Where samples go. Resolves once the engine has committed them: acknowledged means durable. */
export interface SampleSink {
  write(batch: SampleBatch): Promise<void>;
  /** Remembers what metrics are; best effort, never awaited by a sender. */
  describe(metadata: readonly MetricMetadata[]): void;
}

/** Where firing and resolved alerts go. Resolves once they are durable. */
export interface AlertSink {
  accept(alerts: readonly Alert[]): Promise<void>;
}

/**
 * Where the router's groups go to become incidents. Called inside the transaction that decides about
 * notifications, so that a page and its incident are written together or not at all.
 */
export interface IncidentSink<Tx> {
  groupChanged(tx: Tx, group: AlertGroup, at: number): Promise<void>;
}

/** What changed, for those who watch live. Carries no data: watchers ask again for what they show. */
export interface Change {
  readonly topic:
    | "alerts"
    | "incidents"
    | "notifications"
    | "targets"
    | "silences"
    | "configuration";
  /** The changed thing, where there is one. */
  readonly id?: string;
}

/** Tells watchers that something changed. Never throws, never blocks. */
export type Announce = (change: Change) => void;
