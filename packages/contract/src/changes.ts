import { z } from "zod";
import { operation } from "./operation.ts";
import { instant, text } from "./values.ts";

export const changeKind = z.enum([
  "deploy",
  "release",
  "flag",
  "migration",
  "infrastructure",
  "config",
]);
export type ChangeKind = z.infer<typeof changeKind>;

/** Something that was changed in what people run. */
export const recordedChange = z.object({
  id: z.string(),
  at: instant,
  kind: changeKind,
  title: z.string(),
  /** Null: it concerns all of them. */
  service: z.string().nullable(),
  environment: z.string().nullable(),
  version: z.string().nullable(),
  url: z.string().nullable(),
  actor: z.string(),
});
export type RecordedChange = z.infer<typeof recordedChange>;

export const recordChange = operation({
  method: "POST",
  path: "/api/changes",
  access: "ingest",
  summary: "Record a deploy, a release, a flag, a migration or an infrastructure event",
  body: z.object({
    kind: changeKind.default("deploy"),
    title: text(1, 300),
    service: text(1, 200).nullable().default(null),
    environment: text(1, 100).nullable().default(null),
    version: text(1, 200).nullable().default(null),
    url: z
      .url({ protocol: /^https?$/ })
      .max(2000)
      .nullable()
      .default(null),
    /** When it happened; now, if it is left out. */
    at: instant.nullable().default(null),
    /** The same key is the same change: sent again, it is recorded once. */
    key: text(1, 200).nullable().default(null),
  }),
  answer: recordedChange,
  status: 201,
});

export const listChanges = operation({
  method: "GET",
  path: "/api/changes",
  access: "read",
  summary: "What was changed between two times, newest first",
  query: z.object({
    from: instant,
    to: instant,
    /** Its own, and those that concern all. */
    service: text(1, 200).optional(),
    limit: z.coerce.number().int().min(1).max(500).default(100),
  }),
  answer: z.object({ changes: z.array(recordedChange) }),
});
