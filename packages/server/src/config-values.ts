import { z } from "zod";
import { networkFault, parseDuration } from "./model/index.ts";

/** A text such as `1h30m`; ms. */
export const duration = z.string().transform((text, context) => {
  const ms = parseDuration(text);
  if (ms === undefined)
    context.addIssue({
      code: "custom",
      message: `"${text}" is not a duration such as 30d, 15s or 1h30m`,
    });
  return ms ?? 0;
});

/** A number or a text such as `512MiB`; bytes. */
export const size = z
  .union([z.number().int().positive(), z.string()])
  .transform((given, context) => {
    const match = /^(\d+)(B|KiB|MiB|GiB)?$/.exec(String(given));
    if (match === null)
      context.addIssue({ code: "custom", message: `"${given}" is not a size such as 512MiB` });
    const unit = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 }[match?.[2] ?? "B"] ?? 1;
    return Number(match?.[1] ?? 0) * unit;
  });

/** A network such as `10.0.0.0/8`, or one address. */
export const network = z
  .string()
  .refine((text) => networkFault(text) === undefined, "is not a network such as 10.0.0.0/8");
