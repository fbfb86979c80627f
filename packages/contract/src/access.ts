import { z } from "zod";
import { operation } from "./operation.ts";
import { instant, text } from "./values.ts";

export const user = z.object({
  id: z.string(),
  email: z.string(),
  name: z.string(),
  role: z.enum(["admin", "member", "viewer"]),
  /** False until the person who came by a sign-in link has set a password. */
  hasPassword: z.boolean(),
});
export type User = z.infer<typeof user>;

const password = text(10, 200);

/** Who is asking, as far as the cookie tells. */
export const getSession = operation({
  method: "GET",
  path: "/api/session",
  access: "public",
  summary: "Who is signed in",
  answer: z.object({ user: user.nullable() }),
});

export const signIn = operation({
  method: "POST",
  path: "/api/session",
  access: "public",
  summary: "Sign in with e-mail and password",
  body: z.object({ email: text(1, 254), password: text(1, 200) }),
  answer: z.object({ user }),
});

/** The link is `/sign-in#token=…`: a fragment is not sent to servers, so it stays out of logs. */
export const signInByLink = operation({
  method: "POST",
  path: "/api/session/link",
  access: "public",
  summary: "Sign in with the token of a one-time link, or with SEAWORTHY_TOKEN",
  body: z.object({ token: z.string().min(1).max(200) }),
  answer: z.object({ user }),
});

export const signOut = operation({
  method: "DELETE",
  path: "/api/session",
  access: "public",
  summary: "Sign out",
  answer: z.object({}),
});

export const signOutElsewhere = operation({
  method: "DELETE",
  path: "/api/session/others",
  access: "read",
  summary: "End one's own sessions on every other device",
  answer: z.object({ ended: z.number().int() }),
});

export const setAccount = operation({
  method: "PUT",
  path: "/api/session/account",
  access: "read",
  summary: "Set one's own name, e-mail and password",
  body: z.object({
    name: text(1, 100).optional(),
    email: z.email().max(254).optional(),
    password: password.optional(),
    /** Required to change a password that is already set. */
    currentPassword: z.string().max(200).optional(),
  }),
  answer: z.object({ user }),
});

export const tokenScope = z.enum(["controls", "ingest", "read", "write", "admin"]);
export type TokenScope = z.infer<typeof tokenScope>;

/** What the holder of an ingest key may send; null: as much as the platform takes. */
export const ingestLimits = z.object({
  /** Series that may be active at a time: written in the last one to two hours. */
  series: z.number().int().min(1).max(100_000_000).nullable().default(null),
  samplesPerSecond: z.number().int().min(1).max(100_000_000).nullable().default(null),
  logLinesPerSecond: z.number().int().min(1).max(100_000_000).nullable().default(null),
  /** Of the lines' texts. */
  logBytesPerSecond: z.number().int().min(1).max(2_000_000_000).nullable().default(null),
  spansPerSecond: z.number().int().min(1).max(100_000_000).nullable().default(null),
});

/** Whose emergency controls a token may read. */
export const tokenControls = z.object({ service: text(1, 200), environment: text(1, 100) });

export const apiToken = z.object({
  id: z.string(),
  name: z.string(),
  scope: tokenScope,
  createdAt: instant,
  lastUsedAt: instant.nullable(),
  expiresAt: instant.nullable(),
  /** Left out where there are none. */
  limits: ingestLimits.optional(),
  /** Whose emergency controls it may read; left out where it is for no service. */
  controls: tokenControls.optional(),
});
export type ApiToken = z.infer<typeof apiToken>;

export const listTokens = operation({
  method: "GET",
  path: "/api/tokens",
  access: "admin",
  summary: "The API tokens and ingest keys, without their secrets",
  answer: z.object({ tokens: z.array(apiToken) }),
});

export const createToken = operation({
  method: "POST",
  path: "/api/tokens",
  access: "admin",
  summary: "Make an API token or ingest key; its secret is shown this once",
  body: z.object({
    name: text(1, 100),
    scope: tokenScope,
    expiresAt: instant.nullable().default(null),
    /** Of ingest keys alone. */
    limits: ingestLimits.optional(),
    /** Of the scopes `controls`, which needs it, and `ingest`. */
    controls: tokenControls.optional(),
  }),
  answer: z.object({ token: apiToken, secret: z.string() }),
  status: 201,
});

export const revokeToken = operation({
  method: "DELETE",
  path: "/api/tokens/:id",
  access: "admin",
  summary: "Revoke a token at once",
  params: z.object({ id: z.uuid() }),
  answer: z.object({}),
});

export const auditEntry = z.object({
  id: z.string(),
  at: instant,
  /** A person's e-mail, `token:NAME`, or `system`. */
  actor: z.string(),
  /** What was done, e.g. `incident.acknowledge`. */
  action: z.string(),
  subject: z.string(),
  detail: z.record(z.string(), z.unknown()),
});

export const listAudit = operation({
  method: "GET",
  path: "/api/audit",
  access: "admin",
  summary: "The audit log, newest first",
  query: z.object({
    /** The `next` of the page before. */
    before: z
      .string()
      .regex(/^\d{1,18}$/, "must be the `next` of a page")
      .optional(),
    limit: z.coerce.number().int().min(1).max(500).default(100),
  }),
  answer: z.object({ entries: z.array(auditEntry), next: z.string().nullable() }),
});
