import { z } from "zod";

/** An instant as RFC 3339 text in UTC with milliseconds. */
export const instant = z.iso.datetime();

/** Labels or annotations. */
export const labels = z.record(z.string(), z.string());

/** What a rule's expression is written in. */
export const ruleLanguage = z.enum(["promql", "logql"]);
export type RuleLanguage = z.infer<typeof ruleLanguage>;

export const severity = z.enum(["P1", "P2", "P3"]);
export type Severity = z.infer<typeof severity>;

const storable = (value: string) => !value.includes("\0") && !/\p{Surrogate}/u.test(value);

/**
 * Text that people type. NUL and lone surrogates cannot be stored, and are refused where they come
 * in rather than by the database.
 */
export const text = (min: number, max: number) =>
  z.string().min(min).max(max).refine(storable, "must not contain NUL or broken Unicode");

/** Paths of the interface's pages with the logs and the traces of one thing and time. */
export const signalLinks = z.object({ logs: z.string(), traces: z.string() });

/** Paths of the interface's pages with a trace, or one span of it, and the log lines of that. */
export const traceLinks = z.object({ trace: z.string(), logs: z.string() });

/** `HH:MM`, local. */
export const timeOfDay = z
  .string()
  .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, "must be a time such as 09:00");
