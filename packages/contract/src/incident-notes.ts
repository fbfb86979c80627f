import { z } from "zod";
import { incident, incidentId } from "./incidents.ts";
import { nothing, operation } from "./operation.ts";
import { pictureTypes } from "./pictures.ts";
import { text } from "./values.ts";

/** A picture that was taken in, and waits for its note. */
export const uploadedPicture = z.object({
  id: z.string(),
  type: z.string(),
  /** Points, as it is shown. */
  width: z.number().int(),
  height: z.number().int(),
  /** Bytes that are kept: without what a camera adds. */
  size: z.number().int(),
});
export type UploadedPicture = z.infer<typeof uploadedPicture>;

export const commentIncident = operation({
  method: "POST",
  path: "/api/incidents/:id/comments",
  access: "write",
  summary: "Add a note to the timeline: words in Markdown, pictures that were sent before, or both",
  params: incidentId,
  body: z.object({
    text: text(0, 20_000).default(""),
    pictures: z
      .array(
        z.object({
          id: z.uuid(),
          /** What it shows, for those who do not see it. */
          alt: text(0, 500).default(""),
        }),
      )
      .max(20)
      .default([]),
  }),
  answer: incident,
  status: 201,
});

export const removeIncidentNote = operation({
  method: "DELETE",
  path: "/api/incidents/:id/comments/:entry",
  access: "write",
  summary: "Remove a note with its pictures: one's own, or as an administrator any",
  params: incidentId.extend({ entry: z.string().regex(/^\d{1,18}$/) }),
  answer: incident,
});

export const addIncidentPicture = operation({
  method: "POST",
  path: "/api/incidents/:id/pictures",
  access: "write",
  summary:
    "Send a picture for a note: the file is the body. What a camera adds (place, time, device) is not kept",
  params: incidentId,
  query: z.object({
    /** The picture's id, given by the caller: sent again, it adds nothing. */
    id: z.uuid().optional(),
  }),
  bodyTypes: [...pictureTypes, "application/octet-stream"],
  body: z.custom<Uint8Array>((given) => given instanceof Uint8Array, "must be a file"),
  answer: uploadedPicture,
  status: 201,
});

export const dropIncidentPicture = operation({
  method: "DELETE",
  path: "/api/incidents/:id/pictures/:picture",
  access: "write",
  summary: "Take back a picture whose note was not sent",
  params: incidentId.extend({ picture: z.uuid() }),
  answer: nothing,
});
