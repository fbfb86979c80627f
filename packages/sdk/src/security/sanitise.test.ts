import fc from "fast-check";
import { expect, test } from "vitest";
import { isCleanTarget, lastOfEach, sanitise, UncleanInput } from "./sanitise.ts";

test("removes what reaches prototypes, at every level, and nothing else", () => {
  const input: unknown = JSON.parse(
    '{"a":[{"__proto__":{"x":1},"b":1}],"constructor":{"prototype":{"x":1}},"c":{"constructor":"GmbH"}}',
  );
  expect(sanitise(input)).toEqual({ a: [{ b: 1 }], c: { constructor: "GmbH" } });
});

test("cuts NUL bytes and halves of surrogate pairs, and leaves other texts alone", () => {
  expect(sanitise({ a: "x\0y", b: ["\0"], "c\0": 1, d: "a\uD800b", e: "😀" })).toEqual({
    a: "xy",
    b: [""],
    d: "a\uFFFDb",
    e: "😀",
  });
  expect(sanitise("x\0")).toBe("x");
  for (const value of [null, undefined, 1, true]) expect(sanitise(value)).toBe(value);
});

test("leaves what is no plain data", () => {
  const date = new Date(0);
  const buffer = Buffer.from("a\0");
  expect(sanitise({ date, buffer })).toEqual({ date, buffer });
  expect(buffer.toString()).toBe("a\0");
});

test("refuses what is too deep or too much", () => {
  let deep: unknown = 1;
  for (let level = 0; level < 65; level += 1) deep = [deep];
  expect(() => sanitise(deep)).toThrow(UncleanInput);
  expect(() => sanitise(Array.from({ length: 100_001 }, () => 0))).toThrow("100000 values");
});

test("what is refused is told in the form of http-errors, which Express, Koa and Nest 12 know", () => {
  expect(new UncleanInput("bad")).toMatchObject({ status: 400, statusCode: 400, expose: true });
});

test("any JSON comes out without what must not be in it, and the rest as it was", () => {
  const poison = fc.constantFrom("__proto__", "constructor", "prototype", "a\0", "a", "toString");
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.string({ unit: "binary", maxLength: 8 }),
      fc.integer(),
      fc.array(tie("value"), { maxLength: 4 }),
      fc
        .array(fc.tuple(poison, tie("value")), { maxLength: 4 })
        .map(
          (entries) =>
            JSON.parse(
              `{${entries.map(([key, each]) => `${JSON.stringify(key)}:${JSON.stringify(each)}`).join(",")}}`,
            ) as unknown,
        ),
    ),
  }));
  fc.assert(
    fc.property(value, (input) => {
      const text = JSON.stringify(sanitise(input));
      expect(text).not.toContain('"__proto__"');
      expect(text).not.toContain("\\u0000");
      expect(text).not.toMatch(/"constructor":\{[^{}]*"prototype"/);
      expect(JSON.stringify(sanitise(JSON.parse(text)))).toBe(text);
      expect(({} as Record<string, unknown>)["a"]).toBeUndefined();
    }),
    { numRuns: 800 },
  );
});

test("parameters given several times keep the last, unless they are lists", () => {
  const query = { id: ["1", "2"], tag: ["a", "b"], q: "x", none: [] };
  expect(lastOfEach(query, ["tag"])).toEqual({ id: "2", tag: ["a", "b"], q: "x", none: undefined });
});

test("targets: what decodes to UTF-8 without NUL", () => {
  for (const clean of ["/", "/a%20b", "/%C3%BC?q=%F0%9F%98%80", "*"])
    expect(isCleanTarget(clean), clean).toBe(true);
  for (const unclean of ["/%00", "/%ff", "/%c3%28", "/%", "/%zz", "/ü", "/a b", "/%ed%a0%80"])
    expect(isCleanTarget(unclean), unclean).toBe(false);
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      if (isCleanTarget(text)) expect(decodeURIComponent(text)).not.toContain("\0");
    }),
  );
});
