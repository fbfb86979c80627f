import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PromqlError } from "../errors.ts";
import { formatExpr } from "./format.ts";
import { parseSyntax } from "./parser.ts";
import { randomQuery } from "../testing/random-query.ts";

/** The expression with every operation in parentheses, so that precedence shows. */
function grouped(query: string): string {
  const show = (expr: ReturnType<typeof parseSyntax>): string => {
    if (expr.kind === "binary") {
      return `(${show(expr.left)} ${expr.operator} ${show(expr.right)})`;
    }
    if (expr.kind === "unary") return `(${expr.operator}${show(expr.expr)})`;
    return formatExpr(expr);
  };
  return show(parseSyntax(query));
}

describe("precedence", () => {
  test.each([
    ["-1^2", "(-(1 ^ 2))"],
    ["2^-1", "(2 ^ -1)"],
    ["2^3^2", "(2 ^ (3 ^ 2))"],
    ["-a*b", "((-a) * b)"],
    ["a+b*c-d", "((a + (b * c)) - d)"],
    ["a or b and c unless d", "(a or ((b and c) unless d))"],
    ["a == b + 1 and c", "((a == (b + 1)) and c)"],
    ["a atan2 b ^ c", "(a atan2 (b ^ c))"],
    ["-a offset 5m", "(-a offset 5m)"],
    ["a + b offset 5m", "(a + b offset 5m)"],
    ["a offset -2 ^ 2", "(a offset -2s ^ 2)"],
    ["a offset 1m * 2", "(a offset 1m * 2)"],
    ["a </ 1 >/ 2", "((a </ 1) >/ 2)"],
  ])("%s is %s", (query, expected) => {
    expect(grouped(query)).toBe(expected);
  });
});

describe("names and literals", () => {
  test.each([
    ["sum", "sum"],
    ["sum + by", "sum + by"],
    ["sum by (on, group_left, sum) (x)", "sum by (on, group_left, sum) (x)"],
    ["SUM(x) BY (a)", "sum by (a) (x)"],
    ['{"a.b", c="d"}', '{"a.b",c="d"}'],
    ['{"foo"}', "foo"],
    ["foo{on='x'}", 'foo{on="x"}'],
    ["a:b:c", "a:b:c"],
    ["fill + fill_left(1) fill", "fill + fill_left (1) fill"],
    ["foo[STEP() + 1m]", "foo[step() + 1m]"],
    ["foo @ 1.5 offset 5m", "foo @ 1.500 offset 5m"],
    ["foo[5m:]", "foo[5m:]"],
    ["rate(foo[5m] anchored @ end())", "rate(foo[5m] anchored @ end())"],
    ["'a\\x41\\u00e9\\n'", '"aAé\\n"'],
    ["`a\\n`", '"a\\\\n"'],
    ["0x1F + 017 + 1_0", "31 + 15 + 10"],
    ["1h30m", "1h30m"],
    ["# a comment\n1", "1"],
    ["min_of(1, 2)", "min_of(1, 2)"],
  ])("%s reads as %s", (query, expected) => {
    expect(formatExpr(parseSyntax(query))).toBe(expected);
  });
});

describe("errors", () => {
  test.each([
    ["", "1:1: parse error: no expression found in input"],
    ["foo bar", '1:5: parse error: unexpected identifier "bar"'],
    ["sum(foo", "1:8: parse error: unclosed left parenthesis"],
    ["foo)", "1:4: parse error: unexpected right parenthesis ')'"],
    ["foo{a=1}", "1:7: parse error: unexpected character inside braces: '1'"],
    ['foo{a="b"', "1:10: parse error: unexpected end of input inside braces"],
    [
      'foo{a="b" c="d"}',
      '1:11: parse error: unexpected identifier "c" in label matching, expected "," or "}"',
    ],
    ['"abc', "1:1: parse error: unterminated quoted string"],
    ['"\\q"', '1:1: parse error: error unquoting string "\\q": invalid syntax'],
    ["foo[5m", "1:7: parse error: unclosed left bracket"],
    ["foo[0s]", "1:5: parse error: duration must be greater than 0"],
    ["foo[5m1h]", '1:5: parse error: not a valid duration string: "5m1h"'],
    ["5mm", '1:1: parse error: bad number or duration syntax: "5mm"'],
    ["sum(foo)[5m]", "1:9: parse error: ranges only allowed for vector selectors"],
    ["foo offset 5m[5m]", "1:14: parse error: no offset modifiers allowed before range"],
    [
      "1 offset 5m",
      "1:1: parse error: offset modifier must be preceded by an instant vector selector or range vector selector or a subquery",
    ],
    ["foo @ 1 @ 2", "1:1: parse error: @ <timestamp> may not be set multiple times"],
    [
      'foo{__name__="a"} and {"x", "y"}',
      '1:23: parse error: metric name must not be set twice: "x" or "y"',
    ],
    [
      "topk(foo)",
      "1:1: parse error: wrong number of arguments for aggregate expression provided, expected 2, got 1",
    ],
    ["a\n  + +\n  *", "3:3: parse error: unexpected <op:*>"],
    ["sum by (1) (x)", '1:9: parse error: unexpected number "1" in grouping opts, expected label'],
    ['"é" + ?', "1:8: parse error: unexpected character: '?'"],
  ])("%j: %s", (query, message) => {
    expect(() => parseSyntax(query)).toThrow(message);
  });
});

describe("limits", () => {
  test("a text that is too long is not even looked at", () => {
    expect(() => parseSyntax("1".repeat(101), { maxQueryLength: 100, maxDepth: 10 })).toThrow(
      "query of 101 characters is longer than 100",
    );
  });

  test.each([
    ["(".repeat(60_000) + "1" + ")".repeat(60_000)],
    ["-".repeat(100_000) + "1"],
    [`1${"^1".repeat(60_000)}`],
    [`1${"+1".repeat(60_000)}`],
    ["abs(".repeat(20_000) + "x" + ")".repeat(20_000)],
    [`x[${"(".repeat(60_000)}1${")".repeat(60_000)}]`],
  ])("deep nesting is refused, not followed", (query) => {
    expect(() => parseSyntax(query)).toThrow(/nests deeper than \d+ levels/);
  });
});

describe("any text", () => {
  test("is parsed or refused with a PromqlError", () => {
    const words = fc.constantFrom(
      ..."( ) [ ] { } , : @ = != =~ == + - * ^ foo sum by on ignoring group_left bool offset 5m 1 0x .5 ".split(
        " ",
      ),
      '"a"',
      "'b",
      "`c`",
      "#",
      "\n",
      "é",
      "\ud800",
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 40 }), (parts) => {
        for (const query of [parts.join(" "), parts.join("")]) {
          try {
            parseSyntax(query);
          } catch (error) {
            expect(error).toBeInstanceOf(PromqlError);
          }
        }
      }),
      { numRuns: 2000 },
    );
  });

  test("that is a query prints to the same query", () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat(0xffff)), (stream) => {
        const next = (below: number): number => (stream.next().value as number) % below;
        const query = randomQuery(next, 4);
        const printed = formatExpr(parseSyntax(query));
        expect(formatExpr(parseSyntax(printed))).toBe(printed);
      }),
      { numRuns: 500 },
    );
  });
});
