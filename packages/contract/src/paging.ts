import { z } from "zod";
import { operation } from "./operation.ts";
import { instant, severity, text, timeOfDay } from "./values.ts";

const MAX_STEPS = 20;
const MAX_TARGETS = 20;
const DAY = 86_400;

const id = z.uuid();
const byId = z.object({ id });
const severities = z
  .array(severity)
  .min(1)
  .refine((list) => new Set(list).size === list.length, "must name each severity once");

export const escalationTarget = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("schedule"), id }),
  z.object({ kind: z.literal("person"), id }),
  z.object({ kind: z.literal("everyone") }),
]);
export type EscalationTarget = z.infer<typeof escalationTarget>;

/** What a person makes of an escalation policy. */
export const policyDraft = z.object({
  name: text(1, 100),
  /** The services whose incidents it is for; empty for all that no other policy names. */
  services: z.array(text(1, 200)).max(200).default([]),
  severities: severities.default(["P1", "P2"]),
  steps: z
    .array(
      z.object({
        targets: z.array(escalationTarget).min(1).max(MAX_TARGETS),
        /** `round-robin` pages one of the targets: the next one at each incident. */
        mode: z.enum(["all", "round-robin"]).default("all"),
        /** How long an answer is waited for before the next step. */
        waitSeconds: z.number().int().min(30).max(DAY),
      }),
    )
    .min(1)
    .max(MAX_STEPS),
  /** How many more times the steps are gone through while nobody answers. */
  repeats: z.number().int().min(0).max(9).default(0),
  /** Whether everybody is paged when all of that was in vain. */
  everyoneInTheEnd: z.boolean().default(true),
});
export type PolicyDraft = z.infer<typeof policyDraft>;

export const escalationPolicy = policyDraft.extend({
  id: z.string(),
  /** Counts changes: a change must name the version that it was made on. */
  version: z.number().int(),
  updatedAt: instant,
});
export type EscalationPolicy = z.infer<typeof escalationPolicy>;

export const listPolicies = operation({
  method: "GET",
  path: "/api/escalation-policies",
  access: "read",
  summary: "Who is paged about which incidents",
  answer: z.object({ policies: z.array(escalationPolicy) }),
});

export const createPolicy = operation({
  method: "POST",
  path: "/api/escalation-policies",
  access: "write",
  summary: "Make an escalation policy",
  body: policyDraft,
  answer: escalationPolicy,
  status: 201,
});

export const replacePolicy = operation({
  method: "PUT",
  path: "/api/escalation-policies/:id",
  access: "write",
  summary:
    "Change a policy; refused when somebody else has changed it since `version`. What is under way goes on by the policy as it was",
  params: byId,
  body: policyDraft.extend({ version: z.number().int().min(1) }),
  answer: escalationPolicy,
});

export const deletePolicy = operation({
  method: "DELETE",
  path: "/api/escalation-policies/:id",
  access: "write",
  summary: "Remove a policy; what it has begun goes on",
  params: byId,
  answer: z.object({}),
});

const contactDraft = z.object({
  kind: z.enum(["email", "slack", "webhook", "sms", "voice", "push"]),
  /**
   * An e-mail address, a URL, a telephone number such as +4930123456, or of a browser its subscription to
   * pushes as JSON (`JSON.stringify(subscription)`), of which the endpoint is answered.
   */
  address: text(1, 2000),
  /** What one calls it, such as the browser's name. */
  name: text(1, 100).nullable().default(null),
  /** Incidents of these severities page by it. */
  severities: severities.default(["P1", "P2", "P3"]),
  /** At these local times only P1 pages by it. */
  quiet: z
    .object({ timeZone: text(1, 100), from: timeOfDay, to: timeOfDay })
    .nullable()
    .default(null),
});

export const contactMethod = contactDraft.extend({
  id: z.string(),
  /** Since when nothing gets through by it any more: a browser has ended its subscription. */
  endedAt: instant.nullable(),
});
export type ContactMethod = z.infer<typeof contactMethod>;

export const listContactMethods = operation({
  method: "GET",
  path: "/api/account/contact-methods",
  access: "read",
  summary: "How one is reached oneself",
  answer: z.object({ methods: z.array(contactMethod) }),
});

export const addContactMethod = operation({
  method: "POST",
  path: "/api/account/contact-methods",
  access: "read",
  summary: "Add a way of being reached oneself",
  body: contactDraft,
  answer: contactMethod,
  status: 201,
});

export const getPushKey = operation({
  method: "GET",
  path: "/api/account/push-key",
  access: "read",
  summary: "The key that a browser subscribes to pushes with (VAPID, RFC 8292)",
  /** A point of P-256, uncompressed, as base64url. */
  answer: z.object({ publicKey: z.string() }),
});

export const removeContactMethod = operation({
  method: "DELETE",
  path: "/api/account/contact-methods/:id",
  access: "read",
  summary: "Remove a way of being reached oneself",
  params: byId,
  answer: z.object({}),
});

export const testContactMethod = operation({
  method: "POST",
  path: "/api/account/contact-methods/:id/test",
  access: "read",
  summary: "Send oneself a test page",
  params: byId,
  /** What went wrong; null when the page went out. */
  answer: z.object({ error: z.string().nullable() }),
});

/** The paging for an incident. */
export const paging = z.object({
  policy: z.string(),
  /** `waiting` for an answer, `exhausted` when everybody was paged in vain, or how it ended. */
  state: z.enum(["waiting", "exhausted", "acknowledged", "resolved"]),
  /** When the next step is taken, if nobody answers. */
  nextAt: instant.nullable(),
  /** In words, e.g. `step 2 of 3`. */
  next: z.string().nullable(),
  pages: z.array(
    z.object({
      id: z.string(),
      person: z.string(),
      kind: contactDraft.shape.kind,
      step: z.string(),
      state: z.enum(["waiting", "sent", "failed", "dropped"]),
      createdAt: instant,
      sentAt: instant.nullable(),
      error: z.string().nullable(),
    }),
  ),
});
export type IncidentPaging = z.infer<typeof paging>;

export const getIncidentPaging = operation({
  method: "GET",
  path: "/api/incidents/:id/paging",
  access: "read",
  summary: "Who has been paged about an incident, and who will be",
  params: z.object({ id: z.string().max(40) }),
  answer: z.object({ paging: paging.nullable() }),
});
