import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { MatchOperator } from "../../model/index.ts";
import {
  formatMatchers,
  MatcherSyntaxError,
  parseMatcher,
  parseMatchers,
  sortMatchers,
} from "./matchers.ts";

const read = (text: string) => formatMatchers(parseMatchers(text).matchers);

describe("matchers", () => {
  it.each([
    ["foo=bar", '{foo="bar"}'],
    ["{foo = \"bar\", dings != 'x'", `{foo="bar",dings!="'x'"}`],
    ['{foo="bar", dings != "bums", }', '{foo="bar",dings!="bums"}'],
    ['foo=bar, dings!~"bu.s"', '{foo="bar",dings!~"bu.s"}'],
    ['"my label"="a \\"b\\" \\u00e9"', '{"my label"="a \\"b\\" é"}'],
    ["été=~sol.*", '{été=~"sol.*"}'],
    ['quote="She said: \\"Hi, ladies!\\""', '{quote="She said: \\"Hi, ladies!\\""}'],
    ['statuscode=~"5.."', '{statuscode=~"5.."}'],
    ["{}", "{}"],
    ["", "{}"],
    ["foo=", '{foo=""}'],
    ["{foo=bar", '{foo="bar"}'],
    ["foo=bar=baz", '{foo="bar=baz"}'],
    ['foo="a\\\\b\\n"', '{foo="a\\\\b\\n"}'],
    ["foo", undefined],
    ["=bar", undefined],
    ['foo=~"("', undefined],
    ['foo="bar', undefined],
    ["foo!bar", undefined],
    ['0foo"x"', undefined],
  ])("%s is %s", (text, expected) => {
    if (expected === undefined) expect(() => parseMatchers(text)).toThrow(MatcherSyntaxError);
    else expect(read(text)).toBe(expected);
  });

  it("takes the classic reading where the two differ, and says so", () => {
    // The newer syntax reads \d as a bad escape; the classic one keeps the backslash.
    const classic = parseMatchers('foo=~"\\d+"');
    expect(classic.matchers).toEqual([{ name: "foo", operator: "=~", value: "\\d+" }]);
    expect(classic.warning).toMatch(/classic/);
    expect(parseMatchers('foo="a\\tb"').matchers[0]?.value).toBe("a\\tb");
    expect(parseMatchers("foo=bar").warning).toBeUndefined();
  });

  it("takes exactly one where one is wanted", () => {
    expect(parseMatcher("a!=b")).toEqual({ name: "a", operator: "!=", value: "b" });
    for (const text of ["a=b,c=d", "{a=b}", "{}", ""])
      expect(() => parseMatcher(text)).toThrow(MatcherSyntaxError);
  });

  it("reads back what it writes", () => {
    const operator = fc.constantFrom<MatchOperator>("=", "!=");
    const matcher = fc.record({
      name: fc.string({ unit: "binary", minLength: 1 }),
      operator,
      value: fc.stringMatching(/^[^\\\n\t"]*$/),
    });
    fc.assert(
      fc.property(fc.array(matcher, { maxLength: 4 }), (matchers) => {
        const classic = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
        fc.pre(matchers.every(({ name }) => classic.test(name) || !/["\\\p{C}]/u.test(name)));
        expect(parseMatchers(formatMatchers(matchers)).matchers).toEqual(matchers);
      }),
      { numRuns: 500 },
    );
  });

  it("never throws anything but its own error", () => {
    const noise = fc.string({ unit: fc.constantFrom(..."{}=!~,\"\\ab0x \n'é".split("")) });
    fc.assert(
      fc.property(noise, (text) => {
        try {
          parseMatchers(text);
        } catch (error) {
          expect(error).toBeInstanceOf(MatcherSyntaxError);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it("sorts by name, value and operator, as group keys need it", () => {
    expect(formatMatchers(sortMatchers(parseMatchers('b=~"1",a!=2,a=2,a=1').matchers))).toBe(
      '{a="1",a="2",a!="2",b=~"1"}',
    );
  });
});
