import fc from "fast-check";
import { expect, test } from "vitest";
import { newSpanId, newTraceId } from "./ids.ts";
import { formatTraceParent, parseTraceParent } from "./w3c.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const spanId = "00f067aa0ba902b7";

test("reads what the recommendation gives as examples", () => {
  expect(parseTraceParent(`00-${traceId}-${spanId}-01`)).toEqual({
    traceId,
    spanId,
    sampled: true,
  });
  expect(parseTraceParent(`00-${traceId}-${spanId}-00`)?.sampled).toBe(false);
  // A later version may say more.
  expect(parseTraceParent(`cc-${traceId}-${spanId}-01-what-is-next`)).toBeDefined();
});

test("takes nothing that is not valid", () => {
  for (const bad of [
    undefined,
    "",
    [`00-${traceId}-${spanId}-01`, "twice"],
    `ff-${traceId}-${spanId}-01`,
    `00-${traceId}-${spanId}-01-more`,
    `00-${"0".repeat(32)}-${spanId}-01`,
    `00-${traceId}-${"0".repeat(16)}-01`,
    `00-${traceId.toUpperCase()}-${spanId}-01`,
    `00-${traceId}-${spanId}`,
    `cc-${traceId}-${spanId}-01-${"x".repeat(1_000)}`,
  ])
    expect(parseTraceParent(bad)).toBeUndefined();
});

test("what is written is read back, and nothing else is misread", () => {
  fc.assert(
    fc.property(fc.boolean(), fc.string(), (sampled, junk) => {
      const parent = { traceId: newTraceId(), spanId: newSpanId(), sampled };
      expect(parseTraceParent(formatTraceParent(parent))).toEqual(parent);
      expect(parseTraceParent(junk)).toBeUndefined();
    }),
  );
});

test("ids are distinct, well formed, and even where samplers look", () => {
  const traces = new Set(Array.from({ length: 20_000 }, () => newTraceId()));
  const spans = new Set(Array.from({ length: 20_000 }, () => newSpanId()));
  expect(traces.size).toBe(20_000);
  expect(spans.size).toBe(20_000);
  for (const id of traces) expect(id).toMatch(/^(?!0+$)[0-9a-f]{32}$/);
  for (const id of spans) expect(id).toMatch(/^(?!0+$)[0-9a-f]{16}$/);
  // Samplers compare a trace id's last 56 bits with a threshold: a tenth is below a tenth of it.
  const below = [...traces].filter((id) => Number.parseInt(id.slice(18, 24), 16) < 0xffffff / 10);
  expect(below.length / traces.size).toBeCloseTo(0.1, 1);
});
