import { z } from "zod";
import { incidentSeverity } from "./incidents.ts";
import { markdownBlocks } from "./markdown.ts";
import { operation } from "./operation.ts";
import { instant, text } from "./values.ts";

const day = z.iso.date();

export const postMortemAction = z.object({
  id: z.string(),
  text: z.string(),
  owner: z.string().nullable(),
  dueOn: day.nullable(),
  doneAt: instant.nullable(),
});
export type PostMortemAction = z.infer<typeof postMortemAction>;

export const postMortem = z.object({
  number: z.number().int(),
  title: z.string(),
  severity: incidentSeverity,
  /** Markdown, and the same as a tree. */
  body: z.string(),
  blocks: markdownBlocks,
  /** Of the text: to be given back when it is saved. */
  version: z.number().int(),
  updatedAt: instant,
  updatedBy: z.string(),
  dueAt: instant.nullable(),
  completedAt: instant.nullable(),
  completedBy: z.string().nullable(),
  publishedAt: instant.nullable(),
  actions: z.array(postMortemAction),
});
export type PostMortem = z.infer<typeof postMortem>;

const byId = z.object({ id: z.string().max(40) });
const actionId = byId.extend({ action: z.uuid() });

export const listPostMortems = operation({
  method: "GET",
  path: "/api/post-mortems",
  access: "read",
  summary: "Ended incidents that ask for a post-mortem or have one, and the actions of all",
  answer: z.object({
    postMortems: z.array(
      z.object({
        number: z.number().int(),
        title: z.string(),
        severity: incidentSeverity,
        resolvedAt: instant,
        dueAt: instant,
        state: z.enum(["missing", "draft", "complete"]),
        publishedAt: instant.nullable(),
      }),
    ),
    /** The open ones first, by when they are due. */
    actions: z.array(postMortemAction.extend({ number: z.number().int(), title: z.string() })),
  }),
});

export const getPostMortem = operation({
  method: "GET",
  path: "/api/incidents/:id/post-mortem",
  access: "read",
  summary: "The post-mortem of an incident",
  params: byId,
  answer: postMortem,
});

export const beginPostMortem = operation({
  method: "POST",
  path: "/api/incidents/:id/post-mortem",
  access: "write",
  summary: "Draft a post-mortem from the timeline; one that is there is answered as it is",
  params: byId,
  answer: postMortem,
  status: 201,
});

export const savePostMortem = operation({
  method: "PUT",
  path: "/api/incidents/:id/post-mortem",
  access: "write",
  summary: "Save the text; refused when somebody else has saved another one meanwhile",
  params: byId,
  body: z.object({ body: text(1, 60_000), version: z.number().int().min(1) }),
  answer: postMortem,
});

export const completePostMortem = operation({
  method: "PUT",
  path: "/api/incidents/:id/post-mortem/complete",
  access: "write",
  summary: "Say that a post-mortem is complete, or open again",
  params: byId,
  body: z.object({ complete: z.boolean() }),
  answer: postMortem,
});

export const publishPostMortem = operation({
  method: "PUT",
  path: "/api/incidents/:id/post-mortem/published",
  access: "admin",
  summary: "Give the text as it is now to the public, or take it back",
  params: byId,
  body: z.object({ published: z.boolean() }),
  answer: postMortem,
});

const action = z.object({
  text: text(1, 1000),
  owner: text(1, 200).nullable().default(null),
  dueOn: day.nullable().default(null),
  done: z.boolean().default(false),
});

export const addPostMortemAction = operation({
  method: "POST",
  path: "/api/incidents/:id/post-mortem/actions",
  access: "write",
  summary: "Write down what somebody will do",
  params: byId,
  body: action,
  answer: postMortem,
  status: 201,
});

export const changePostMortemAction = operation({
  method: "PUT",
  path: "/api/incidents/:id/post-mortem/actions/:action",
  access: "write",
  summary: "Change an action, or say that it is done",
  params: actionId,
  body: action,
  answer: postMortem,
});

export const removePostMortemAction = operation({
  method: "DELETE",
  path: "/api/incidents/:id/post-mortem/actions/:action",
  access: "write",
  summary: "Take an action away",
  params: actionId,
  answer: postMortem,
});

export const exportPostMortem = operation({
  method: "GET",
  path: "/api/incidents/:id/post-mortem/export",
  access: "read",
  summary: "The post-mortem with its actions as one text of Markdown",
  params: byId,
  answer: z.object({ markdown: z.string() }),
});
