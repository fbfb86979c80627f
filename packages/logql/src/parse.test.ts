import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LogqlError } from "./errors.ts";
import { parse } from "./parse.ts";

describe("LogQL's grammar", () => {
  it.each([
    '{app="shop"}',
    '{app=~"a|b",env!="dev", x!~"y.*",}',
    '{app="a"} |= "x" != "y" |~ "z+" !~ `w\\d`',
    '{app="a"} |= "x" or "y" or `z`',
    '{app="a"} |= ip("10.0.0.0/8") |> "<_> GET <_>" !> "x<_>"',
    '{app="a"} | json | status >= 500 and duration > 1.5s or size < 10KB',
    '{app="a"} | json status="response.code", first="a[0][\\"b c\\"]" | logfmt --strict --keep-empty a, b="c"',
    '{app="a"} | logfmt | level="error", user != "" | ip = ip("::1/128")',
    '{app="a"} | json | (a="1" or b=~"2") and c!~"3"',
    '{app="a"} | pattern "<ip> - <_> <path>" | regexp "(?P<x>\\\\d+)" | unpack | decolorize',
    '{app="a"} | line_format "{{.a}} {{ToUpper .b}}" | label_format a=b, c="{{.d}}"',
    '{app="a"} | drop a, b="x" | keep c | distinct d, e # the end',
    'sum by (a) (rate({app="x"} |= "e" [5m]))',
    'sum(rate({app="x"}[5m])) by (a, b) / on (a) group_left (c) count_over_time({app="y"}[1h30m] offset 5m)',
    'quantile_over_time(0.99, {a="b"} | json | unwrap duration(took) | __error__="" [1m]) by (c)',
    'topk(3, sum without (x) (bytes_rate({a="b"}[1m]))) > bool 5 * 2 ^ 3 ^ 2',
    'absent_over_time({a="b"}[1m]) or vector(0)',
    'label_replace(rate({a="b"}[1m]), "x", "$1", "y", "(.*)")',
    '(avg_over_time(({a="b"} | logfmt | unwrap x)[5m])) - -1',
    'rate({a="b"}[5m] | json | x="y")',
  ])("reads %s", (query) => {
    expect(() => parse(query)).not.toThrow();
  });

  it.each([
    ["", "line 1, col 1: syntax error: unexpected the end"],
    ["{}", "at least one regexp or equality matcher"],
    ['{a=~".*"}', "at least one regexp or equality matcher"],
    ['{a="b"', "unexpected the end, expecting }"],
    ['{a="b"} |', "expecting a label filter or a stage"],
    ['{a="b"} |= x', "expecting what to look for in quotes"],
    ['{a="b"} |~ "("', 'invalid regular expression "("'],
    ['{a="b"}\n | json | x >', "line 2, col 14"],
    ['{a="b"} | regexp "x"', "at least one named capture"],
    ['{a="b"} | pattern "x"', "at least one capture"],
    ['{a="b"} | pattern "<a><b>"', "consecutive capture"],
    ['{a="b"} | line_format "{{.a"', "unclosed action"],
    ['{a="b"} | logfmt --lenient', "logfmt has no flag --lenient"],
    ['rate({a="b"})', "expecting a range such as [5m]"],
    ['rate({a="b"}[0s])', "longer than 0"],
    ['count_over_time({a="b"} | unwrap x [5m])', "count_over_time with unwrap"],
    ['sum_over_time({a="b"}[5m])', "sum_over_time without unwrap"],
    ['rate({a="b"}[5m]) by (x)', "grouping not allowed for rate"],
    ['sum({a="b"})', "expecting a metric query"],
    ['{a="b"} + 1', "must be a metric query"],
    ['topk(0, rate({a="b"}[5m]))', "must be greater than 0"],
    ['rate({a="b"}[5m]) + bool 1', "bool goes with comparisons"],
    ['foo({a="b"})', "which is no function here"],
    ['{a="b}', "literal not terminated"],
    [`${"(".repeat(200)}{a="b"}${")".repeat(200)}`, "nests deeper than 100"],
  ])("refuses %s", (query, reason) => {
    expect(() => parse(query)).toThrow(reason);
  });

  it("answers any text with a tree or an error that says where", () => {
    const piece = fc.constantFrom(
      '{a="b"}',
      "|=",
      '"x"',
      "| json",
      "| x > 5",
      "rate(",
      "[5m]",
      ")",
      "sum",
      "by (a)",
      "(",
      "+",
      "unwrap",
      "`",
      "\\",
      "5KB",
      "-",
      "| drop a",
      "or",
      'or "y"',
      "offset 1m",
      "é",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        try {
          parse(pieces.join(" "));
        } catch (error) {
          expect(error).toBeInstanceOf(LogqlError);
          expect((error as LogqlError).message).toMatch(/^parse error at line \d+, col \d+: /);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
