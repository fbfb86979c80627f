import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findPatterns, tokensOf } from "./pattern-shapes.ts";
import type { Skeleton } from "./pattern-shapes.ts";

const of = (line: string, count = 1, step = 0): Skeleton => ({
  line,
  level: "info",
  count,
  steps: new Map([[step, count]]),
});
const shapes = (...skeletons: Skeleton[]) =>
  findPatterns(skeletons, 50).map(({ pattern, count }) => `${count} ${pattern}`);

describe("the shapes of lines", () => {
  it.each([
    ["10.0.3.4 - - [2026-01-02T03:04:05Z] 200 -5", "<_> - - [<_>] <_> <_>"],
    ["id 7f3a-beef-12ab done", "id <_> done"],
    ["dead-beef-7 x_1 größe9", "<_> <_> <_>"],
    ["cafe+-1 a-1 x-1", "cafe+<_> a-<_> x-<_>"],
    ["a-b not-joined v2", "a-b not-joined <_>"],
    ["took 15ms, 3 of 4", "took <_>, <_> of <_>"],
    ["", ""],
  ])("have no numbers and ids: %s", (line, pattern) => {
    expect(shapes(of(line))).toEqual([`1 ${pattern}`]);
  });

  it("tell messages apart, and not those that name somebody", () => {
    const names = ["ann", "bob", "eve", "joe", "kim", "lea", "max", "nik", "ole", "pia"];
    expect(
      shapes(
        ...names.map((name) => of(`user ${name} logged in`, 10)),
        of("cache was not warm", 7),
        of("disk is almost full", 5),
      ),
    ).toEqual(["100 user <_> logged in", "7 cache was not warm", "5 disk is almost full"]);
  });

  it("tell fields apart by the message first", () => {
    const hosts = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
    const lines = hosts.flatMap((host) =>
      ["done", "lost"].map((msg) => of(`{"host":"${host}","level":"info","msg":"${msg}"}`)),
    );
    expect(shapes(...lines)).toEqual([
      '10 {"host":"<_>","level":"info","msg":"done"}',
      '10 {"host":"<_>","level":"info","msg":"lost"}',
    ]);
  });

  it("keep all lines, and add up their steps", () => {
    const [first] = findPatterns([of("at 1", 2, 10), of("at 2", 3, 11), of("at 3", 4, 11)], 5);
    expect(first).toMatchObject({ pattern: "at <_>", count: 9 });
    expect([...(first?.steps ?? [])]).toEqual([
      [10, 2],
      [11, 7],
    ]);
    const words = fc.constantFrom(
      "a",
      "b",
      "c",
      "42",
      "=",
      ":",
      '"',
      " ",
      "-",
      "<_>",
      "é",
      "\u0000",
    );
    const line = fc.array(words, { maxLength: 12 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 60 }), (lines) => {
        const found = findPatterns(
          lines.map((text) => of(text)),
          1000,
        );
        expect(found.reduce((sum, { count }) => sum + count, 0)).toBe(lines.length);
        for (const text of lines) expect(tokensOf(text).length).toBeLessThanOrEqual(text.length);
      }),
      { numRuns: 200 },
    );
  });
});
