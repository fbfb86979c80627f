import { z } from "zod";
import { isTimeZone } from "./model/index.ts";
import type { DigestPolicy } from "./route/index.ts";

const WEEKDAYS = [
  "monday",
  "tuesday",
  "wednesday",
  "thursday",
  "friday",
  "saturday",
  "sunday",
] as const;

/** `notifications.digest` of seaworthy.yml: the digest is off without it. */
export const digestSchema = z.strictObject({
  receiver: z.string().min(1),
  weekday: z.enum(WEEKDAYS).default("monday"),
  time: z
    .string()
    .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, "is not a time such as 09:00")
    .default("09:00"),
  time_zone: z
    .string()
    .refine(isTimeZone, "is not a time zone; use a name such as Europe/Berlin")
    .default("UTC"),
});

/** The same as the router takes it. */
export function readDigest(given: z.output<typeof digestSchema>): DigestPolicy {
  const { receiver, weekday, time, time_zone: timeZone } = given;
  return { receiver, weekday: WEEKDAYS.indexOf(weekday) + 1, time, timeZone };
}
