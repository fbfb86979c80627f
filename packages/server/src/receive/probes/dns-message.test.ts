import fc from "fast-check";
import { expect, it } from "vitest";
import { decodeAnswer, encodeQuery, QUERY_TYPES } from "./dns-message.ts";
import { ProbeFault } from "./fault.ts";

/** An answer to `shop.test`, whose owner names point to the question. */
function answer(type: number, data: number[]): Buffer {
  const query = encodeQuery({ id: 7, name: "shop.test", type, class: 1, recursion: true });
  query.writeUInt16BE(0x8180, 2);
  query.writeUInt16BE(1, 6);
  const record = [0xc0, 12, type >> 8, type & 255, 0, 1, 0, 0, 0, 60, 0, data.length, ...data];
  return Buffer.concat([query, Buffer.from(record)]);
}

it("writes records as zone files do", () => {
  const text = (type: keyof typeof QUERY_TYPES, data: number[]) =>
    decodeAnswer(answer(QUERY_TYPES[type], data)).answers[0]?.text;
  expect(text("A", [192, 0, 2, 1])).toBe("shop.test.\t60\tIN\tA\t192.0.2.1");
  const v6 = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
  expect(text("AAAA", v6)).toBe("shop.test.\t60\tIN\tAAAA\t2001:db8::1");
  expect(text("MX", [0, 10, 1, 97, 0xc0, 12])).toBe("shop.test.\t60\tIN\tMX\t10 a.shop.test.");
  expect(text("TXT", [2, 97, 34, 1, 98])).toBe('shop.test.\t60\tIN\tTXT\t"a\\"" "b"');
  expect(text("CAA", [0, 1])).toBe("shop.test.\t60\tIN\tCAA\t\\# 2 0001");
  const soa = [0xc0, 12, 0xc0, 12, 0, 0, 1, 0, ...Array<number>(16).fill(0)];
  expect(decodeAnswer(answer(QUERY_TYPES.SOA, soa)).answers[0]?.serial).toBe(256);
});

it("refuses names that point in circles, and whatever ends too early", () => {
  const circle = answer(QUERY_TYPES.CNAME, [0xc0, 39]);
  expect(() => decodeAnswer(circle)).toThrow("in a circle");
  const whole = answer(QUERY_TYPES.A, [192, 0, 2, 1]);
  for (let length = 0; length < whole.length; length++) {
    expect(() => decodeAnswer(whole.subarray(0, length)), String(length)).toThrow(ProbeFault);
  }
});

it("survives any bytes", () => {
  const whole = answer(QUERY_TYPES.SOA, [0xc0, 12, 0xc0, 12, ...Array<number>(20).fill(1)]);
  const damaged = fc
    .array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 6 })
    .map((changes) => {
      const copy = Buffer.from(whole);
      for (const [at, byte] of changes) copy[at] = byte;
      return copy;
    });
  const any = fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes));
  fc.assert(
    fc.property(fc.oneof(damaged, any), (bytes) => {
      try {
        decodeAnswer(bytes);
      } catch (error) {
        if (!(error instanceof ProbeFault)) throw error;
      }
    }),
    { numRuns: 20_000 },
  );
});
