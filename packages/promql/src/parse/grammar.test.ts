import fc from "fast-check";
import { parser } from "@prometheus-io/lezer-promql";
import { describe, expect, test } from "vitest";
import { randomQuery } from "../testing/random-query.ts";
import { parseSyntax } from "./parser.ts";

/**
 * Prometheus's editor grammar accepts or refuses a text; its trees are for highlighting (it reads
 * `-1^2` as `(-1)^2`), so only that answer is compared.
 */
const strict = parser.configure({ strict: true });

function grammarAccepts(query: string): boolean {
  try {
    strict.parse(query);
    return true;
  } catch {
    return false;
  }
}

function accepts(query: string): boolean {
  try {
    parseSyntax(query);
    return true;
  } catch {
    return false;
  }
}

describe("Prometheus's own grammar", () => {
  test("accepts every query that is made up", () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat(0xffff)), (stream) => {
        const next = (below: number): number => (stream.next().value as number) % below;
        const query = randomQuery(next, 3);
        expect([query, accepts(query)]).toEqual([query, true]);
        expect([query, grammarAccepts(query)]).toEqual([query, true]);
      }),
      { numRuns: 500 },
    );
  });

  test("refuses what is refused here when a token is lost", () => {
    let refused = 0;
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat(0xffff)), fc.nat(0xffff), (stream, lost) => {
        const next = (below: number): number => (stream.next().value as number) % below;
        const tokens = randomQuery(next, 2).split(/(?<=[()[\]{}:,])|(?=[()[\]{}:,])/);
        tokens.splice(lost % tokens.length, 1);
        const query = tokens.join("");
        if (grammarAccepts(query)) return;
        refused += 1;
        expect([query, accepts(query)]).toEqual([query, false]);
      }),
      { numRuns: 500 },
    );
    expect(refused).toBeGreaterThan(100);
  });
});
