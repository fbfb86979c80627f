import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { z } from "zod";
import { email, externalUrl, money, normaliseEmail, pagination, safeText, uuid } from "./index.ts";
import { password } from "./password.ts";
import { phone } from "./phone.ts";

/** What the schema makes of the input, or why it refuses it. */
function read(schema: z.ZodType, input: unknown): unknown {
  const result = schema.safeParse(input);
  return result.success ? result.data : `refused: ${result.error.issues[0]?.message}`;
}

describe("e-mail", () => {
  test.each([
    ["Ada@Example.COM", "ada@example.com"],
    ["  ada.b+tag@mail.example.co.uk\n", "ada.b+tag@mail.example.co.uk"],
    ["josé@example.com", undefined],
    ["ada@münchen.example", "ada@xn--mnchen-3ya.example"],
    ["o'brien_#1@x-y.example", "o'brien_#1@x-y.example"],
    [`${"a".repeat(64)}@example.com`, `${"a".repeat(64)}@example.com`],
    [`${"a".repeat(65)}@example.com`, undefined],
    ["ada", undefined],
    ["ada@", undefined],
    ["@example.com", undefined],
    ["ada@localhost", undefined],
    ["ada@127.0.0.1", undefined],
    ["ada@[127.0.0.1]", undefined],
    ["ada@@example.com", undefined],
    ["ada@b@example.com", undefined],
    [".ada@example.com", undefined],
    ["a..da@example.com", undefined],
    ['"a b"@example.com', undefined],
    ["ada@-example.com", undefined],
    ["ada@example.com.", undefined],
    ["ada@exa mple.com", undefined],
    ["ada@example.com\0", undefined],
    ["ada@example.com, eve@example.com", undefined],
    [`ada@${"a".repeat(300)}.com`, undefined],
  ])("%j is %j", (text, address) => {
    expect(normaliseEmail(text)).toBe(address);
    expect(read(email(), text)).toBe(address ?? "refused: must be an e-mail address");
  });

  test("what comes out is one line, and comes out of itself again", () => {
    const text = fc.oneof(fc.emailAddress(), fc.string({ unit: "binary" }));
    fc.assert(
      fc.property(text, (input) => {
        const address = normaliseEmail(input);
        if (address === undefined) return;
        expect(address).toMatch(/^[!-~]+@[a-z0-9.-]+$/);
        expect(normaliseEmail(address)).toBe(address);
      }),
      { numRuns: 500 },
    );
  });
});

describe("phone numbers", () => {
  const argentina = phone({ country: "AR" });
  test.each([
    // Mobiles: with and without 15, 9, 0 and the country, as people write them.
    ["011 15-2345-6789", "+5491123456789"],
    ["+54 9 11 2345 6789", "+5491123456789"],
    ["+54 11 15 2345 6789", "+5491123456789"],
    ["+5491123456789", "+5491123456789"],
    ["0351 15 512 3456", "+5493515123456"],
    ["(0221) 15-456-7890", "+5492214567890"],
    ["02966 15 412345", "+5492966412345"],
    // Landlines, and numbers for everybody.
    ["011 4321-5678", "+541143215678"],
    ["11 4321 5678", "+541143215678"],
    ["0800 222 1234", "+548002221234"],
    // Another country's, with its code.
    ["+49 30 901820", "+4930901820"],
  ])("%s is %s", (text, number) => {
    expect(read(argentina, text)).toBe(number);
    expect(read(argentina, number)).toBe(number);
  });

  test.each(["15 2345 6789", "123", "", "hello", "+54", "011 4321-5678 ext. 9", "1".repeat(50)])(
    "%j is none",
    (text) => {
      expect(read(argentina, text)).toBe("refused: must be a phone number");
    },
  );

  test("without a country, by country, and mobile", () => {
    expect(read(phone(), "011 4321-5678")).toBe("refused: must be a phone number");
    const here = phone({ country: "AR", countries: ["AR", "UY"], mobile: true });
    expect(read(here, "011 15 2345 6789")).toBe("+5491123456789");
    expect(read(here, "011 4321-5678")).toBe("refused: must be a mobile number");
    expect(read(here, "+49 151 23456789")).toBe("refused: must be of a country that is taken here");
  });

  test("whatever is sent, E.164 comes out or nothing", () => {
    const piece = fc.oneof(
      fc.constantFrom("+", "54", "9", "11", "15", " ", "-", "(", ")", ";ext="),
      fc.nat(9999).map(String),
      fc.string({ unit: "binary", maxLength: 3 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 10 }), (pieces) => {
        const result = argentina.safeParse(pieces.join(""));
        if (result.success) expect(result.data).toMatch(/^\+[1-9]\d{4,14}$/);
      }),
      { numRuns: 500 },
    );
  });
});

describe("texts", () => {
  test("are trimmed and composed; emoji and all scripts pass", () => {
    expect(read(safeText(), "  Ame\u0301lie 👩‍👩‍👧 עברית  ")).toBe("Amélie 👩‍👩‍👧 עברית");
    expect(read(safeText({ multiline: true }), "a\r\nb\tc\rd")).toBe("a\nb\tc\nd");
  });

  test.each([
    "a\0b",
    "a\nb",
    "a\u202Eb",
    "a\u2066b",
    "\uFEFFa\uFEFFb",
    "a\uD800",
    "a\u{E0041}",
    "\x1b[31m",
    "a\u200Fb",
  ])("%j is refused", (text) => {
    expect(read(safeText(), text)).toBe("refused: must not have control characters");
  });

  test("length counts characters, not code units", () => {
    expect(read(safeText({ max: 2 }), "😀😀")).toBe("😀😀");
    expect(read(safeText({ max: 1 }), "😀😀")).toBe("refused: must have at most 1 characters");
    expect(read(safeText(), "   ")).toBe("refused: must have at least 1 characters");
    expect(read(safeText({ min: 0 }), "")).toBe("");
    expect(read(safeText(), "x".repeat(1_000_000))).toBe(
      "refused: must have at most 200 characters",
    );
  });

  test("UUIDs in lower case, of the version asked for", () => {
    const id = "0190A3F2-7B5C-7ABC-8DEF-0123456789AB";
    expect(read(uuid(), id)).toBe(id.toLowerCase());
    expect(read(uuid("v7"), id)).toBe(id.toLowerCase());
    expect(read(uuid("v4"), id)).toMatch(/^refused/);
    expect(read(uuid(), "0190a3f2-7b5c-7abc-cdef-0123456789ab")).toMatch(/^refused/);
  });
});

describe("pagination", () => {
  const pages = pagination({ maxPage: 50 });
  test.each([
    [{}, { limit: 20, page: 1, offset: 0 }],
    [
      { limit: "100", page: "3" },
      { limit: 100, page: 3, offset: 200 },
    ],
    [{ limit: 5 }, { limit: 5, page: 1, offset: 0 }],
    [{ cursor: "abc_-=" }, { limit: 20, cursor: "abc_-=" }],
  ])("%j is %j", (query, page) => {
    expect(read(pages, query)).toEqual(page);
  });

  test.each([
    { limit: "0" },
    { limit: "101" },
    { limit: "-1" },
    { limit: "1e1" },
    { limit: "0x10" },
    { limit: " 1" },
    { limit: 1.5 },
    { limit: ["1"] },
    { page: "51" },
    { page: "1", cursor: "a" },
    { cursor: "' or 1=1" },
    { cursor: "" },
  ])("%j is refused", (query) => {
    expect(read(pages, query)).toMatch(/^refused/);
  });
});

describe("money", () => {
  test.each([
    ["12.34", "EUR", 1_234],
    ["12.3", "eur", 1_230],
    ["12", "ARS", 1_200],
    [12, "USD", 1_200],
    ["1234", "JPY", 1_234],
    ["1.234", "KWD", 1_234],
    // As ISO 4217 has them, and not as they are shown.
    ["1234", "COP", 123_400],
    ["12.50", "HUF", 1_250],
    ["12.50", "IDR", 1_250],
    ["1.234", "IQD", 1_234],
    ["12.50", "RSD", 1_250],
    ["1500", "CLP", 1_500],
    ["1500", "PYG", 1_500],
    ["0.00", "EUR", 0],
    ["-0.00", "EUR", 0],
    ["0.29", "EUR", 29],
  ])("%j %s is %i", (amount, currency, minor) => {
    expect(read(money(), { amount, currency })).toEqual({
      currency: currency.toUpperCase(),
      minor,
    });
  });

  test.each([
    ["1.234", "EUR"],
    ["1.5", "JPY"],
    [0.1, "EUR"],
    ["-1", "EUR"],
    ["1e3", "EUR"],
    ["1,5", "EUR"],
    ["", "EUR"],
    ["NaN", "EUR"],
    ["999999999999999", "EUR"],
    ["1", "XYZ"],
    ["1", "EURO"],
  ])("%j %s is refused", (amount, currency) => {
    expect(read(money(), { amount, currency })).toMatch(/^refused/);
  });

  test("bounds and currencies are the application's", () => {
    const price = money({ currencies: ["EUR"], min: 100, max: 500 });
    expect(read(price, { amount: "0.99", currency: "EUR" })).toBe("refused: is too small");
    expect(read(price, { amount: "5.01", currency: "EUR" })).toBe("refused: is too large");
    expect(read(price, { amount: "1", currency: "USD" })).toMatch(/taken here$/);
  });

  test("any amount of cents is read back exactly", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999_999_999_999 }), (cents) => {
        const amount = `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, "0")}`;
        expect(read(money(), { amount, currency: "EUR" })).toEqual({
          currency: "EUR",
          minor: cents,
        });
      }),
    );
  });
});

test("options that are misspelt are refused by name", () => {
  const wrong: [make: () => unknown, message: string][] = [
    [() => safeText({ maxLength: 10 } as object), 'safeText: there is no option "maxLength"'],
    [() => pagination({ max: 10 } as object), 'pagination: there is no option "max"'],
    [() => money({ currency: "EUR" } as object), 'money: there is no option "currency"'],
    [() => externalUrl({ host: "a" } as object), 'externalUrl: there is no option "host"'],
    [() => phone({ defaultCountry: "AR" } as object), 'phone: there is no option "defaultCountry"'],
    [() => password({ breachlist: true } as object), 'password: there is no option "breachlist"'],
    [() => password({ breachList: "yes" as never }), "breachList must be true, false"],
    [() => password({ breachList: { timeout: 1 } as object }), 'there is no option "timeout"'],
  ];
  for (const [make, message] of wrong) expect(make).toThrow(message);
});
