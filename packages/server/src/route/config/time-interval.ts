import { z } from "zod";
import { list, optional, text } from "./fields.ts";

/** An inclusive range of whole numbers. */
interface Range {
  readonly from: number;
  readonly to: number;
}

/** A set of times; an absent part allows every value, several parts must all hold. */
export interface TimeInterval {
  /** Minutes of the day, the end excluded. */
  readonly times: readonly Range[] | undefined;
  /** 0 is Sunday. */
  readonly weekdays: readonly Range[] | undefined;
  /** Negative days count from the end of the month. */
  readonly daysOfMonth: readonly Range[] | undefined;
  readonly months: readonly Range[] | undefined;
  readonly years: readonly Range[] | undefined;
  /** An IANA time zone. */
  readonly location: string;
}

const WEEKDAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
const MONTHS = [
  "january",
  "february",
  "march",
  "april",
  "may",
  "june",
  "july",
  "august",
  "september",
  "october",
  "november",
  "december",
];

/** A text such as `monday:friday` or `7` as a range, with `member` reading each end. */
function range(member: (word: string) => number | undefined, check: (range: Range) => string) {
  return z.string().transform((value, context) => {
    const [first = "", second = first, ...rest] = value.toLowerCase().split(":");
    const from = member(first);
    const to = member(second);
    const result = { from: from ?? 0, to: to ?? 0 };
    const reason =
      rest.length > 0 || from === undefined || to === undefined
        ? "is not a value or a range from:to"
        : check(result);
    if (reason === "") return result;
    context.addIssue({ code: "custom", message: `${JSON.stringify(value)} ${reason}` });
    return z.NEVER;
  });
}

const wholeNumber = (word: string) => (/^[-+]?\d{1,9}$/.test(word) ? Number(word) : undefined);
const ordered = ({ from, to }: Range) => (from > to ? "ends before it begins" : "");
const indexIn = (names: readonly string[], word: string) => {
  const index = names.indexOf(word);
  return index < 0 ? undefined : index;
};

const weekdays = range((word) => indexIn(WEEKDAYS, word), ordered);
const months = range(
  (word) => {
    const index = indexIn(MONTHS, word);
    return index === undefined ? wholeNumber(word) : index + 1;
  },
  (value) =>
    value.from < 1 || value.to > 12 ? "is not a month: use a name or 1 to 12" : ordered(value),
);
const years = range(wholeNumber, ordered);
const daysOfMonth = range(wholeNumber, ({ from, to }) => {
  const outside = (day: number) => day === 0 || day < -31 || day > 31;
  if (outside(from) || outside(to)) return "is out of range: days are 1 to 31 or -31 to -1";
  if (from < 0 && to > 0) return "must end with a negative day when it begins with one";
  // A negative day's place is not known before the month is; 28 days is the shortest month.
  const place = (day: number) => (day < 0 ? 28 + day : day);
  return place(from) > place(to) ? "ends before it begins" : "";
});

const CLOCK = /^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/;
const timeOfDay = z
  .string()
  .regex(CLOCK, "must be a time such as 09:00, up to 24:00")
  .transform((value) => Number(value.slice(0, 2)) * 60 + Number(value.slice(3)));

const times = z
  .strictObject({ start_time: timeOfDay, end_time: timeOfDay })
  .refine((value) => value.start_time < value.end_time, "end_time must be after start_time")
  .transform((value): Range => ({ from: value.start_time, to: value.end_time }));

const location = optional(
  z.string().refine((value) => {
    if (value === "Local" || value === "") return true;
    try {
      return zoned(value) !== undefined;
    } catch {
      return false;
    }
  }, "is not a time zone; use a name such as Europe/Berlin"),
);

const interval = z
  .strictObject({
    times: optional(z.array(times)),
    weekdays: optional(z.array(weekdays)),
    days_of_month: optional(z.array(daysOfMonth)),
    months: optional(z.array(months)),
    years: optional(z.array(years)),
    location,
  })
  .transform((value): TimeInterval => ({
    times: value.times,
    weekdays: value.weekdays,
    daysOfMonth: value.days_of_month,
    months: value.months,
    years: value.years,
    location: value.location ?? "UTC",
  }));

/** An entry of `time_intervals` (or of the deprecated `mute_time_intervals`). */
export const namedTimeInterval = z.strictObject({
  name: text().refine((name) => name !== "", "a time interval needs a name"),
  time_intervals: list(interval as z.ZodType<TimeInterval>),
});

/** One formatter for each zone: making one costs more than using it a thousand times. */
const formatters = new Map<string, Intl.DateTimeFormat>();

function zoned(location: string): Intl.DateTimeFormat {
  const known = formatters.get(location);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat("en-US", {
    ...(location === "Local" ? {} : { timeZone: location === "" ? "UTC" : location }),
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
  });
  formatters.set(location, made);
  return made;
}

/** Whether the moment `at` (milliseconds since 1970) is in the interval. */
export function contains(interval: TimeInterval, at: number): boolean {
  const parts = new Map(
    zoned(interval.location)
      .formatToParts(at)
      .map((part) => [part.type, Number(part.value)]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
  const [year, month, day] = [part("year"), part("month"), part("day")];
  const weekday = new Date(Date.UTC(year, month - 1, day)).getUTCDay();
  const monthLength = new Date(Date.UTC(year, month, 0)).getUTCDate();
  const minute = part("hour") * 60 + part("minute");
  const within = (ranges: readonly Range[] | undefined, value: number) =>
    ranges === undefined || ranges.some(({ from, to }) => value >= from && value <= to);
  return (
    (interval.times === undefined ||
      interval.times.some(({ from, to }) => minute >= from && minute < to)) &&
    within(
      interval.daysOfMonth
        ?.map(({ from, to }) => ({
          from: from < 0 ? monthLength + from + 1 : from,
          to: Math.min(to < 0 ? monthLength + to + 1 : to, monthLength),
        }))
        .filter(({ from }) => from <= monthLength),
      day,
    ) &&
    within(interval.months, month) &&
    within(interval.weekdays, weekday) &&
    within(interval.years, year)
  );
}
