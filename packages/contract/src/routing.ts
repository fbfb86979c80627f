import { z } from "zod";
import { operation } from "./operation.ts";
import { instant, labels } from "./values.ts";

/** A node of the routing tree, with what it inherits filled in. Times are seconds. */
export const routeNode = z.object({
  /** Its place in the tree: `0` is the root, `0.2` the root's third child. */
  id: z.string(),
  /** Null at the root. */
  parent: z.string().nullable(),
  receiver: z.string(),
  /** As people write them, e.g. `severity="critical"`; none match everything. */
  matchers: z.array(z.string()),
  /** Labels that make a group; `...` alone means every label. */
  groupBy: z.array(z.string()),
  groupWait: z.number(),
  groupInterval: z.number(),
  repeatInterval: z.number(),
  /** Whether the siblings behind it are asked as well when it takes an alert. */
  continue: z.boolean(),
  muteTimeIntervals: z.array(z.string()),
  activeTimeIntervals: z.array(z.string()),
  /** Names of the time intervals for whose sake it says nothing now. */
  mutedBy: z.array(z.string()),
});
export type RouteNode = z.infer<typeof routeNode>;

export const inhibitRule = z.object({
  /** Its place in the file, from 0. */
  index: z.number().int(),
  name: z.string(),
  source: z.array(z.string()),
  target: z.array(z.string()),
  equal: z.array(z.string()),
});
export type InhibitRule = z.infer<typeof inhibitRule>;

export const getRouting = operation({
  method: "GET",
  path: "/api/routing",
  access: "read",
  summary: "The routing tree as alertmanager.yml has it, parents before their children",
  answer: z.object({
    file: z.string(),
    routes: z.array(routeNode),
    inhibitRules: z.array(inhibitRule),
    timeIntervals: z.array(z.string()),
    /** What is odd without being wrong, e.g. a route that reaches nobody. */
    warnings: z.array(z.string()),
  }),
});
export type Routing = z.infer<typeof getRouting.answer>;

/** What one node of the tree says to a label set. */
export const routeVerdict = z.object({
  route: z.string(),
  /**
   * `taken`: the alert ends here. `passed`: it matches, and a child takes the alert. `refused`: a matcher
   * does not match. `skipped`: it was not asked, because a sibling before it took the alert.
   */
  verdict: z.enum(["taken", "passed", "refused", "skipped"]),
  /** Its matchers, and which of them match; empty for `skipped`. */
  matchers: z.array(z.object({ matcher: z.string(), matches: z.boolean() })),
});

/** A route at which an alert ends, and what it would do now. Times are seconds. */
export const routeEnd = z.object({
  route: z.string(),
  /** The ids from the root to here. */
  path: z.array(z.string()),
  receiver: z.string(),
  /** e.g. `slack`, `email`; none when the receiver tells nobody. */
  integrations: z.array(z.string()),
  groupKey: z.string(),
  groupLabels: labels,
  groupWait: z.number(),
  groupInterval: z.number(),
  repeatInterval: z.number(),
  /** Names of the time intervals for whose sake it says nothing now. */
  mutedBy: z.array(z.string()),
  /** The group as it stands; null when no alert is in it. */
  group: z.object({ alerts: z.number().int(), nextFlushAt: instant }).nullable(),
});

export const explanation = z.object({
  ends: z.array(routeEnd),
  /** Every node of the tree below matching ones, parents before their children. */
  considered: z.array(routeVerdict),
  inhibitedBy: z.array(
    z.object({ rule: inhibitRule, alert: z.object({ fingerprint: z.string(), labels }) }),
  ),
  silencedBy: z.array(
    z.object({
      id: z.string(),
      matchers: z.array(z.string()),
      createdBy: z.string(),
      comment: z.string(),
      endsAt: instant,
    }),
  ),
  /** Whether somebody would be told now: a receiver is reached, and nothing holds the alert back. */
  notifies: z.boolean(),
});
export type Explanation = z.infer<typeof explanation>;

/** Labels as a caller names them: bounded, since every route is asked about them. */
export const someLabels = z
  .record(z.string().min(1).max(1000), z.string().max(10_000))
  .refine((set) => Object.keys(set).length <= 200, "must not be more than 200 labels");

export const explainRouting = operation({
  method: "POST",
  path: "/api/routing/explain",
  access: "read",
  summary: "Which routes an alert with these labels takes and why, and what would hold it back now",
  body: z.object({ labels: someLabels }),
  answer: explanation,
});
