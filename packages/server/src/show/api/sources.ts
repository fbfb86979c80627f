import type { ActiveAlert, Notification, Receiver, Watchdog } from "@seaworthy/contract";
import type { Labels } from "../../model/index.ts";
import type {
  Cardinality,
  CardinalityRequest,
  LogsQuery,
  MetricsQuery,
  TracesQuery,
} from "../../query/index.ts";
import type { SenderUse } from "../../receive/index.ts";
import type { Rules } from "../../evaluate/index.ts";
import type { Router, ServiceCall } from "../../route/index.ts";
import type { SeriesUse } from "../../store/index.ts";
import type { SavedViews } from "./saved-views.ts";
import type { RoutingViews } from "./routing.ts";

/** One series of an answer: its labels, and `[milliseconds, value]` in order of time. */
export interface SeriesPoints {
  readonly labels: Labels;
  readonly points: readonly (readonly [number, number])[];
}

/** A pending or firing alert as the rules know it, with what the router makes of it. */
export type RunningAlert = Omit<ActiveAlert, "incident" | "activeSince" | "links"> & {
  /** Milliseconds since 1970. */
  readonly activeSince: number;
};

/** What the own API shows of the rooms to the left; the wiring connects it. */
export interface ApiSources {
  /** PromQL over a range; times and step in milliseconds. */
  range(
    expression: string,
    range: { readonly start: number; readonly end: number; readonly step: number },
  ): Promise<readonly SeriesPoints[]>;
  /** PromQL as it is, for what is made of whole answers. */
  readonly metrics: Pick<MetricsQuery, "parse" | "range" | "series">;
  /** LogQL, for the same. */
  readonly logs: Pick<LogsQuery, "parse" | "metric">;
  /** Questions about traces. */
  readonly traces: TracesQuery;
  readonly views: SavedViews;
  /** The rules as they stand. */
  readonly rules: Pick<Rules, "groups">;
  /** The routing tree and what it does with labels. */
  readonly routing: RoutingViews;
  /** When alerts fired, and what they cost. */
  readonly history: Router["history"];
  /** Which services call which between two moments (milliseconds). */
  serviceCalls(since: number, until: number): Promise<readonly ServiceCall[]>;
  /** Which metrics and labels make how many series. */
  cardinality(request: CardinalityRequest): Promise<Cardinality>;
  /** How many series are active, and how many may be. */
  activeSeries(): SeriesUse;
  /** What senders whose keys have limits have used. */
  senders(): SenderUse[];
  /** Pending and firing alerts of all rules. */
  alerts(): Promise<readonly RunningAlert[]>;
  /** Notifications, newest first. */
  notifications(limit: number): Promise<readonly Notification[]>;
  /** The notification that reached a receiver last, or null. */
  lastNotification(): Promise<Notification | null>;
  /** The receivers of alertmanager.yml with their health. */
  receivers(): Promise<readonly Receiver[]>;
  /** Sends a test page; throws when there is no such receiver. `by` is who asks for it. */
  testReceiver(
    name: string,
    by: string,
  ): Promise<readonly { integration: string; index: number; error: string | null }[]>;
  /** Whether alerts flow, and when the outside was last told so. */
  watchdog(): Promise<Watchdog>;
  /** Every scrape target, by whether its last scrape succeeded. */
  targets(): { readonly up: number; readonly down: number };
}
