import { expect, it } from "vitest";
import { linksOfLine, linksOfSpans, traceOf } from "./links.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN = "00f067aa0ba902b7";

it.each([
  [{ trace_id: TRACE, span_id: SPAN }, "x", { traceId: TRACE, spanId: SPAN }],
  [{}, `{"traceId":"${TRACE}","spanId":"${SPAN}"}`, { traceId: TRACE, spanId: SPAN }],
  [{}, `level=info trace_id=${TRACE} msg=x`, { traceId: TRACE, spanId: undefined }],
  [{ trace_id: "0".repeat(32) }, "x", null],
  [{ trace_id: "what" }, "trace_id: none", null],
  [{}, "the trace_id is missing", null],
])("%j and %s", (fields, text, expected) => {
  expect(traceOf(fields, text)).toEqual(expected);
});

const AT = Date.parse("2026-06-01T12:00:00.250Z");
const query = (path: string) => Object.fromEntries(new URL(path, "http://x").searchParams);

it("a line leads to what stands around it, and to its trace and all lines of that", () => {
  const line = { at: AT, stream: { app: 'a"b' }, fields: {}, text: "x" };
  const { around, ...others } = linksOfLine(line);
  expect(others).toEqual({});
  expect(query(around)).toEqual({
    q: '{app="a\\"b"}',
    from: "2026-06-01T11:59:30Z",
    to: "2026-06-01T12:00:31Z",
  });
  const { trace, logs } = linksOfLine({ ...line, fields: { trace_id: TRACE, span_id: SPAN } });
  expect(trace).toBe(`/explore/traces/${TRACE}?span=${SPAN}`);
  expect(query(logs ?? "")).toEqual({
    q: `{service_name=~".+"} | trace_id="${TRACE}"`,
    from: "2026-06-01T11:45:00Z",
    to: "2026-06-01T12:15:01Z",
  });
});

it("a span leads to its page and to its log lines, those of its trace to all of it", () => {
  const { trace, logs } = linksOfSpans(TRACE, SPAN, AT, AT + 1000);
  expect(trace).toBe(`/explore/traces/${TRACE}?span=${SPAN}`);
  expect(query(logs)).toEqual({
    q: `{service_name=~".+"} | trace_id="${TRACE}" | span_id="${SPAN}"`,
    from: "2026-06-01T11:59:00Z",
    to: "2026-06-01T12:01:02Z",
  });
  expect(query(linksOfSpans(TRACE, undefined, AT, AT).logs)["q"]).toBe(
    `{service_name=~".+"} | trace_id="${TRACE}"`,
  );
});
