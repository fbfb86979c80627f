import { expect, it } from "vitest";
import { traceOf } from "./trace-of.ts";

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
  expect(traceOf({ fields, text })).toEqual(expected);
});
