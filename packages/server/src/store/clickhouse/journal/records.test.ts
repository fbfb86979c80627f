import fc from "fast-check";
import { expect, it } from "vitest";
import { headOf, MAGIC, readRecords } from "./records.ts";

const fileOf = (records: readonly Uint8Array[]) =>
  Buffer.concat([MAGIC, ...records.flatMap((record) => [headOf(record), record])]);

const some = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 6 });

it("reads what was written", () => {
  fc.assert(
    fc.property(some, (records) => {
      expect(readRecords(fileOf(records))).toEqual({
        records: records.map((record) => Buffer.from(record)),
        end: "whole",
        lost: 0,
      });
    }),
  );
});

it("reads all records before the place where a file was cut off", () => {
  fc.assert(
    fc.property(some, fc.nat(), (records, at) => {
      const file = fileOf(records);
      const cut = readRecords(file.subarray(0, at % (file.length + 1)));
      expect(cut.records).toEqual(
        records.slice(0, cut.records.length).map((record) => Buffer.from(record)),
      );
      expect(cut.end).not.toBe("damaged");
      const whole = cut.records.reduce((sum, { length }) => sum + 8 + length, MAGIC.length);
      expect(cut.lost === 0 || cut.lost === (at % (file.length + 1)) - whole || whole === 8).toBe(
        true,
      );
    }),
  );
});

it("never hands over a record of which a bit has changed, and says when later ones are lost", () => {
  const records = [Buffer.from("first"), Buffer.from("second"), Buffer.from("third")];
  const file = fileOf(records);
  for (let bit = 0; bit < file.length * 8; bit += 1) {
    const changed = Buffer.from(file);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    const found = readRecords(changed);
    expect(found.end).not.toBe("whole");
    expect(records.slice(0, found.records.length)).toEqual(found.records);
    expect(found.records.length).toBeLessThan(3);
  }
  const second = MAGIC.length + 8 + 5 + 8;
  const changed = Buffer.from(file);
  changed[second] = 0;
  expect(readRecords(changed)).toMatchObject({ records: [records[0]], end: "damaged" });
});

it("takes any bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, begins) => {
      const file = begins ? Buffer.concat([MAGIC, bytes]) : Buffer.from(bytes);
      const { records, lost } = readRecords(file);
      const read = records.reduce((sum, { length }) => sum + 8 + length, 0);
      expect(read + lost).toBeLessThanOrEqual(file.length);
    }),
  );
});
