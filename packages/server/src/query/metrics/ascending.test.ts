import fc from "fast-check";
import { expect, it } from "vitest";
import { ascending } from "./ascending.ts";

it("answers the arrays themselves when there is nothing to do", () => {
  const times = Float64Array.of(1, 2, 3);
  const sorted = ascending(times, Float64Array.of(5, 6, 7));
  expect(sorted.times.buffer).toBe(times.buffer);
  expect(ascending(new Float64Array(), new Float64Array()).times).toHaveLength(0);
});

it("sorts by time and keeps one of each, with its bits", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(60), { maxLength: 80 }), (times) => {
      // The bits tell which sample it was: NaNs with payloads among them.
      const bits = BigUint64Array.from(times, (time) => 0x7ff0_0000_0000_0002n + BigInt(time));
      const sorted = ascending(Float64Array.from(times), new Float64Array(bits.buffer));
      const wanted = [...new Set(times)].sort((a, b) => a - b);
      expect([...sorted.times]).toEqual(wanted);
      const { buffer, byteOffset, length } = sorted.values;
      expect([...new BigUint64Array(buffer, byteOffset, length)]).toEqual(
        wanted.map((time) => 0x7ff0_0000_0000_0002n + BigInt(time)),
      );
    }),
  );
});
