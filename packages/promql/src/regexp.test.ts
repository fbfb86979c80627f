import { describe, expect, test } from "vitest";
import { matcherTest, matchesEmpty, selectorTest } from "./matchers.ts";
import { Labels } from "./labels.ts";
import { compileAnchored } from "./regexp.ts";

describe("regular expressions", () => {
  test.each([
    ["a|b", "a", true],
    ["a|b", "ab", false],
    ["a|b", "", false],
    ["a|", "", true],
    [".*", "", true],
    [".+", "", false],
    ["x.y", "x\ny", true],
    ["(?i)shop", "SHOP", true],
    ["^a$", "a", true],
    ["a.b", "a|b", true],
    ["5..", "503", true],
    ["5..", "5033", false],
  ])("%s on %j is %s", (pattern, value, expected) => {
    expect(compileAnchored(pattern).test(value)).toBe(expected);
  });

  test("say what is wrong in the pattern's own terms", () => {
    expect(() => compileAnchored("a(")).toThrow("error parsing regexp: missing closing ): `a(`");
  });

  test("take linear time on patterns that blow up elsewhere", () => {
    expect(compileAnchored("(a+)+b").test(`${"a".repeat(5000)}c`)).toBe(false);
  });

  test.each([
    ["x-$1", "x-ab"],
    ["${1}c", "abc"],
    ["$1c", ""],
    ["$$1", "$1"],
    ["$name", "ab"],
    ["$9", ""],
    ["$", "$"],
  ])("expand %s to %s", (template, expected) => {
    expect(compileAnchored("(?P<name>ab).*").expand("abzz", template)).toBe(expected);
  });

  test("expand nothing without a match of the whole text", () => {
    expect(compileAnchored("b").expand("abc", "x")).toBeUndefined();
  });
});

describe("matchers", () => {
  test("take a missing label for an empty one", () => {
    const labels = Labels.from({ __name__: "up", job: "shop" });
    const matches = (operator: "=" | "!=" | "=~" | "!~", value: string): boolean =>
      selectorTest([{ name: "env", operator, value }])(labels);
    expect(matches("=", "")).toBe(true);
    expect(matches("!=", "")).toBe(false);
    expect(matches("=~", "|prod")).toBe(true);
    expect(matches("!~", "prod")).toBe(true);
    expect(matchesEmpty({ name: "env", operator: "=~", value: ".+" })).toBe(false);
  });

  test("refuse a bad pattern as bad data", () => {
    expect(() => matcherTest({ name: "a", operator: "=~", value: "[" })).toThrow(
      expect.objectContaining({ code: "bad_data" }),
    );
  });
});
