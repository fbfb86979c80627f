interface Parts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** Thousandths of a second, with a fraction below. */
  readonly ms: number;
  readonly weekday: number;
  readonly yearDay: number;
  /** Minutes east of UTC. */
  readonly offset: number;
  readonly zone: string;
}

export const MONTHS =
  "January February March April May June July August September October November December".split(
    " ",
  );
export const DAYS = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" ");

/** The elements of a Go layout, longest first where one starts with another. */
export const ELEMENT =
  /January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|2006|-07:00:00|-070000|-07:00|-0700|-07|Z07:00:00|Z070000|Z07:00|Z0700|Z07|[.,]0+(?!\d)|[.,]9+(?!\d)|__2|002|01|02|03|04|05|06|15|PM|pm|_2(?!006)|1|2|3|4|5/g;

/** An instant in a Go layout, in the zone. `ms` since 1970 (UTC). */
export function formatTime(ms: number, zone: string, layout: string): string {
  const parts = partsOf(ms, zone);
  return layout.replaceAll(ELEMENT, (element) => formatElement(element, parts));
}

function formatElement(element: string, at: Parts): string {
  const two = (value: number) => String(value).padStart(2, "0");
  switch (element) {
    case "January":
      return MONTHS[at.month - 1] ?? "";
    case "Jan":
      return (MONTHS[at.month - 1] ?? "").slice(0, 3);
    case "Monday":
      return DAYS[at.weekday] ?? "";
    case "Mon":
      return (DAYS[at.weekday] ?? "").slice(0, 3);
    case "MST":
      return at.zone;
    case "2006":
      return String(at.year).padStart(4, "0");
    case "06":
      return two(at.year % 100);
    case "01":
      return two(at.month);
    case "1":
      return String(at.month);
    case "02":
      return two(at.day);
    case "_2":
      return String(at.day).padStart(2, " ");
    case "2":
      return String(at.day);
    case "002":
      return String(at.yearDay).padStart(3, "0");
    case "__2":
      return String(at.yearDay).padStart(3, " ");
    case "15":
      return two(at.hour);
    case "03":
      return two(at.hour % 12 === 0 ? 12 : at.hour % 12);
    case "3":
      return String(at.hour % 12 === 0 ? 12 : at.hour % 12);
    case "04":
      return two(at.minute);
    case "4":
      return String(at.minute);
    case "05":
      return two(at.second);
    case "5":
      return String(at.second);
    case "PM":
      return at.hour < 12 ? "AM" : "PM";
    case "pm":
      return at.hour < 12 ? "am" : "pm";
    default:
      return element.startsWith(".") || element.startsWith(",")
        ? fraction(element, at.ms)
        : formatOffset(element, at.offset);
  }
}

/** `.000` keeps zeros, `.999` drops them and itself when nothing is left. */
function fraction(element: string, ms: number): string {
  const digits = element.length - 1;
  const nanoseconds = String(Math.floor(ms * 1e6)).padStart(9, "0");
  const text = nanoseconds.padEnd(digits, "0").slice(0, digits);
  if (element[1] === "0") return element.slice(0, 1) + text;
  const trimmed = text.replace(/0+$/, "");
  return trimmed === "" ? "" : element.slice(0, 1) + trimmed;
}

function formatOffset(element: string, offset: number): string {
  if (element.startsWith("Z") && offset === 0) return "Z";
  const abs = Math.abs(offset);
  const hours = String(Math.floor(abs / 60)).padStart(2, "0");
  const minutes = String(Math.floor(abs % 60)).padStart(2, "0");
  const sign = offset < 0 ? "-" : "+";
  switch (element.slice(1)) {
    case "07":
      return sign + hours;
    case "0700":
      return sign + hours + minutes;
    case "07:00":
      return `${sign}${hours}:${minutes}`;
    case "070000":
      return `${sign}${hours}${minutes}00`;
    default:
      return `${sign}${hours}:${minutes}:00`;
  }
}

function partsOf(ms: number, zone: string): Parts {
  const offset = zone === "UTC" ? 0 : offsetOf(ms, zone);
  const shifted = ms + offset * 60_000;
  const date = new Date(shifted);
  const year = date.getUTCFullYear();
  const startOfDay = Date.UTC(2000, date.getUTCMonth(), date.getUTCDate());
  // Day of the year by the calendar of a year that leaps alike; Date.UTC misreads years below 100.
  const leaps = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const dayInLeapYear = Math.round((startOfDay - Date.UTC(2000, 0, 1)) / 86_400_000) + 1;
  return {
    year,
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    ms: shifted - Math.floor(shifted / 1000) * 1000,
    weekday: date.getUTCDay(),
    yearDay: !leaps && date.getUTCMonth() > 1 ? dayInLeapYear - 1 : dayInLeapYear,
    offset,
    zone: zoneName(ms, zone, offset),
  };
}

function offsetOf(ms: number, zone: string): number {
  const name = partNamed(ms, { timeZone: zone, timeZoneName: "longOffset" });
  const match = /^GMT(?:([+-])(\d{2}):(\d{2}))?/.exec(name);
  if (match === null || match[1] === undefined) return 0;
  const minutes = Number(match[2]) * 60 + Number(match[3]);
  return match[1] === "-" ? -minutes : minutes;
}

/** The zone's abbreviation where there is one (CET, EST), its offset (`+03`) where there is none. */
function zoneName(ms: number, zone: string, offset: number): string {
  if (zone === "UTC") return "UTC";
  // Abbreviations are a matter of locale; these know the European and American ones between them.
  for (const locale of ["en-US", "en-GB", "en-AU", "en-IN", "en-ZA"]) {
    const name = partNamed(ms, { timeZone: zone, timeZoneName: "short" }, locale);
    if (/^[A-Z]{2,5}$/.test(name)) return name;
  }
  const text = formatOffset("-0700", offset);
  return text.endsWith("00") ? text.slice(0, 3) : text;
}

function partNamed(ms: number, options: Intl.DateTimeFormatOptions, locale = "en-US"): string {
  const parts = new Intl.DateTimeFormat(locale, options).formatToParts(ms);
  return parts.find((part) => part.type === "timeZoneName")?.value ?? "";
}
