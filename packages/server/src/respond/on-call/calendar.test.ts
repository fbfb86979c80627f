import fc from "fast-check";
import ICAL from "ical.js";
import { expect, it } from "vitest";
import { calendarOf } from "./calendar.ts";

const HOUR = 3_600_000;
const FROM = Date.UTC(2026, 2, 1);

/** Names with what iCalendar takes for an end, a list or an escape, and of characters of many bytes. */
const name = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "\r\n",
        "\r",
        "\n",
        "\\",
        ";",
        ",",
        ":",
        '"',
        "\\n",
        " ",
        "\t",
        "\0",
        "\u2028",
      ),
      fc.constantFrom(
        "END:VEVENT",
        "BEGIN:VALARM",
        "ATTACH:file:///etc/passwd",
        "海".repeat(30),
        "👩‍🚒",
      ),
      fc.string({ maxLength: 12, unit: "grapheme" }),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(""));

/** The text as it comes back: a line's end is one, other controls are gone. */
const readable = (text: string) => text.replace(/\r\n|\r/g, "\n").replace(/(?!\n)\p{Cc}/gu, "");

it("is read by others as it was meant, whatever people and schedules are called", () => {
  fc.assert(
    fc.property(name, fc.array(name, { minLength: 1, maxLength: 4 }), (schedule, people) => {
      const duties = people.map((_, index) => ({
        personId: String(index),
        from: FROM + index * HOUR,
        to: FROM + (index + 1) * HOUR,
      }));
      const text = calendarOf(
        { id: "7c5e", name: schedule, updatedAt: new Date(FROM) },
        { duties, from: FROM } as unknown as Parameters<typeof calendarOf>[1],
        (id) => people[Number(id)] ?? "",
      );
      for (const line of text.split("\r\n"))
        expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75);
      expect(text.replaceAll("\r\n", "")).not.toMatch(/[\r\n]/);
      const calendar = new ICAL.Component(ICAL.parse(text) as unknown[]);
      // A property that no standard knows comes back as it was written.
      expect(String(calendar.getFirstPropertyValue("x-wr-calname"))).toMatch(/^On call: [^\r\n]*$/);
      expect(calendar.getAllSubcomponents()).toHaveLength(people.length);
      const events = calendar.getAllSubcomponents("vevent");
      expect(events.map((event) => event.getFirstPropertyValue("summary"))).toEqual(
        people.map((person) => readable(`${person} on call: ${schedule}`)),
      );
      for (const event of events)
        expect(event.getAllProperties().map((property) => property.name)).toEqual([
          "uid",
          "dtstamp",
          "dtstart",
          "dtend",
          "summary",
          "transp",
        ]);
    }),
    { numRuns: 300 },
  );
});
