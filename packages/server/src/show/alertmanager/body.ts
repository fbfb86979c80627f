import { z } from "zod";
import { BadRequest } from "./parameters.ts";

/** RFC 3339, as Go writes and reads it; Go's zero time means that there is none. */
const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/i;
const ZERO = -62_135_596_800_000;

/** A time in a body, in milliseconds since 1970; null for Go's zero time. */
export const time = z.string().transform((value, context) => {
  const at = RFC3339.test(value) ? Date.parse(value) : Number.NaN;
  if (!Number.isNaN(at)) return at === ZERO ? null : at;
  context.addIssue({
    code: "custom",
    message: `${JSON.stringify(value)} is not a time such as 2026-01-31T12:00:00Z`,
  });
  return z.NEVER;
});

/** Checks a body. Throws BadRequest naming what is wrong with it. */
export function readBody<T>(schema: z.ZodType<T>, body: unknown, name: string): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const faults = result.error.issues
    .slice(0, 10)
    .map((issue) => `${[name, ...issue.path.map(String)].join(".")}: ${issue.message}`);
  throw new BadRequest(faults.join("\n"));
}
