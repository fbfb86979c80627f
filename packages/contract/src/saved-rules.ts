import { z } from "zod";
import { operation } from "./operation.ts";
import { text } from "./values.ts";

const pairs = z
  .record(text(1, 200), text(0, 20_000))
  .refine((given) => Object.keys(given).length <= 100, "are at most 100")
  .default({});
/** As rule files have it, e.g. `5m`; empty for none. */
const duration = text(0, 40).default("");

/** Which text of a file somebody saw: a change that was made on another one is refused. */
const version = z.string().regex(/^[\da-f]{64}$/, "must be the `version` that was answered");

export const savedRule = z.object({
  type: z.enum(["alerting", "recording"]),
  name: text(1, 500),
  expression: text(1, 100_000),
  for: duration,
  keepFiringFor: duration,
  labels: pairs,
  annotations: pairs,
});
export type SavedRule = z.infer<typeof savedRule>;

export const getSavedRules = operation({
  method: "GET",
  path: "/api/rules/saved",
  access: "read",
  summary: "The rule file that rules are saved in from here: `rules.saved_in` of seaworthy.yml",
  answer: z.object({ saved: z.object({ file: z.string(), version }).nullable() }),
});

export const saveRule = operation({
  method: "PUT",
  path: "/api/rules/saved",
  access: "admin",
  summary:
    "Put a PromQL rule into the file, in the place of the one of its group with the same name if there is one; checked first, and read at once",
  body: z.object({ group: text(1, 500), rule: savedRule, version }),
  answer: z.object({ file: z.string(), version }),
});
