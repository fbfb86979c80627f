import { describe, expect, it } from "vitest";
import { fitsAll, formatMatcher, matchersOf, readMatchers } from "./matchers.ts";

const read = (text: string) => {
  const reading = readMatchers(text);
  if (!("matchers" in reading)) throw new Error(`line ${reading.line}: ${reading.problem}`);
  return reading.matchers;
};

describe("matchers", () => {
  it("are read as they are written, with or without quotes", () => {
    const text = 'a="x y"\nb!="1"\nc=~"5.."\nd!~"a|b"\n"e f"="\\"q\\""';
    expect(read(text).map(formatMatcher)).toEqual([
      'a="x y"',
      'b!="1"',
      'c=~"5.."',
      'd!~"a|b"',
      'e f="\\"q\\""',
    ]);
    expect(read("\n  service = shop \n")).toEqual(read('service="shop"'));
  });

  it.each([
    ["service", 1, /write it as/],
    ['a="b"\nc="d', 2, /write it as/],
    ['a=~"("', 1, /regular expression/],
    ["", 1, /everything/],
    ['a=~".*"', 1, /everything/],
    ['a!="b"', 1, /everything/],
  ])("%j is refused", (text, line, problem) => {
    expect(readMatchers(text)).toEqual({ line, problem: expect.stringMatching(problem) as string });
  });

  it("fit as Alertmanager's do: whole values, and what is absent is empty", () => {
    const labels = { service: "shop", status: "503" };
    expect(fitsAll(matchersOf(labels), labels)).toBe(true);
    expect(fitsAll(read('status=~"5"'), labels)).toBe(false);
    expect(fitsAll(read('status=~"5.."\nteam!="core"'), labels)).toBe(true);
    expect(fitsAll(read('service="shop"\nteam=~".+"'), labels)).toBe(false);
    expect(fitsAll(read('service!~"shop|cart"\nstatus="503"'), labels)).toBe(false);
  });
});
