import { SPAN_KINDS, SPAN_STATUSES } from "../../model/index.ts";
import type { Labels } from "../../model/index.ts";
import { ProtoReader } from "../protobuf.ts";
import { parseJson } from "../logs/json.ts";
import type { SpanCollector } from "../traces/collector.ts";
import type { AttributeList } from "./attribute-list.ts";
import { FlatAttributes } from "./attributes.ts";
import type { FlatLimits } from "./attributes.ts";
import { Budget } from "./schema.ts";
import { exportTraceRequest } from "./trace-schema.ts";
import type { ResourceSpans } from "./trace-schema.ts";

/** Messages that a request may hold for each span that it may hold: attributes are messages too. */
const MESSAGES_A_SPAN = 48;

/** Reads ExportTraceServiceRequest as OTLP's JSON. Throws PushError or OtlpError. */
export function readOtlpTracesJson(body: Buffer, into: SpanCollector): void {
  const budget = new Budget(into.limits.spans * MESSAGES_A_SPAN);
  addAll(exportTraceRequest.fromJson(parseJson(body), "", budget).resourceSpans, into);
}

/** Reads ExportTraceServiceRequest as protobuf. Throws ProtobufError or OtlpError. */
export function readOtlpTracesProtobuf(body: Buffer, into: SpanCollector): void {
  const budget = new Budget(into.limits.spans * MESSAGES_A_SPAN);
  addAll(exportTraceRequest.readFields(new ProtoReader(body), budget).resourceSpans, into);
}

function addAll(resources: readonly ResourceSpans[], into: SpanCollector): void {
  for (const { resource, scopeSpans } of resources) {
    const { attributes: count, attributesLength: length } = into.limits;
    const origin = into.origin(flatAttributes(resource.attributes, { count, length }).texts);
    for (const { scope, spans } of scopeSpans) {
      const named = scope.version === "" ? scope.name : `${scope.name} ${scope.version}`;
      for (const span of spans) {
        // What a span holds shares its limits, and what is beyond them is not read: it is refused.
        const left = { count, length };
        const flat = (list: AttributeList): Labels => {
          const read = flatAttributes(list, left);
          left.count -= read.count;
          left.length -= read.length;
          return read.texts;
        };
        into.add(origin, {
          traceId: span.traceId,
          spanId: span.spanId,
          parentId: span.parentSpanId,
          name: span.name,
          kind: SPAN_KINDS[span.kind] ?? "unspecified",
          startNs: span.startTimeUnixNano,
          endNs: span.endTimeUnixNano,
          status: SPAN_STATUSES[span.status.code] ?? "unset",
          statusMessage: span.status.message,
          scope: named,
          attributes: flat(span.attributes),
          events: span.events.map(({ timeUnixNano, name, attributes }) => ({
            timeNs: timeUnixNano,
            name,
            attributes: flat(attributes),
          })),
          links: span.links.map(({ traceId, spanId, attributes }) => ({
            traceId,
            spanId,
            attributes: flat(attributes),
          })),
        });
      }
    }
  }
}

function flatAttributes(list: AttributeList, limits: FlatLimits): FlatAttributes {
  const flat = new FlatAttributes(limits);
  for (const { key, value } of list) {
    if (flat.isOver) break;
    if (key !== "" && key !== "__proto__") flat.add({ [key]: value });
  }
  return flat;
}
