import { DAYS, ELEMENT, MONTHS } from "./time-layout.ts";

/** What each element of a Go layout accepts, and what it says of the time. */
interface Field {
  readonly pattern: string;
  readonly read: (text: string, into: Partial<Record<Part, number>>) => void;
}
type Part = "year" | "month" | "day" | "hour" | "half" | "minute" | "second" | "ms" | "offset";

const number = (part: Part, pattern: string, scale = 0): Field => ({
  pattern,
  read: (text, into) => (into[part] = Number(text.trim()) + scale),
});
const name = (part: Part | undefined, names: readonly string[], length?: number): Field => ({
  pattern: names.map((one) => one.slice(0, length)).join("|"),
  read(text, into) {
    if (part !== undefined) into[part] = names.findIndex((one) => one.startsWith(text)) + 1;
  },
});
const half: Field = {
  pattern: "[AaPp][Mm]",
  read: (text, into) => (into.half = /^p/i.test(text) ? 12 : 0),
};
const twoDigitYear: Field = {
  pattern: "\\d\\d",
  read: (text, into) => (into.year = Number(text) + (Number(text) >= 69 ? 1900 : 2000)),
};
const offset = (pattern: string): Field => ({
  pattern,
  read(text, into) {
    const [, sign, hours = "0", minutes = "0"] = /^([+-])(\d\d):?(\d\d)?/.exec(text) ?? [];
    const total = Number(hours) * 60 + Number(minutes);
    into.offset = sign === "-" ? -total : total;
  },
});

const FIELDS: Readonly<Record<string, Field>> = {
  January: name("month", MONTHS),
  Jan: name("month", MONTHS, 3),
  Monday: name(undefined, DAYS),
  Mon: name(undefined, DAYS, 3),
  MST: { pattern: "[A-Z]{3,5}|[+-]\\d\\d", read: () => {} },
  "2006": number("year", "\\d{4}"),
  "06": twoDigitYear,
  "01": number("month", "\\d\\d"),
  "1": number("month", "\\d\\d?"),
  "02": number("day", "\\d\\d"),
  _2: number("day", " \\d|\\d\\d"),
  "2": number("day", "\\d\\d?"),
  "15": number("hour", "\\d\\d"),
  "03": number("hour", "\\d\\d"),
  "3": number("hour", "\\d\\d?"),
  "04": number("minute", "\\d\\d"),
  "4": number("minute", "\\d\\d?"),
  "05": number("second", "\\d\\d"),
  "5": number("second", "\\d\\d?"),
  PM: half,
  pm: half,
  "-07": offset("[+-]\\d\\d"),
  "-0700": offset("[+-]\\d{4}"),
  "-07:00": offset("[+-]\\d\\d:\\d\\d"),
  Z07: offset("Z|[+-]\\d\\d"),
  Z0700: offset("Z|[+-]\\d{4}"),
  "Z07:00": offset("Z|[+-]\\d\\d:\\d\\d"),
};

/** Longer layouts and texts are not times. */
const MAX_LENGTH = 200;

/**
 * Reads a time that is written in a Go layout. Answers milliseconds since 1970, or undefined when the
 * text does not fit or names no moment. As in Go, a fraction of a second may follow the seconds
 * although the layout has none, and what the layout leaves out is the first of its kind (UTC).
 */
export function readTime(text: string, layout: string): number | undefined {
  if (text.length > MAX_LENGTH || layout.length > MAX_LENGTH) return undefined;
  const fields: Field[] = [];
  let pattern = "";
  let end = 0;
  for (const found of layout.matchAll(ELEMENT)) {
    pattern += literal(layout.slice(end, found.index));
    end = found.index + found[0].length;
    const field = /^[.,]/.test(found[0]) ? fraction(found[0]) : FIELDS[found[0]];
    if (field === undefined) return undefined;
    fields.push(field);
    pattern += `(${field.pattern})`;
    if (/^(?:05|5)$/.test(found[0]) && !/^[.,][09]/.test(layout.slice(end))) {
      fields.push(fraction(".9"));
      pattern += "([.,]\\d{1,9})?";
    }
  }
  const match = new RegExp(`^${pattern}${literal(layout.slice(end))}$`).exec(text);
  if (match === null) return undefined;
  const parts: Partial<Record<Part, number>> = {};
  fields.forEach((field, index) => field.read(match[index + 1] ?? "", parts));
  return momentOf(parts);
}

function fraction(element: string): Field {
  const optional = element[1] === "9";
  return {
    pattern: optional ? "(?:[.,]\\d{1,9})?" : `[.,]\\d{${element.length - 1}}`,
    read: (text, into) => (into.ms = text === "" ? 0 : Number(`0.${text.slice(1)}`) * 1000),
  };
}

function literal(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}

function momentOf(parts: Partial<Record<Part, number>>): number | undefined {
  const { year = 0, month = 1, day = 1, minute = 0, second = 0, ms = 0 } = parts;
  const hour = parts.half === undefined ? (parts.hour ?? 0) : ((parts.hour ?? 0) % 12) + parts.half;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const exists = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  if (!exists || hour > 23 || minute > 59 || second > 59) return undefined;
  return date.getTime() + ((hour * 60 + minute - (parts.offset ?? 0)) * 60 + second) * 1000 + ms;
}
