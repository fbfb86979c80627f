import { z } from "zod";
import { MASKED, parseDuration } from "../../model/index.ts";

/*
 * The scalars of alertmanager.yml. They arrive as text (see `alertmanagerDocument`), and a null means
 * "not set", as in the Go structures that define the format; an empty string is likewise "not set"
 * for every field that Alertmanager checks with `!= ""`.
 */

/** Any field: absent and null give `fallback`. */
export function field<T>(schema: z.ZodType<T>, fallback: T): z.ZodType<T> {
  return schema.nullish().transform((value): T => value ?? fallback);
}

/** Any field: absent and null give undefined. */
export function optional<T>(schema: z.ZodType<T>): z.ZodType<T | undefined> {
  return field<T | undefined>(schema, undefined);
}

/** A field with text. */
export const text = (fallback = ""): z.ZodType<string> => field(z.string(), fallback);

const TRUE = /^(?:y|Y|yes|Yes|YES|true|True|TRUE|on|On|ON)$/;
const FALSE = /^(?:n|N|no|No|NO|false|False|FALSE|off|Off|OFF)$/;

const flagSchema = z
  .string()
  .refine((value) => TRUE.test(value) || FALSE.test(value), "must be true or false")
  .transform((value) => TRUE.test(value));

/** A field with true or false. */
export const flag = (fallback = false): z.ZodType<boolean> => field(flagSchema, fallback);

/** A field with true, false or nothing. */
export const optionalFlag: z.ZodType<boolean | undefined> = optional(flagSchema);

/** A field with a whole number. */
export const integer = (fallback = 0): z.ZodType<number> =>
  field(
    z
      .string()
      .regex(/^[-+]?\d{1,15}$/, "must be a whole number")
      .transform(Number),
    fallback,
  );

/** A field with a whole number that is not negative. */
export const count = (fallback = 0): z.ZodType<number> =>
  field(
    z
      .string()
      .regex(/^\d{1,15}$/, "must be a whole number, 0 or more")
      .transform(Number),
    fallback,
  );

/** A field with a number. */
export const decimal = (fallback = 0): z.ZodType<number> =>
  field(
    z
      .string()
      .refine((value) => value.trim() !== "" && Number.isFinite(Number(value)), "must be a number")
      .transform(Number),
    fallback,
  );

/** A duration as Prometheus writes it, e.g. `1h30m`, in milliseconds. */
export const duration: z.ZodType<number | undefined> = optional(
  z.string().transform((value, context) => {
    const ms = parseDuration(value);
    if (ms !== undefined) return ms;
    context.addIssue({
      code: "custom",
      message: `${JSON.stringify(value)} is not a duration; write for example 30s, 5m or 1h30m`,
    });
    return z.NEVER;
  }),
);

const GO_UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** A duration as Go writes it, e.g. `1.5s` (a bare number is nanoseconds), in milliseconds. */
export const goDurationOr = (fallback: number): z.ZodType<number> =>
  field(
    z.string().transform((value, context) => {
      if (/^\d{1,15}$/.test(value)) return Number(value) / 1e6;
      const parts = [...value.matchAll(/(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/gy)];
      const length = parts.reduce((sum, [part]) => sum + part.length, 0);
      if (parts.length > 0 && length === value.length)
        return parts.reduce(
          (sum, [, n, unit]) => sum + Number(n) * (GO_UNITS[unit as string] ?? 0),
          0,
        );
      context.addIssue({
        code: "custom",
        message: `${JSON.stringify(value)} is not a duration; write for example 10s or 1m30s`,
      });
      return z.NEVER;
    }),
    fallback,
  );
export const goDuration = goDurationOr(0);

function urlFault(value: string): string | undefined {
  if (!/^https?:\/\//i.test(value)) return "must be a URL that begins with http:// or https://";
  return URL.canParse(value) ? undefined : "is not a valid URL";
}

/** An http or https URL. */
export const url: z.ZodType<string | undefined> = optional(
  z.string().superRefine((value, context) => {
    const message = urlFault(value);
    if (message !== undefined) context.addIssue({ code: "custom", message });
  }),
);

/** A URL that must not be shown; its own text is left out of messages. */
export const secretUrl: z.ZodType<string | undefined> = optional(
  z.string().superRefine((value, context) => {
    const message = value === MASKED ? undefined : urlFault(value);
    if (message !== undefined) context.addIssue({ code: "custom", message });
  }),
);

/** A secret URL that may be a template; only a plain one can be checked before it is used. */
export const secretTemplateUrl = (): z.ZodType<string> =>
  field(
    z.string().superRefine((value, context) => {
      if (value === "" || value === MASKED || value.includes("{{")) return;
      const message = urlFault(value);
      if (message !== undefined) context.addIssue({ code: "custom", message });
    }),
    "",
  );

/** `host:port`; an IPv6 host stands in brackets. The empty text is "not set". */
export const hostPort: z.ZodType<string> = field(
  z.string().regex(/^(?:$|(?:\[[^\][]*\]|[^:\][]*):[^:\][]+$)/, "must be host:port, with a port"),
  "",
);

/** A list; absent and null give an empty one. */
export const list = <T>(item: z.ZodType<T>): z.ZodType<readonly T[]> =>
  field<readonly T[]>(z.array(item), []);

/** A map from names to texts; a null value is the empty text. */
export const textMap: z.ZodType<Readonly<Record<string, string>>> = field(
  z.record(z.string(), text()) as z.ZodType<Readonly<Record<string, string>>>,
  {},
);
