import { z } from "zod";
import { duration } from "./config-values.ts";
import type { PostMortemPolicy } from "./respond/index.ts";

/** `post_mortems` in seaworthy.yml. */
export const postMortemsSchema = z
  .strictObject({
    severities: z.array(z.enum(["P1", "P2", "P3"])).default(["P1", "P2"]),
    due_after: duration.optional(),
    template: z.string().min(1).optional(),
    objective: z.number().gt(0).lt(1).optional(),
  })
  .prefault({});

/** The settings with the template made absolute by `beside`; it is read when one is begun. */
export function readPostMortems(
  { severities, due_after, template, objective }: z.output<typeof postMortemsSchema>,
  dueAfter: number,
  beside: (path: string) => string,
): PostMortemPolicy {
  return {
    severities,
    dueAfter: due_after ?? dueAfter,
    template: template === undefined ? undefined : beside(template),
    objective,
  };
}
