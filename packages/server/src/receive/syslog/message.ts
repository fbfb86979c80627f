import type { Labels } from "../../model/index.ts";
import { labelName } from "../logs/collector.ts";
import { readTime } from "../logs/time.ts";

/** A syslog message as it was understood; what it did not say is empty. */
export interface SyslogMessage {
  readonly facility: string;
  readonly severity: string;
  /** ns since 1970; undefined when the message has none that can be read. */
  readonly time: bigint | undefined;
  readonly host: string;
  readonly app: string;
  readonly procId: string;
  readonly msgId: string;
  /** `SDID_NAME` to value. */
  readonly data: Labels;
  readonly text: string;
}

/** The keywords of `syslog.conf`, by number (RFC 5424, tables 1 and 2). */
const FACILITIES =
  "kern user mail daemon auth syslog lpr news uucp cron authpriv ftp ntp security console solaris-cron local0 local1 local2 local3 local4 local5 local6 local7".split(
    " ",
  );
const SEVERITIES = "emerg alert crit err warning notice info debug".split(" ");

/** Parameters of structured data that are read; what a message has beyond is left out. */
const MAX_PARAMETERS = 100;

const PRIORITY = /^<(\d{1,3})>/;
const HEADER =
  /^1 (-|\S{1,64}) (-|[!-~]{1,255}) (-|[!-~]{1,48}) (-|[!-~]{1,128}) (-|[!-~]{1,32}) (?=[-[])/;
const BSD_TIME = /^(?:(\d{4}) )?([A-Z][a-z]{2}) +(\d{1,2}) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?:? /;
const ISO_TIME = /^(\d{4}-\d\d-\d\dT\S{8,30}) /;
const TAG = /^([\w./()@-]{1,64})(?:\[([^\]\s]{1,64})\])?: ?/;
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/**
 * Reads a message by RFC 5424 or, for all others, as much as it has of RFC 3164's form (whose times may
 * be ISO's too, as rsyslog forwards them). Nothing is refused: what cannot be read is text, with the
 * priority that RFC 3164 gives it (`user.notice`). `now` (ms) finds the year that BSD's times leave
 * out; they are taken for times of this machine's zone.
 */
export function parseSyslog(message: Buffer, now: number): SyslogMessage {
  const whole = message.toString("utf8").replace(/[\0\r\n]+$/, "");
  const match = PRIORITY.exec(whole);
  const given = match === null ? 13 : Number(match[1]);
  const priority = given < 192 ? given : 13;
  const common = {
    facility: FACILITIES[priority >> 3] ?? "user",
    severity: SEVERITIES[priority & 7] ?? "notice",
  };
  const rest = match === null ? whole : whole.slice(match[0].length);
  return { ...common, ...(modern(rest) ?? bsd(rest, now)) };
}

type Rest = Omit<SyslogMessage, "facility" | "severity">;

function modern(rest: string): Rest | undefined {
  const header = HEADER.exec(rest);
  if (header === null) return undefined;
  const [time = "", host = "", app = "", procId = "", msgId = ""] = header
    .slice(1)
    .map((field) => (field === "-" ? "" : field));
  const data: Record<string, string> = {};
  const end = structuredData(rest, header[0].length, data);
  if (end === undefined) return undefined;
  // A byte order mark says that the text is UTF-8, which it is taken for anyway.
  const text = rest.slice(end).replace(/^ ?\uFEFF?/, "");
  return { time: readTime(time), host, app, procId, msgId, data, text };
}

const ELEMENT = /\[([!#-<>-\\^-~]{1,32})/y;
const PARAMETER = / ([!#-<>-\\^-~]{1,32})="((?:[^"\\\]]|\\["\\\]]|\\(?!["\\\]]))*)"/y;

/** Reads the structured data from `at` on, and answers where it ends; undefined when it is none. */
function structuredData(
  text: string,
  at: number,
  into: Record<string, string>,
): number | undefined {
  if (text[at] === "-") return at + 1;
  let [position, count] = [at, 0];
  while (text[position] === "[") {
    ELEMENT.lastIndex = position;
    const element = ELEMENT.exec(text);
    if (element === null) return undefined;
    position = ELEMENT.lastIndex;
    while (text[position] !== "]") {
      PARAMETER.lastIndex = position;
      const parameter = PARAMETER.exec(text);
      if (parameter === null) return undefined;
      position = PARAMETER.lastIndex;
      if (++count > MAX_PARAMETERS) continue;
      const value = (parameter[2] ?? "").replace(/\\(["\\\]])/g, "$1");
      into[labelName(`${element[1]}_${parameter[1]}`)] = value;
    }
    position += 1;
  }
  return position;
}

function bsd(rest: string, now: number): Rest {
  const { time, after } = bsdTime(rest, now);
  let text = after;
  let host = "";
  // Without a time there is no header: a host could not be told from a word.
  if (time !== undefined && !TAG.test(text)) {
    const word = /^([!-~]{1,255}) (?=\S)/.exec(text);
    if (word !== null) {
      host = word[1] ?? "";
      text = text.slice(word[0].length);
    }
  }
  const tag = TAG.exec(text);
  const app = tag?.[1] ?? "";
  if (tag !== null) text = text.slice(tag[0].length);
  return { time, host, app, procId: tag?.[2] ?? "", msgId: "", data: {}, text };
}

function bsdTime(rest: string, now: number): { time: bigint | undefined; after: string } {
  const iso = ISO_TIME.exec(rest);
  const isoTime = iso === null ? undefined : readTime(iso[1] ?? "");
  if (iso !== null && isoTime !== undefined) {
    return { time: isoTime, after: rest.slice(iso[0].length) };
  }
  const match = BSD_TIME.exec(rest);
  const month = match === null ? -1 : MONTHS.indexOf(match[2] ?? "");
  if (match === null || month < 0) return { time: undefined, after: rest };
  const [, year, , day, hour, minute, second, fraction = ""] = match;
  const atYear = (y: number) =>
    new Date(y, month, Number(day), Number(hour), Number(minute), Number(second)).getTime();
  const thisYear = new Date(now).getFullYear();
  const years = year === undefined ? [thisYear - 1, thisYear, thisYear + 1] : [Number(year)];
  const [ms = now] = years.map(atYear).toSorted((a, b) => Math.abs(a - now) - Math.abs(b - now));
  const ns = BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, "0"));
  return { time: ns, after: rest.slice(match[0].length) };
}
