import { describe, expect, it } from "vitest";
import {
  everything,
  givesLines,
  volumeQuery,
  withField,
  withLabel,
  withText,
} from "./log-query.ts";

describe("a log query is narrowed", () => {
  it.each([
    [everything, "service_name", "shop", true, '{service_name="shop"}'],
    ['{a="x"} |= "y"', "b", "z", true, '{a="x", b="z"} |= "y"'],
    ['{a="x", b="z"} | json', "b", "z", false, '{a="x", b!="z"} | json'],
    ['{a="x", b!="z"}', "b", "z", true, '{a="x", b="z"}'],
    ['{a="}, \\" {"} |= "{"', "b", 'q"', true, '{a="}, \\" {", b="q\\""} |= "{"'],
    ["{a=~`}`}", "b", "c", true, '{a=~`}`, b="c"}'],
    ["rate(", "b", "c", true, "rate("],
  ])("%s by the label %s=%s (%s)", (query, name, value, has, expected) => {
    expect(withLabel(query, name, value, has)).toBe(expected);
  });

  it("by fields and text", () => {
    expect(withField('{a="b"} | json ', "status", "500")).toBe('{a="b"} | json | status="500"');
    expect(withField('{a="b"}', "status", "500", false)).toBe('{a="b"} | status!="500"');
    expect(withText('{a="b"} | json', 'x "y"')).toBe('{a="b"} |= "x \\"y\\"" | json');
    expect(withText('{a="b"}', "")).toBe('{a="b"}');
  });

  it("to figures", () => {
    expect(volumeQuery('{a="b"} ', 30)).toBe(
      'sum by (detected_level) (count_over_time({a="b"} [30s]))',
    );
    expect(givesLines(' {a="b"}')).toBe(true);
    expect(givesLines('rate({a="b"}[1m])')).toBe(false);
  });
});
