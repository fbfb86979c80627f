import { describe, expect, test } from "vitest";
import { createEngine } from "./engine.ts";
import { extractSelectors, parse, parseSelector } from "./parse.ts";

describe("types and arguments", () => {
  test.each([
    [
      "rate(foo)",
      '1:6: parse error: expected type range vector in call to function "rate", got instant vector',
    ],
    [
      "abs(foo[5m])",
      '1:5: parse error: expected type instant vector in call to function "abs", got range vector',
    ],
    ["abs()", '1:1: parse error: expected 1 argument(s) in call to "abs", got 0'],
    [
      "round(a, 1, 2)",
      '1:1: parse error: expected at most 2 argument(s) in call to "round", got 3',
    ],
    [
      "label_join(a)",
      '1:1: parse error: expected at least 3 argument(s) in call to "label_join", got 1',
    ],
    ["nope(a)", '1:1: parse error: unknown function with name "nope"'],
    ["1 == 1", "1:1: parse error: comparisons between scalars must use BOOL modifier"],
    ["a + bool b", "1:1: parse error: bool modifier can only be used on comparison operators"],
    ["a and 1", '1:1: parse error: set operator "and" not allowed in binary scalar expression'],
    ["1 + on(x) a", "1:1: parse error: vector matching only allowed between instant vectors"],
    ["a and on(x) group_left b", '1:13: parse error: no grouping allowed for "and" operation'],
    [
      "a + on(x) group_left(x) b",
      '1:1: parse error: label "x" must not occur in ON and GROUP clause at once',
    ],
    [
      '-"a"',
      '1:1: parse error: unary expression only allowed on expressions of type scalar or instant vector, got "string"',
    ],
    [
      '"a" + 1',
      "1:1: parse error: binary expression must contain only scalar and instant vector types",
    ],
    [
      "1[5m:1m]",
      "1:1: parse error: subquery is only allowed on instant vector, got scalar instead",
    ],
    ['{a=""}', "1:1: parse error: vector selector must contain at least one non-empty matcher"],
    ['a{b=~"("}', "1:1: parse error: error parsing regexp: missing closing ): `(`"],
    [
      "sum(1)",
      "1:5: parse error: expected type instant vector in aggregation expression, got scalar",
    ],
    [
      "topk(a, b)",
      "1:6: parse error: expected type scalar in aggregation parameter, got instant vector",
    ],
    [
      "a and fill(1) b",
      "1:1: parse error: filling in missing series not allowed for set operators",
    ],
    ["foo[5m] anchored[5m]", "1:17: parse error: ranges only allowed for vector selectors"],
  ])("%s: %s", (query, message) => {
    expect(() => parse(query)).toThrow(message);
  });

  test("fill in how two vectors match", () => {
    expect(parse("a + b")).toMatchObject({
      matching: { cardinality: "one-to-one", on: false, labels: [] },
    });
    expect(parse("a or on (x) b")).toMatchObject({
      matching: { cardinality: "many-to-many", on: true, labels: ["x"] },
    });
    expect(parse("a + 1")).not.toHaveProperty("matching");
  });
});

describe("what is experimental", () => {
  const engine = createEngine();
  test.each([
    ["mad_over_time(a[5m])", '1:1: parse error: function "mad_over_time" is not enabled'],
    ["limitk(2, a)", "1:1: parse error: limitk() is experimental and must be enabled"],
    ["a[5m * 2]", "1:3: parse error: experimental duration expression is not enabled"],
    ["rate(a[5m] smoothed)", "1:6: parse error: smoothed modifier is experimental and not enabled"],
    ["a + fill(0) b", "1:1: parse error: binop fill modifiers are experimental and not enabled"],
  ])("%s is refused by name unless it is switched on", (query, message) => {
    expect(() => engine.parse(query)).toThrow(message);
    expect(() => createEngine({ experimental: true }).parse(query)).not.toThrow();
  });
});

describe("selectors", () => {
  test("are found in the order of the text", () => {
    const query = 'topk(scalar(k), rate(a{x="1"}[5m]) / ignoring (y) sum by (z) (b offset 1m))';
    expect(extractSelectors(query).map(({ name }) => name)).toEqual(["k", "a", "b"]);
  });

  test("stand alone as match[] parameters", () => {
    expect(parseSelector('up{job=~"a.*"}')).toEqual([
      { name: "__name__", operator: "=", value: "up" },
      { name: "job", operator: "=~", value: "a.*" },
    ]);
    expect(() => parseSelector("sum(up)")).toThrow("expected a series selector");
    expect(() => parseSelector("up[5m]")).toThrow("expected a series selector");
    expect(() => parseSelector('{a!="b"}')).toThrow("must contain at least one non-empty matcher");
  });
});
