import { expect, it } from "vitest";
import { findSpans, rowsOf, unfoldedTo } from "./trace-rows.ts";
import type { SpanNode } from "./trace-tree.ts";

function node(id: string, parent: SpanNode | null, attributes: Record<string, string> = {}) {
  const span = { spanId: id, name: `call ${id}`, service: "shop", status: "unset", attributes };
  return {
    span: { ...span, statusMessage: "", events: [{ name: "exception", attributes: { id } }] },
    parent,
    depth: parent === null ? 0 : parent.depth + 1,
  } as unknown as SpanNode;
}

const a = node("a", null);
const b = node("b", a, { "http.route": "/Pay" });
const c = node("c", b);
const d = node("d", a);
const nodes = [a, b, c, d];
const ids = (found: readonly SpanNode[]) => found.map(({ span }) => span.spanId).join("");

it("folds away what is below a span, and nothing beside it", () => {
  expect(ids(rowsOf(nodes, new Set()))).toBe("abcd");
  expect(ids(rowsOf(nodes, new Set(["b"])))).toBe("abd");
  expect(ids(rowsOf(nodes, new Set(["a", "b"])))).toBe("a");
  expect([...unfoldedTo(c, new Set(["a", "b", "d"]))]).toEqual(["d"]);
});

it("finds text in names, attributes and events", () => {
  expect(ids(findSpans(nodes, "CALL d"))).toBe("d");
  expect(ids(findSpans(nodes, "/pay"))).toBe("b");
  expect(ids(findSpans(nodes, "http.route=/pay"))).toBe("b");
  expect(ids(findSpans(nodes, "exception"))).toBe("abcd");
  expect(ids(findSpans(nodes, " "))).toBe("");
});
