import type { Alert, AlertGroup } from "./alerts.ts";
import type { MetricMetadata, SampleBatch } from "./samples.ts";

/** Where samples go. */
export interface SampleSink {
  /**
   * Resolves once the engine has committed the batch: acknowledged means durable. Rejects with
   * SamplesRefused when some samples cannot be stored while the rest has been, with RangeError for a
   * batch that is malformed (nothing of it is stored), with the store's error otherwise.
   */
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
  /** Takes in groups that have changed, each as of `at`, one after the other. */
  groupsChanged(
    tx: Tx,
    changes: readonly { readonly group: AlertGroup; readonly at: number }[],
  ): Promise<void>;
}

/** What changed, for those who watch live. Carries no data: watchers ask again for what they show. */
export interface Change {
  readonly topic:
    | "alerts"
    | "incidents"
    | "notifications"
    | "targets"
    | "silences"
    | "on-call"
    | "status-page"
    | "configuration"
    | "controls";
  /** The changed thing, where there is one. */
  readonly id?: string;
}

/** Tells watchers that something changed. Never throws, never blocks. */
export type Announce = (change: Change) => void;
