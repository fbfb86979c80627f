import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assemble } from "./assemble.ts";

function linesOf(texts: readonly string[]) {
  let at = 0;
  return texts.map((text) => {
    const start = at;
    at += Buffer.byteLength(text) + 1;
    return { start, end: at, text };
  });
}
const together = (texts: readonly string[], docker = false) =>
  assemble(linesOf(texts), { docker, final: true }).entries.map(({ text }) => text);

describe("lines that belong together", () => {
  it.each([
    [
      "JavaScript",
      [
        "TypeError: x is not a function",
        "    at f (/a.js:1:2)",
        "    at g (/b.js:3:4) {",
        "  code: 'X'",
        "}",
        "next",
      ],
      [5, 1],
    ],
    [
      "Java",
      [
        "2026-01-01 00:00:00 ERROR boom",
        "java.lang.X: no",
        "\tat a.B.c(D.java:1)",
        "Caused by: y",
        "\t... 3 more",
        "2026-01-01 00:00:01 INFO on",
      ],
      [1, 4, 1],
    ],
    [
      "Python",
      [
        "Traceback (most recent call last):",
        '  File "a.py", line 1, in <module>',
        "    f()",
        "ValueError: no",
        "after it",
      ],
      [4, 1],
    ],
    [
      "Go",
      [
        "panic: oh",
        "",
        "goroutine 1 [running]:",
        "main.main()",
        "\t/x.go:3",
        "2026/01/01 00:00:00 up",
      ],
      [5, 1],
    ],
    [
      "PostgreSQL's CSV",
      [
        '2026-01-01 00:00:00.123 UTC,"u","d",1,,x,1,"",,,0,ERROR,42601,"a',
        "b",
        'c",',
        '2026-01-01 00:00:01.000 UTC,"u"',
      ],
      [3, 1],
    ],
    [
      "PostgreSQL's text",
      [
        "2026-01-01 00:00:00 UTC [1] STATEMENT:  SELECT 1",
        "\tFROM x",
        "2026-01-01 00:00:01 UTC [1] LOG:  x",
      ],
      [2, 1],
    ],
    ["JSON and plain lines", ['{"a":1}', '{"b":2}', "plain", "other", "  "], [1, 1, 1, 1]],
  ])("of %s", (_, lines, counts) => {
    expect(together(lines).map((text) => text.split("\n").length)).toEqual(counts);
  });

  it("of Docker, whose parts are joined stream by stream", () => {
    const part = (log: string, stream = "stdout") =>
      JSON.stringify({ log, stream, time: "2026-01-01T00:00:00.5Z" });
    const lines = [
      part("zero\n"),
      part("one\n"),
      part("a"),
      part("e", "stderr"),
      part("b\n"),
      part("rr\n", "stderr"),
      part("  at x\n", "stderr"),
      "broken",
    ];
    expect(together(lines, true)).toEqual(["zero", "one", "ab", "err\n  at x", "broken"]);
    // What lies between is not given out before all of it is there: it would be read again.
    const open = assemble(linesOf(lines.slice(0, 5)), { docker: true, final: false });
    expect(open.entries.map(({ text }) => text)).toEqual(["zero"]);
    expect(open.end).toBe(linesOf(lines)[1]?.start);
  });

  it("come out the same in pieces as at once, and none is lost", () => {
    const texts = fc.constantFrom(
      "a",
      "  b",
      "",
      "Traceback (most recent call last):",
      "{}",
      "E: x",
      "panic: y",
      "at z",
      "}",
    );
    fc.assert(
      fc.property(
        fc.array(texts, { maxLength: 30 }),
        fc.integer({ min: 2, max: 9 }),
        (given, size) => {
          const lines = linesOf(given);
          const pieces: string[] = [];
          let at = 0;
          for (let window = size; at < lines.length;) {
            const end = Math.min(lines.length, at + window);
            const final = end === lines.length;
            const said = assemble(lines.slice(at, end), { docker: false, final });
            pieces.push(...said.entries.map(({ text }) => text));
            const next = lines.findIndex(({ start }) => start === said.end);
            // Nothing could be told yet: more must be looked at.
            if (next === at && !final) window += size;
            else at = next === -1 ? lines.length : next;
          }
          expect(pieces).toEqual(together(given));
          const said = given.filter((text) => text.trim() !== "").length;
          expect(
            pieces
              .join("\n")
              .split("\n")
              .filter((text) => text.trim() !== ""),
          ).toHaveLength(said);
        },
      ),
      { numRuns: 300 },
    );
  });
});
