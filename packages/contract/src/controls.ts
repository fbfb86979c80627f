import { z } from "zod";
import { operation } from "./operation.ts";
import { instant, text } from "./values.ts";

const DAY = 86_400;
const MAX_OPTIONS = 50;

const controlName = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{0,62}$/,
    "must be lower-case letters, digits and hyphens, beginning with a letter",
  );
const service = text(1, 200);
const environment = text(1, 100);
const place = z.object({ service, environment });
const named = place.extend({ name: controlName });

export const controlValue = z.union([z.boolean(), text(1, 200), z.number()]);
export type ControlValue = z.infer<typeof controlValue>;

/** Which values a control takes. */
const range = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("boolean") }),
  z.object({
    kind: z.literal("choice"),
    options: z
      .array(text(1, 200))
      .min(2)
      .max(MAX_OPTIONS)
      .refine((list) => new Set(list).size === list.length, "must name each option once"),
  }),
  z.object({ kind: z.literal("number"), min: z.number(), max: z.number() }),
]);

/** What an admin makes of a control. */
export const controlDraft = z.object({
  range,
  /** The value when nothing is wrong; what a new control begins with. */
  normal: controlValue,
  description: text(0, 500).default(""),
  /** Whether leaving the normal value has to be confirmed with the service's name. */
  dangerous: z.boolean().default(false),
  /** Which changes need a second person: none, those away from the normal value, or all. */
  twoPerson: z.enum(["never", "away", "always"]).default("never"),
});
export type ControlDraft = z.infer<typeof controlDraft>;

export const control = controlDraft.extend({
  service: z.string(),
  environment: z.string(),
  name: z.string(),
  value: controlValue,
  /** Grows at every change; a change may name the one that it was made on. */
  revision: z.number().int(),
  changedAt: instant,
  changedBy: z.string(),
  reason: z.string(),
  /** When it goes back by itself, and to what; null when it stays. */
  expiry: z.object({ at: instant, value: controlValue }).nullable(),
});
export type Control = z.infer<typeof control>;

/** A change that waits for a second person. */
export const controlRequest = z.object({
  id: z.string(),
  service: z.string(),
  environment: z.string(),
  name: z.string(),
  value: controlValue,
  reason: z.string(),
  lastsSeconds: z.number().int().nullable(),
  requestedBy: z.string(),
  requestedAt: instant,
  /** After this nobody can approve it any more. */
  expiresAt: instant,
});
export type ControlRequest = z.infer<typeof controlRequest>;

export const controlledService = z.object({
  service: z.string(),
  environment: z.string(),
  /** The revision of its newest change. */
  revision: z.number().int(),
  /** Streams of applications that are connected to the server that answers. */
  listeners: z.number().int(),
  controls: z.array(control),
});
export type ControlledService = z.infer<typeof controlledService>;

export const listControls = operation({
  method: "GET",
  path: "/api/controls",
  access: "read",
  summary: "The emergency controls of all services, and the changes that wait for a second person",
  query: z.object({ service: service.optional(), environment: environment.optional() }),
  answer: z.object({
    services: z.array(controlledService),
    pending: z.array(controlRequest),
  }),
});

export const addControlledService = operation({
  method: "POST",
  path: "/api/controls",
  access: "write",
  summary: "Give a service in an environment its kill switch, safe mode and operator takeover",
  body: place,
  answer: controlledService,
  status: 201,
});

export const removeControlledService = operation({
  method: "DELETE",
  path: "/api/controls/:service/:environment",
  access: "admin",
  summary: "Remove all controls of a service in an environment; their history stays",
  params: place,
  answer: z.object({}),
});

export const defineControl = operation({
  method: "PUT",
  path: "/api/controls/:service/:environment/:name",
  access: "admin",
  summary: "Make a control, or change what it is; its value stays where it still fits",
  params: named,
  body: controlDraft,
  answer: control,
});

export const removeControl = operation({
  method: "DELETE",
  path: "/api/controls/:service/:environment/:name",
  access: "admin",
  summary: "Remove a control; its history stays",
  params: named,
  answer: z.object({}),
});

export const setControl = operation({
  method: "POST",
  path: "/api/controls/:service/:environment/:name/value",
  access: "write",
  summary: "Change a control, or ask for the change where it needs a second person",
  params: named,
  body: z.object({
    value: controlValue,
    reason: text(3, 500),
    /** After this long it goes back to the value before. */
    lastsSeconds: z
      .number()
      .int()
      .min(1)
      .max(30 * DAY)
      .optional(),
    /** The revision of the control that the change was made on; refused when it has moved on. */
    revision: z.number().int().min(0).optional(),
    /** The service's name, for a dangerous control. */
    confirm: z.string().max(200).optional(),
  }),
  answer: z.object({
    control,
    /** The request, when the change waits for a second person. */
    pending: controlRequest.nullable(),
  }),
});

const request = z.object({ id: z.uuid() });

export const approveControl = operation({
  method: "POST",
  path: "/api/control-requests/:id/approve",
  access: "write",
  summary: "Approve another person's change, which is made at once",
  params: request,
  answer: z.object({ control }),
});

export const rejectControl = operation({
  method: "POST",
  path: "/api/control-requests/:id/reject",
  access: "write",
  summary: "Refuse another person's change, or withdraw one's own",
  params: request,
  answer: z.object({}),
});

export const controlChange = z.object({
  revision: z.number().int(),
  service: z.string(),
  environment: z.string(),
  name: z.string(),
  was: controlValue.nullable(),
  value: controlValue.nullable(),
  at: instant,
  by: z.string(),
  approvedBy: z.string().nullable(),
  reason: z.string(),
  until: instant.nullable(),
});
export type ControlChange = z.infer<typeof controlChange>;

export const getControlHistory = operation({
  method: "GET",
  path: "/api/controls/history",
  access: "read",
  summary: "What was changed, newest first",
  query: z.object({
    service: service.optional(),
    environment: environment.optional(),
    name: controlName.optional(),
    /** The revision of the last change seen. */
    before: z.coerce.number().int().positive().optional(),
    limit: z.coerce.number().int().min(1).max(500).default(50),
  }),
  answer: z.object({ changes: z.array(controlChange), next: z.number().int().nullable() }),
});
