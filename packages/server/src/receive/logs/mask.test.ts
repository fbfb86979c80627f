import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createMask } from "./mask.ts";

const mask = createMask({ masked: () => {} });

describe("masking", () => {
  it.each([
    [
      "authorization",
      "Authorization: Bearer eyJhbGciOi.xyz",
      "Authorization: <masked:authorization>",
    ],
    [
      "authorization",
      '{"authorization":"Basic dXNlcjpwYXNz"}',
      '{"authorization":"<masked:authorization>"}',
    ],
    [
      "authorization",
      'h="authorization: Token abc def"',
      'h="authorization: <masked:authorization>"',
    ],
    ["token", "key ghp_0123456789abcdefghijABCDEFGHIJ012345 used", "key <masked:token> used"],
    ["token", "jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "jwt <masked:token>"],
    ["token", "AKIAIOSFODNN7EXAMPLE", "<masked:token>"],
    ["token", "sk_live_4eC39HqLyjWDarjtT1zdp7dc", "<masked:token>"],
    ["secret", '{"password":"hunter2","user":"x"}', '{"password":"<masked:secret>","user":"x"}'],
    ["secret", "api_key=abc123&x=1", "api_key=<masked:secret>&x=1"],
    ["secret", '"{\\"password\\":\\"a b\\"}"', '"{\\"password\\":\\"<masked:secret>\\"}"'],
    ["card", "card 5500-0055-5555-5559.", "card <masked:card>."],
    ["card", "378282246310005", "<masked:card>"],
    ["email", "mail to <john.doe+x@mail.example.co.uk>", "mail to <<masked:email>>"],
  ])("takes out %s: %s", (_, text, masked) => {
    expect(mask(text)).toBe(masked);
  });

  it.each([
    "1700000000123456789 took 4111111111111112 ns",
    "order 4111111111111111222",
    "version 4.111111111111111",
    "user@host connected, 3 passwords reset",
    "0123456789abcdef0123456789abcdef",
    "GET /token?x=1 status=200",
  ])("leaves %s", (text) => {
    expect(mask(text)).toBe(text);
  });

  it("follows the configuration, and counts", () => {
    const counts: [string, number][] = [];
    const own = createMask({
      without: ["email"],
      patterns: { ssn: "\\d{3}-\\d{2}-\\d{4}" },
      masked: (rule, count) => counts.push([rule, count]),
    });
    expect(own("a@example.com 123-45-6789 987-65-4321")).toBe(
      "a@example.com <masked:ssn> <masked:ssn>",
    );
    expect(counts).toEqual([["ssn", 2]]);
  });

  it("takes time in proportion to the text, whatever it is", () => {
    const parts = fc.constantFrom(
      "a@",
      "4111 ",
      "password=",
      "eyJ",
      '"',
      "\\",
      "Authorization: ",
      "-",
      "x.",
    );
    fc.assert(
      fc.property(
        fc.array(parts, { maxLength: 20 }),
        fc.integer({ min: 1, max: 300 }),
        (few, times) => {
          expect(mask(few.join("").repeat(times))).toBeTypeOf("string");
        },
      ),
      { numRuns: 150 },
    );
  });
});
