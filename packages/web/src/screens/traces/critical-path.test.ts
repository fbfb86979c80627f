import fc from "fast-check";
import { expect, it } from "vitest";
import { criticalPath } from "./critical-path.ts";

interface Span {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly children: readonly Span[];
}

const span = (name: string, start: number, end: number, ...children: Span[]): Span => ({
  name,
  start,
  end,
  children,
});

/** `name from-to` for each stretch, in order of time. */
function told(root: Span): string[] {
  return [...criticalPath(root)]
    .flatMap(([{ name }, stretches]) => stretches.map(({ from, to }) => ({ name, from, to })))
    .sort((a, b) => a.from - b.from)
    .map(({ name, from, to }) => `${name} ${from}-${to}`);
}

it("goes through what was done one after the other, and the time between", () => {
  const root = span("root", 0, 100, span("a", 10, 40, span("b", 15, 35)), span("c", 50, 90));
  expect(told(root)).toEqual([
    "root 0-10",
    "a 10-15",
    "b 15-35",
    "a 35-40",
    "root 40-50",
    "c 50-90",
    "root 90-100",
  ]);
});

it("takes of what ran at once the one that ended last", () => {
  const root = span("root", 0, 100, span("long", 10, 80), span("short", 10, 30));
  expect(told(root)).toEqual(["root 0-10", "long 10-80", "root 80-100"]);
});

it("gives the time of an overlap to the later one", () => {
  expect(told(span("root", 0, 100, span("a", 0, 50), span("b", 40, 100)))).toEqual([
    "a 0-40",
    "b 40-100",
  ]);
});

it("leaves out what outlasts its parent: nobody waited for it", () => {
  const root = span("root", 0, 100, span("answer", 20, 90), span("mail", 30, 500));
  expect(told(root)).toEqual(["root 0-20", "answer 20-90", "root 90-100"]);
  expect(told(span("root", 0, 100, span("later", 150, 180)))).toEqual(["root 0-100"]);
});

it("bears clocks that differ a little", () => {
  const root = span("root", 0, 1000, span("early", -3, 300), span("late", 400, 1004));
  expect(told(root)).toEqual(["early 0-300", "root 300-400", "late 400-1000"]);
});

it("knows spans without length, and traces deeper than calls may nest", () => {
  expect(told(span("root", 5, 5, span("a", 5, 5)))).toEqual([]);
  let deep = span("leaf", 0, 100);
  for (let i = 0; i < 50_000; i += 1) deep = span("node", 0, 100, deep);
  expect(told(deep)).toEqual(["leaf 0-100"]);
});

it("is always the root's time, exactly once", () => {
  const time = fc.integer({ min: -50, max: 150 });
  const tree = (depth: number): fc.Arbitrary<Span> =>
    fc
      .tuple(
        time,
        time,
        depth === 0 ? fc.constant([]) : fc.array(tree(depth - 1), { maxLength: 4 }),
      )
      .map(([a, b, children]) => span("span", Math.min(a, b), Math.max(a, b), ...children));
  fc.assert(
    fc.property(tree(4), (root) => {
      const stretches = [...criticalPath(root).values()].flat().sort((a, b) => a.from - b.from);
      let at = root.start;
      for (const { from, to } of stretches) {
        expect(from).toBe(at);
        expect(to).toBeGreaterThan(from);
        at = to;
      }
      expect(at).toBe(root.end);
    }),
  );
});
