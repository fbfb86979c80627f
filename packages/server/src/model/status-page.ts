/** How a part of the service does, by the names of Statuspage's API; the later the worse, but for the last. */
export const COMPONENT_STATES = [
  "operational",
  "degraded_performance",
  "partial_outage",
  "major_outage",
  "under_maintenance",
] as const;
export type ComponentState = (typeof COMPONENT_STATES)[number];

/** How much of the service an incident takes away, by the names of Statuspage's API. */
export type StatusImpact = "none" | "minor" | "major" | "critical";

/** What an announcement says, in the order of its life. */
export const INCIDENT_POST_STATES = [
  "investigating",
  "identified",
  "monitoring",
  "resolved",
  "postmortem",
] as const;
export const MAINTENANCE_POST_STATES = [
  "scheduled",
  "in_progress",
  "verifying",
  "completed",
] as const;
export type PostState =
  | (typeof INCIDENT_POST_STATES)[number]
  | (typeof MAINTENANCE_POST_STATES)[number];

/** By what the state of a component is found. */
export type ComponentSource =
  | { readonly kind: "manual" }
  /** Alerts that match all of these, e.g. `service="shop"`; how bad they are says how bad it is. */
  | { readonly kind: "alerts"; readonly matchers: readonly string[] }
  /** Series of 1 and 0 that match; 0 for as long as `failAfter` (ms) is an outage. */
  | {
      readonly kind: "probe";
      readonly metric: "probe_success" | "up";
      readonly matchers: readonly string[];
      readonly failAfter: number;
    };

/** What a person says about a component, whatever its source says. */
export interface ComponentOverride {
  readonly state: ComponentState;
  readonly reason: string;
  readonly by: string;
  /** Milliseconds since 1970. */
  readonly since: number;
  /** When it ends by itself; null for when a person ends it. */
  readonly until: number | null;
}

/** What a person makes of a component. */
export interface ComponentDraft {
  readonly name: string;
  readonly description: string;
  /** The heading that it stands under; null for none. */
  readonly group: string | null;
  readonly position: number;
  readonly source: ComponentSource;
  /** Ids of the components that it cannot do without. */
  readonly dependsOn: readonly string[];
  /** Whether the past 90 days are shown. */
  readonly showUptime: boolean;
}

/** How the page looks and what it is called. */
export interface StatusPageSettings {
  readonly name: string;
  readonly description: string;
  /** `#rrggbb` */
  readonly accent: string;
  /** Where people get help, or an empty text. */
  readonly supportUrl: string;
  /** Whether visitors may subscribe. */
  readonly subscriptions: boolean;
}

/** Who may see the page. */
export type StatusPageAccess =
  | { readonly kind: "public" }
  /** `hash` in PHC form. */
  | { readonly kind: "password"; readonly hash: string }
  /** SHA-256 of the token, base64url. */
  | { readonly kind: "token"; readonly hash: string };

/** By what a subscriber is told. */
export type SubscriberKind = "email" | "webhook" | "slack";
