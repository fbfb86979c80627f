import { attributesAs } from "./attribute-list.ts";
import { exactNanoseconds, hex, many, message, one, text, uint32 } from "./schema.ts";
import type { Read } from "./schema.ts";

// opentelemetry/proto/trace/v1/trace.proto, as of 1.9; what nothing here reads is left out.

const event = message({
  timeUnixNano: one(1, exactNanoseconds),
  name: one(2, text),
  attributes: attributesAs(3),
});

const link = message({
  traceId: one(1, hex),
  spanId: one(2, hex),
  attributes: attributesAs(4),
});

const span = message({
  traceId: one(1, hex),
  spanId: one(2, hex),
  parentSpanId: one(4, hex),
  name: one(5, text),
  kind: one(6, uint32),
  startTimeUnixNano: one(7, exactNanoseconds),
  endTimeUnixNano: one(8, exactNanoseconds),
  attributes: attributesAs(9),
  events: many(11, event),
  links: many(13, link),
  status: one(15, message({ message: one(2, text), code: one(3, uint32) })),
});

const scopeSpans = message({
  scope: one(1, message({ name: one(1, text), version: one(2, text) })),
  spans: many(2, span),
});

const resourceSpans = message({
  resource: one(1, message({ attributes: attributesAs(1) })),
  scopeSpans: many(2, scopeSpans),
});

/** `ExportTraceServiceRequest`. */
export const exportTraceRequest = message({ resourceSpans: many(1, resourceSpans) });

export type ResourceSpans = Read<typeof resourceSpans>;
