import { z } from "zod";

/** An instant as RFC 3339 text in UTC with milliseconds. */
export const instant = z.iso.datetime();

/** Labels or annotations. */
export const labels = z.record(z.string(), z.string());

export const severity = z.enum(["P1", "P2", "P3"]);
export type Severity = z.infer<typeof severity>;
