import type { Trace, TraceSpan } from "@seaworthy/contract";
import { expect, it } from "vitest";
import { treeOf } from "./trace-tree.ts";

function traceOf(...spans: (Partial<TraceSpan> & { spanId: string })[]): Trace {
  const whole = spans.map((given): TraceSpan => ({
    parentId: "",
    service: "shop",
    name: given.spanId,
    kind: "internal",
    status: "unset",
    statusMessage: "",
    scope: "",
    offsetNs: 0,
    durationNs: 100,
    attributes: {},
    resource: 0,
    events: [],
    links: [],
    logs: "",
    ...given,
  }));
  const durationNs = Math.max(...whole.map((span) => span.offsetNs + span.durationNs));
  return {
    traceId: "a",
    start: "2026-01-01T00:00:00.000Z",
    startNs: "0",
    durationNs,
    cut: false,
    links: { trace: "", logs: "" },
    resources: [{}],
    spans: whole,
  };
}

const shape = (trace: Trace) =>
  treeOf(trace).nodes.map(({ span, depth }) => `${"  ".repeat(depth)}${span.spanId}`);

it("puts children below their parents, by their start", () => {
  const trace = traceOf(
    { spanId: "b", parentId: "root", offsetNs: 50, durationNs: 10 },
    { spanId: "a", parentId: "root", offsetNs: 10, durationNs: 60, status: "error" },
    { spanId: "root", service: "front" },
    { spanId: "a1", parentId: "a", offsetNs: 20, durationNs: 5 },
  );
  expect(shape(trace)).toEqual(["root", "  a", "    a1", "  b"]);
  const { nodes, services } = treeOf(trace);
  expect(services).toEqual(["front", "shop"]);
  // Of 100, a ran from 10 to 70, and b within that.
  expect(nodes.map(({ own, below, failedBelow }) => [own, below, failedBelow])).toEqual([
    [40, 3, 1],
    [55, 1, 0],
    [5, 0, 0],
    [10, 0, 0],
  ]);
});

it("shows spans whose parents are missing or form a ring at the top", () => {
  const lost = traceOf({ spanId: "a", parentId: "gone" }, { spanId: "b", parentId: "a" });
  expect(shape(lost)).toEqual(["a", "  b"]);
  expect(treeOf(lost).tops.map(({ isOrphan }) => isOrphan)).toEqual([true]);
  const ring = traceOf(
    { spanId: "root" },
    { spanId: "a", parentId: "b" },
    { spanId: "b", parentId: "a" },
    { spanId: "self", parentId: "self" },
  );
  expect(shape(ring)).toEqual(["root", "a", "  b", "self"]);
});

it("puts the server's half of a span that is shared below the client's", () => {
  const trace = traceOf(
    { spanId: "x", kind: "client", service: "shop" },
    { spanId: "x", kind: "server", service: "pay" },
    { spanId: "y", parentId: "x", service: "pay" },
  );
  expect(shape(trace)).toEqual(["x", "  x", "    y"]);
});

it("moves what another clock timed into the call that it answers, with all below it", () => {
  const { nodes, start, end } = treeOf(
    traceOf(
      { spanId: "call", kind: "client", offsetNs: 1000, durationNs: 100 },
      {
        spanId: "answer",
        parentId: "call",
        kind: "server",
        service: "pay",
        offsetNs: 400,
        durationNs: 60,
      },
      { spanId: "work", parentId: "answer", service: "pay", offsetNs: 410, durationNs: 10 },
    ),
  );
  expect(nodes.map((node) => [node.start, node.end, node.shift])).toEqual([
    [1000, 1100, 0],
    [1020, 1080, 620],
    [1030, 1040, 620],
  ]);
  expect([start, end]).toEqual([0, 1100]);
});

it("leaves work where it is that outlasts what began it", () => {
  const { nodes } = treeOf(
    traceOf(
      { spanId: "send", kind: "producer", durationNs: 10 },
      { spanId: "work", parentId: "send", kind: "consumer", service: "w", offsetNs: 50 },
    ),
  );
  expect(nodes.map((node) => [node.start, node.shift, node.own])).toEqual([
    [0, 0, 10],
    [50, 0, 100],
  ]);
});

it("takes a trace deeper than calls may nest", () => {
  const spans = Array.from({ length: 20_000 }, (_, i) => ({
    spanId: `s${i}`,
    parentId: i === 0 ? "" : `s${i - 1}`,
  }));
  const { nodes } = treeOf(traceOf(...spans));
  expect(nodes.at(-1)?.depth).toBe(19_999);
  expect(nodes[0]?.below).toBe(19_999);
});
