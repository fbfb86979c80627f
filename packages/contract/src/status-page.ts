import { z } from "zod";
import { operation } from "./operation.ts";
import { instant, text } from "./values.ts";

const id = z.uuid();
const byId = z.object({ id });

export const componentState = z.enum([
  "operational",
  "degraded_performance",
  "partial_outage",
  "major_outage",
  "under_maintenance",
]);
export type ComponentState = z.infer<typeof componentState>;

export const statusImpact = z.enum(["none", "minor", "major", "critical"]);
export type StatusImpact = z.infer<typeof statusImpact>;

export const postState = z.enum([
  "investigating",
  "identified",
  "monitoring",
  "resolved",
  "postmortem",
  "scheduled",
  "in_progress",
  "verifying",
  "completed",
]);
export type PostState = z.infer<typeof postState>;

const matchers = z.array(text(1, 1000)).min(1).max(20);

/** By what a component's state is found. */
export const componentSource = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("manual") }),
  /** Alerts that match all of these, e.g. `service="shop"`. */
  z.object({ kind: z.literal("alerts"), matchers }),
  /** Series that are 1 while all is well and match all of these, e.g. `instance="https://example.com"`. */
  z.object({
    kind: z.literal("probe"),
    metric: z.enum(["probe_success", "up"]).default("probe_success"),
    matchers,
    /** How long nothing but failures is an outage. */
    failAfterSeconds: z.number().int().min(5).max(3600).default(60),
  }),
]);
export type ComponentSource = z.infer<typeof componentSource>;

/** What a person makes of a component. */
export const componentDraft = z.object({
  name: text(1, 100),
  description: text(0, 300).default(""),
  /** The heading that it stands under. */
  group: text(1, 100).nullable().default(null),
  position: z.number().int().min(0).max(10_000).default(0),
  source: componentSource.default({ kind: "manual" }),
  /** Ids of components that it cannot do without. */
  dependsOn: z.array(id).max(50).default([]),
  showUptime: z.boolean().default(true),
});
export type ComponentDraft = z.infer<typeof componentDraft>;

export const statusComponent = componentDraft.extend({
  id: z.string(),
  state: componentState,
  /** Why it is shown so; empty where nobody said. */
  note: z.string(),
  since: instant,
  /** What its source found; null where it has not found anything. */
  found: componentState.nullable(),
  override: z
    .object({
      state: componentState,
      reason: z.string(),
      by: z.string(),
      since: instant,
      until: instant.nullable(),
    })
    .nullable(),
  /** The share of the known time in which it was up, 0 to 1; null where nothing is known. */
  uptime: z.number().nullable(),
  /** Of how many of the past 90 days anything is known. */
  knownDays: z.number().int(),
  version: z.number().int(),
});
export type StatusComponent = z.infer<typeof statusComponent>;

export const statusPost = z.object({
  id: z.string(),
  kind: z.enum(["incident", "maintenance"]),
  title: z.string(),
  impact: statusImpact,
  state: postState,
  incidentId: z.string().nullable(),
  components: z.array(z.object({ id: z.string(), state: componentState })),
  startsAt: instant.nullable(),
  endsAt: instant.nullable(),
  resolvedAt: instant.nullable(),
  createdAt: instant,
  updatedAt: instant,
  /** Newest first; Markdown. */
  updates: z.array(
    z.object({
      id: z.string(),
      state: postState,
      body: z.string(),
      at: instant,
      by: z.string(),
    }),
  ),
});
export type StatusPost = z.infer<typeof statusPost>;

export const statusSettings = z.object({
  name: text(1, 100),
  description: text(0, 1000).default(""),
  accent: z.string().regex(/^#[\da-fA-F]{6}$/, "must be a colour such as #1d4ed8"),
  supportUrl: z
    .union([
      z.literal(""),
      z.url({ protocol: /^(?:https?|mailto)$/, error: "is not a URL" }).max(500),
    ])
    .default(""),
  subscriptions: z.boolean().default(true),
});
export type StatusSettings = z.infer<typeof statusSettings>;

export const statusPage = z.object({
  settings: statusSettings,
  access: z.enum(["public", "password", "token"]),
  hasLogo: z.boolean(),
  /** Where visitors find it. */
  url: z.string(),
  indicator: z.enum(["none", "minor", "major", "critical", "maintenance"]),
  description: z.string(),
  components: z.array(statusComponent),
  /** What is open, and what ended within 90 days; newest first. */
  posts: z.array(statusPost),
  subscribers: z.array(
    z.object({
      kind: z.enum(["email", "webhook", "slack"]),
      state: z.enum(["pending", "confirmed"]),
      count: z.number().int(),
    }),
  ),
  /** Whether visitors can subscribe by e-mail. */
  hasMail: z.boolean(),
  /** What an update says where a person says nothing, by state; `{title}` is the announcement's. */
  templates: z.record(z.string(), z.string()),
  version: z.number().int(),
});
export type StatusPage = z.infer<typeof statusPage>;

export const getStatusPage = operation({
  method: "GET",
  path: "/api/status-page",
  access: "read",
  summary: "The status page with its components, announcements and count of subscribers",
  answer: statusPage,
});

export const saveStatusPage = operation({
  method: "PUT",
  path: "/api/status-page",
  access: "write",
  summary: "Change name, look and who may see the page; refused when somebody else was faster",
  body: z.object({
    version: z.number().int().min(1),
    settings: statusSettings.optional(),
    /** A password is set with its kind; a token is made, and shown in the answer this once. */
    access: z
      .discriminatedUnion("kind", [
        z.object({ kind: z.literal("public") }),
        z.object({ kind: z.literal("password"), password: text(8, 200) }),
        z.object({ kind: z.literal("token") }),
      ])
      .optional(),
  }),
  answer: z.object({ page: statusPage, token: z.string().nullable() }),
});

export const saveStatusLogo = operation({
  method: "PUT",
  path: "/api/status-page/logo",
  access: "write",
  summary: "Set the logo (PNG, JPEG, GIF or WebP, at most 256 KiB, base64), or take it away",
  body: z.object({ base64: z.base64().max(360_000).nullable() }),
  answer: statusPage,
});

export const createStatusComponent = operation({
  method: "POST",
  path: "/api/status-page/components",
  access: "write",
  summary: "Add a component to the status page",
  body: componentDraft,
  answer: statusComponent,
  status: 201,
});

export const replaceStatusComponent = operation({
  method: "PUT",
  path: "/api/status-page/components/:id",
  access: "write",
  summary: "Change a component; refused when somebody else has changed it since `version`",
  params: byId,
  body: componentDraft.extend({ version: z.number().int().min(1) }),
  answer: statusComponent,
});

export const deleteStatusComponent = operation({
  method: "DELETE",
  path: "/api/status-page/components/:id",
  access: "write",
  summary: "Remove a component with its history",
  params: byId,
  answer: z.object({}),
});

export const overrideStatusComponent = operation({
  method: "PUT",
  path: "/api/status-page/components/:id/override",
  access: "write",
  summary: "Say what is shown of a component whatever is found, until a time or for good",
  params: byId,
  body: z.object({
    state: componentState,
    reason: text(0, 300).default(""),
    until: instant.nullable().default(null),
  }),
  answer: statusComponent,
});

export const endStatusOverride = operation({
  method: "DELETE",
  path: "/api/status-page/components/:id/override",
  access: "write",
  summary: "Show of a component what is found again",
  params: byId,
  answer: statusComponent,
});

const named = z.array(z.object({ id, state: componentState })).max(200);
const body = text(0, 20_000).default("");

export const createStatusPost = operation({
  method: "POST",
  path: "/api/status-page/posts",
  access: "write",
  summary: "Announce an incident, or planned maintenance, which begins and ends by itself",
  body: z.object({
    kind: z.enum(["incident", "maintenance"]),
    title: text(1, 200),
    impact: statusImpact.default("minor"),
    state: postState,
    /** Markdown; the state's template where it is empty. */
    body,
    incidentId: id.nullable().default(null),
    components: named.default([]),
    startsAt: instant.nullable().default(null),
    endsAt: instant.nullable().default(null),
    /** Whether subscribers are told. */
    tell: z.boolean().default(true),
  }),
  answer: statusPost,
  status: 201,
});

export const updateStatusPost = operation({
  method: "POST",
  path: "/api/status-page/posts/:id/updates",
  access: "write",
  summary: "Say something new about what is announced",
  params: byId,
  body: z.object({
    state: postState,
    body,
    components: named.optional(),
    impact: statusImpact.optional(),
    tell: z.boolean().default(true),
  }),
  answer: statusPost,
  status: 201,
});

export const deleteStatusPost = operation({
  method: "DELETE",
  path: "/api/status-page/posts/:id",
  access: "write",
  summary: "Take an announcement off the page, its updates and what is not sent yet included",
  params: byId,
  answer: z.object({}),
});

export const getStatusNotices = operation({
  method: "GET",
  path: "/api/status-page/posts/:id/notices",
  access: "read",
  summary: "How many subscribers have been told of an announcement",
  params: byId,
  answer: z.object({
    waiting: z.number().int(),
    sent: z.number().int(),
    failed: z.number().int(),
  }),
});
