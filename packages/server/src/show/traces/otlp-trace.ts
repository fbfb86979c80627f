import { SPAN_KINDS, SPAN_STATUSES } from "../../model/index.ts";
import type { Labels, Span } from "../../model/index.ts";
import { ProtoWriter } from "../proto-writer.ts";

/** Spans of one process and instrumentation, as OTLP groups them. */
interface ScopeGroup {
  readonly resource: Labels;
  readonly scope: string;
  readonly spans: Span[];
}

function grouped(spans: readonly Span[]): ScopeGroup[] {
  const groups = new Map<string, ScopeGroup>();
  for (const span of spans) {
    const resource = { "service.name": span.service, ...span.resource };
    const key = JSON.stringify([resource, span.scope]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { resource, scope: span.scope, spans: [span] });
    else group.spans.push(span);
  }
  return [...groups.values()];
}

const attributesJson = (attributes: Labels) =>
  Object.entries(attributes).map(([key, stringValue]) => ({ key, value: { stringValue } }));

/** A trace as OTLP's JSON, whose ids are base64 as in all of protobuf's JSON but OTLP's own. */
export function traceJson(spans: readonly Span[]): object[] {
  const id = (hex: string) => Buffer.from(hex, "hex").toString("base64");
  return grouped(spans).map(({ resource, scope, spans: ofScope }) => ({
    resource: { attributes: attributesJson(resource) },
    scopeSpans: [
      {
        scope: { name: scope },
        spans: ofScope.map((span) => ({
          traceId: id(span.traceId),
          spanId: id(span.spanId),
          ...(span.parentId === "" ? {} : { parentSpanId: id(span.parentId) }),
          name: span.name,
          kind: `SPAN_KIND_${span.kind.toUpperCase()}`,
          startTimeUnixNano: String(span.startNs),
          endTimeUnixNano: String(span.startNs + span.durationNs),
          attributes: attributesJson(span.attributes),
          events: span.events.map(({ timeNs, name, attributes }) => ({
            timeUnixNano: String(timeNs),
            name,
            attributes: attributesJson(attributes),
          })),
          links: span.links.map((link) => ({
            traceId: id(link.traceId),
            spanId: id(link.spanId),
            attributes: attributesJson(link.attributes),
          })),
          status: {
            code: `STATUS_CODE_${span.status.toUpperCase()}`,
            ...(span.statusMessage === "" ? {} : { message: span.statusMessage }),
          },
        })),
      },
    ],
  }));
}

/**
 * A trace as protobuf: tempopb.Trace, which is `repeated ResourceSpans = 1`
 * (opentelemetry/proto/trace/v1/trace.proto). `wrapped`: as the field `trace` of TraceByIDResponse.
 */
export function traceProtobuf(spans: readonly Span[], wrapped: boolean): Buffer {
  const writer = new ProtoWriter();
  const write = () => {
    for (const group of grouped(spans)) {
      writer.message(1, () => {
        writer.message(1, () => writeAttributes(writer, 1, group.resource));
        writer.message(2, () => {
          writer.message(1, () => writer.text(1, group.scope));
          for (const span of group.spans) writer.message(2, () => writeSpan(writer, span));
        });
      });
    }
  };
  if (wrapped) writer.message(1, write);
  else write();
  return writer.finish();
}

function writeSpan(writer: ProtoWriter, span: Span): void {
  writer.bytes(1, Buffer.from(span.traceId, "hex"));
  writer.bytes(2, Buffer.from(span.spanId, "hex"));
  if (span.parentId !== "") writer.bytes(4, Buffer.from(span.parentId, "hex"));
  writer.text(5, span.name);
  writer.int64(6, SPAN_KINDS.indexOf(span.kind));
  writer.fixed64(7, span.startNs);
  writer.fixed64(8, span.startNs + span.durationNs);
  writeAttributes(writer, 9, span.attributes);
  for (const { timeNs, name, attributes } of span.events) {
    writer.message(11, () => {
      writer.fixed64(1, timeNs);
      writer.text(2, name);
      writeAttributes(writer, 3, attributes);
    });
  }
  for (const { traceId, spanId, attributes } of span.links) {
    writer.message(13, () => {
      writer.bytes(1, Buffer.from(traceId, "hex"));
      writer.bytes(2, Buffer.from(spanId, "hex"));
      writeAttributes(writer, 4, attributes);
    });
  }
  writer.message(15, () => {
    if (span.statusMessage !== "") writer.text(2, span.statusMessage);
    writer.int64(3, SPAN_STATUSES.indexOf(span.status));
  });
}

function writeAttributes(writer: ProtoWriter, field: number, attributes: Labels): void {
  for (const [key, value] of Object.entries(attributes)) {
    writer.message(field, () => {
      writer.text(1, key);
      writer.message(2, () => writer.text(1, value));
    });
  }
}
