import { createHash } from "node:crypto";
import type { Duty } from "../../model/index.ts";

/** RFC 5545 §3.1: lines longer than this many octets are folded. */
const LINE_OCTETS = 75;

/** Backslash, semicolon, comma and line breaks mean something in a text; other controls nothing. */
function escaped(text: string): string {
  return text
    .replace(/[\\;,]/g, (found) => `\\${found}`)
    .replace(/\r\n|\r|\n/g, "\\n")
    .replace(/\p{Cc}/gu, "");
}

/** A content line, folded between characters so that none is broken. */
function folded(line: string): string {
  let text = "";
  let octets = 0;
  for (const character of line) {
    const size = Buffer.byteLength(character);
    if (octets + size > LINE_OCTETS) {
      text += "\r\n ";
      octets = 1;
    }
    text += character;
    octets += size;
  }
  return `${text}\r\n`;
}

const stamp = (at: number) =>
  new Date(at)
    .toISOString()
    .replace(/\.\d{3}/, "")
    .replace(/[-:]/g, "");

/**
 * Duties as iCalendar (RFC 5545). The same duty has the same UID each time, so that a calendar that
 * asks again changes its event instead of adding one; `from` is where the duties were cut off, which
 * moves on from one time to the next.
 */
export function calendarOf(
  schedule: { readonly id: string; readonly name: string; readonly updatedAt: Date },
  { duties, from }: { readonly duties: readonly Duty[]; readonly from: number },
  nameOf: (personId: string) => string,
): string {
  const events = duties.flatMap((duty) => {
    const uid = createHash("sha256")
      .update(`${schedule.id} ${duty.personId} ${duty.from === from ? "begun" : duty.from}`)
      .digest("hex")
      .slice(0, 32);
    return [
      "BEGIN:VEVENT",
      `UID:${uid}@seaworthy`,
      `DTSTAMP:${stamp(schedule.updatedAt.getTime())}`,
      `DTSTART:${stamp(duty.from)}`,
      `DTEND:${stamp(duty.to)}`,
      `SUMMARY:${escaped(`${nameOf(duty.personId)} on call: ${schedule.name}`)}`,
      // A free day can be booked although somebody is on call.
      "TRANSP:TRANSPARENT",
      "END:VEVENT",
    ];
  });
  const lines = [
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "PRODID:-//Seaworthy//On-call//EN",
    "CALSCALE:GREGORIAN",
    "METHOD:PUBLISH",
    `X-WR-CALNAME:${escaped(`On call: ${schedule.name}`)}`,
    "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
    ...events,
    "END:VCALENDAR",
  ];
  return lines.map(folded).join("");
}
