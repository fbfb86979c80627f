import { z } from "zod";
import {
  incident,
  incidentId,
  incidentRole,
  incidentSeverity,
  incidentState,
} from "./incidents.ts";
import { nothing, operation } from "./operation.ts";
import { instant, severity, text } from "./values.ts";

const comment = text(1, 20_000).optional();
/** Given by the caller, so that a request that is sent again adds nothing. */
const ownId = z.uuid().optional();

const webAddress = z
  .url({ protocol: /^https?$/ })
  .max(2000)
  .refine((url) => new URL(url).username === "", "must not carry a user name");

export const editIncident = operation({
  method: "PUT",
  path: "/api/incidents/:id",
  access: "write",
  summary:
    "Change an incident's title, severity, service, or when it began; what is left out stays",
  params: incidentId,
  body: z.object({
    title: text(1, 200).optional(),
    severity: incidentSeverity.optional(),
    service: text(1, 200).nullable().optional(),
    beganAt: instant.nullable().optional(),
  }),
  answer: incident,
});

export const moveIncident = operation({
  method: "POST",
  path: "/api/incidents/:id/state",
  access: "write",
  summary: "Bring an incident into one of its `nextStates`; the state that it has changes nothing",
  params: incidentId,
  body: z.object({ state: incidentState.exclude(["triggered"]), comment }),
  answer: incident,
});

export const reopenIncident = operation({
  method: "POST",
  path: "/api/incidents/:id/reopen",
  access: "write",
  summary: "Open a resolved incident again; nobody is paged, and what is open stays as it is",
  params: incidentId,
  body: z.object({ comment: text(1, 500).optional() }),
  answer: incident,
});

export const mergeIncident = operation({
  method: "POST",
  path: "/api/incidents/:id/merge",
  access: "write",
  summary: "Move all that an incident holds into another and close it; answers that other",
  params: incidentId,
  body: z.object({ into: text(1, 40) }),
  answer: incident,
});

export const splitIncident = operation({
  method: "POST",
  path: "/api/incidents/:id/split",
  access: "write",
  summary: "Move some of an incident's alerts into a new one; answers the new one",
  params: incidentId,
  body: z.object({
    title: text(1, 200),
    severity,
    service: text(1, 200).nullable().default(null),
    /** Fingerprints. */
    alerts: z.array(z.string().max(100)).min(1).max(10_000),
  }),
  answer: incident,
});

export const assignRole = operation({
  method: "PUT",
  path: "/api/incidents/:id/roles/:role",
  access: "write",
  summary: "Give a role to a person, or to nobody (null)",
  params: incidentId.extend({ role: incidentRole }),
  body: z.object({ person: z.uuid().nullable() }),
  answer: incident,
});

export const addTask = operation({
  method: "POST",
  path: "/api/incidents/:id/tasks",
  access: "write",
  summary: "Add something that has to be done",
  params: incidentId,
  body: z.object({ id: ownId, text: text(1, 500), owner: z.uuid().nullable().default(null) }),
  answer: incident,
  status: 201,
});

export const editTask = operation({
  method: "PUT",
  path: "/api/incidents/:id/tasks/:task",
  access: "write",
  summary: "Tick a task off, or give it to somebody; what is left out stays",
  params: incidentId.extend({ task: z.uuid() }),
  body: z.object({ done: z.boolean().optional(), owner: z.uuid().nullable().optional() }),
  answer: incident,
});

export const addResource = operation({
  method: "POST",
  path: "/api/incidents/:id/links",
  access: "write",
  summary: "Put a link beside an incident: a call, a document, a ticket",
  params: incidentId,
  body: z.object({ id: ownId, url: webAddress, title: text(1, 200) }),
  answer: incident,
  status: 201,
});

export const removeResource = operation({
  method: "DELETE",
  path: "/api/incidents/:id/links/:link",
  access: "write",
  summary: "Remove a link",
  params: incidentId.extend({ link: z.uuid() }),
  answer: incident,
});

export const setIncidentServices = operation({
  method: "PUT",
  path: "/api/incidents/:id/services",
  access: "write",
  summary: "Say which services an incident touches beside its own",
  params: incidentId,
  body: z.object({ services: z.array(text(1, 200)).max(100) }),
  answer: incident,
});

export const subscribeToIncident = operation({
  method: "PUT",
  path: "/api/incidents/:id/subscription",
  access: "write",
  summary: "Be kept informed of an incident",
  params: incidentId,
  body: nothing,
  answer: incident,
});

export const unsubscribeFromIncident = operation({
  method: "DELETE",
  path: "/api/incidents/:id/subscription",
  access: "write",
  summary: "Be kept informed no longer",
  params: incidentId,
  answer: incident,
});
