import { describe, expect, it } from "vitest";
import { detectLevel } from "./level.ts";
import { parseLabelText } from "./loki.ts";
import { readTime } from "./time.ts";

describe("a line's level", () => {
  it.each([
    ['{"level":"WARNING","msg":"x"}', "warn"],
    ['{"level":50}', "error"],
    ['{"severity":"Critical"}', "critical"],
    ['{"msg":"an error"}', "unknown"],
    ["ts=1 level=debug msg=error", "debug"],
    ["2026-01-01 ERROR failed", "error"],
    ["all is well", "unknown"],
  ])("of %s is %s", (line, level) => {
    expect(detectLevel(line, {}, {})).toBe(level);
  });

  it("is what metadata and labels say first", () => {
    expect(detectLevel("error", { severity_text: "INFO" }, { level: "debug" })).toBe("info");
    expect(detectLevel("error", {}, { level: "debug" })).toBe("debug");
    expect(detectLevel("error", { severity_number: "21" }, {})).toBe("fatal");
  });
});

describe("a line's time", () => {
  it.each([
    ["2026-01-02T03:04:05.123456789Z", 1_767_323_045_123_456_789n],
    ["2026-01-02 03:04:05+0100", 1_767_319_445_000_000_000n],
    [1_767_323_045, 1_767_323_045_000_000_000n],
    [1_767_323_045.5, 1_767_323_045_500_000_000n],
    [1_767_323_045_123, 1_767_323_045_123_000_000n],
    ["1767323045123456789", 1_767_323_045_123_456_789n],
    ["yesterday", undefined],
    [-1, undefined],
    [null, undefined],
  ])("%s", (given, time) => {
    expect(readTime(given)).toBe(time);
  });
});

describe("labels as Loki's clients write them", () => {
  it.each([
    ["{}", {}],
    ['{app="shop", pod = `a"b` ,}', { app: "shop", pod: 'a"b' }],
    ['{a="q\\"\\n\\u00e4\\x41"}', { a: 'q"\näA' }],
  ])("%s", (text, labels) => {
    expect(parseLabelText(text)).toEqual(labels);
  });

  it.each(["", "{", "{a}", '{a="b"', '{a="b"} x', '{a="b" c="d"}', '{a=~"b"}'])(
    "refuses %s",
    (text) => {
      expect(() => parseLabelText(text)).toThrow("must be written like");
    },
  );
});
