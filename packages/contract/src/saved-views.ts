import { z } from "zod";
import { operation } from "./operation.ts";
import { instant, text } from "./values.ts";

/** The explorers whose state can be kept under a name. */
const screen = z.enum(["metrics", "logs", "traces"]);
export type ViewScreen = z.infer<typeof screen>;

/** What an explorer showed, kept under a name for everybody. */
export const savedView = z.object({
  id: z.string(),
  screen,
  name: z.string(),
  /** The parameters of the screen's address: `q=…&from=now-1h&to=now`. */
  search: z.string(),
  savedBy: z.string(),
  savedAt: instant,
});
export type SavedView = z.infer<typeof savedView>;

export const listViews = operation({
  method: "GET",
  path: "/api/views",
  access: "read",
  summary: "The saved views of an explorer, by name",
  query: z.object({ screen }),
  answer: z.object({ views: z.array(savedView) }),
});

export const saveView = operation({
  method: "PUT",
  path: "/api/views",
  access: "write",
  summary: "Save a view; one of the same name is replaced",
  body: z.object({ screen, name: text(1, 100), search: text(0, 20_000) }),
  answer: savedView,
});

export const deleteView = operation({
  method: "DELETE",
  path: "/api/views/:id",
  access: "write",
  summary: "Delete a saved view, if it is there",
  params: z.object({ id: z.uuid() }),
  answer: z.object({}),
});
