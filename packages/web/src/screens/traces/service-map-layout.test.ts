import fc from "fast-check";
import { expect, it } from "vitest";
import { layOut } from "./service-map-layout.ts";

const calls = (...pairs: string[]) =>
  pairs.map((pair) => {
    const [caller = "", callee = ""] = pair.split(">");
    return { caller, callee };
  });
const columns = (places: ReturnType<typeof layOut>) =>
  Object.fromEntries([...places].map(([name, { column }]) => [name, column]));

it("draws calls from left to right, by the longest way", () => {
  const places = layOut(
    ["db", "shop", "web", "pay"],
    calls("web>shop", "shop>pay", "web>db", "pay>db"),
  );
  expect(columns(places)).toEqual({ web: 0, shop: 1, pay: 2, db: 3 });
});

it("bears rings, calls to oneself and calls of unknown services", () => {
  const places = layOut(["a", "b", "c"], calls("a>b", "b>c", "c>a", "a>a", "x>a"));
  expect(columns(places)).toEqual({ a: 0, b: 1, c: 2 });
});

it("puts services beside what they call, and short columns in the middle", () => {
  const places = layOut(["w1", "w2", "a", "z", "alone"], calls("w1>z", "w2>a"));
  const row = (name: string) => places.get(name)?.row ?? -1;
  expect(row("w1") < row("w2")).toBe(row("z") < row("a"));
  expect([places.get("a")?.column, places.get("alone")?.column]).toEqual([1, 0]);
  expect([row("a"), row("z")].sort((a, b) => a - b)).toEqual([0.5, 1.5]);
  expect(layOut([], []).size).toBe(0);
});

it("has a place of its own for each, the same whatever the order", () => {
  const names = ["a", "b", "c", "d", "e", "f", "g", "h"];
  const name = fc.constantFrom(...names);
  const graph = fc.array(fc.record({ caller: name, callee: name }), { maxLength: 30 });
  fc.assert(
    fc.property(graph, (given) => {
      const places = layOut(names, given);
      const taken = new Set([...places.values()].map(({ column, row }) => `${column} ${row}`));
      expect(taken.size).toBe(8);
      expect(layOut(names.toReversed(), given.toReversed())).toEqual(places);
    }),
  );
});
