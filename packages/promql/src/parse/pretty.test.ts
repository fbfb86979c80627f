import fc from "fast-check";
import { expect, test } from "vitest";
import { randomQuery } from "../testing/random-query.ts";
import { formatExpr } from "./format.ts";
import { parseSyntax } from "./parser.ts";
import { prettyExpr } from "./pretty.ts";

const long = "a_metric_with_a_rather_long_name_total";

test("breaks what is longer than a line", () => {
  const query = `sum by(job)(rate(${long}{job="x"}[5m]))/on(job) group_left() quantile(0.9, -(${long}+${long}+${long}))`;
  expect(prettyExpr(parseSyntax(query))).toBe(`  sum by (job) (rate(${long}{job="x"}[5m]))
/ on (job) group_left ()
  quantile(
    0.9,
    -(
        ${long} + ${long}
      +
        ${long}
    )
  )`);
});

test("leaves a short expression on its line", () => {
  expect(prettyExpr(parseSyntax("up  ==0"))).toBe("up == 0");
});

test("prints what parses to the same expression", () => {
  fc.assert(
    fc.property(fc.infiniteStream(fc.nat(0xffff)), (stream) => {
      const query = randomQuery((below) => (stream.next().value as number) % below, 4);
      const expr = parseSyntax(query);
      expect(formatExpr(parseSyntax(prettyExpr(expr)))).toBe(formatExpr(expr));
    }),
    { numRuns: 200 },
  );
});
