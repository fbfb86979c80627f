/**
 * OTLP as JSON, the bodies of `/v1/traces` and `/v1/logs`:
 * https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding. Ids are hexadecimal, 64-bit
 * numbers are strings, enumerations are numbers.
 */

export type Attribute = string | number | boolean;
export type Attributes = Readonly<Record<string, Attribute | undefined>>;

/** What is the same for everything that this process sends. */
export interface Resource {
  readonly service: string;
  readonly environment: string;
  readonly version: string;
  readonly instance: string;
}

/** https://opentelemetry.io/docs/specs/otel/trace/api/#spankind as OTLP numbers them. */
export const spanKinds = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 } as const;
export type SpanKind = keyof typeof spanKinds;

export interface SpanData {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly kind: SpanKind;
  /** Milliseconds since 1970. */
  readonly start: number;
  readonly end: number;
  readonly attributes: Attributes;
  /** What went wrong, when something did. */
  readonly error: string | undefined;
}

/** What is told of a span at its end. */
export interface SpanEnd {
  readonly name: string;
  readonly kind: SpanKind;
  /** Milliseconds into the process. */
  readonly startedAt: number;
  readonly attributes: Attributes;
  readonly error: string | undefined;
}

export interface LogData {
  /** Milliseconds since 1970. */
  readonly time: number;
  /** 1 to 24: https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber */
  readonly severity: number;
  readonly severityText: string;
  readonly body: string;
  readonly eventName?: string;
  readonly attributes: Attributes;
  readonly traceId?: string | undefined;
  readonly spanId?: string | undefined;
}

/** About how much text a span or a record holds, in UTF-16 units. Never throws. */
export function sizeOf(item: SpanData | LogData): number {
  let size = 0;
  const add = (value: unknown): void => {
    if (typeof value === "string") size += value.length;
  };
  try {
    for (const value of Object.values(item)) add(value);
    for (const value of Object.values(item.attributes)) add(value);
  } catch {
    // A getter of the application's, of which is told when it is encoded.
  }
  return size;
}

const scope = { name: "@seaworthy/sdk" };
/** Longest text of an attribute or a body, in UTF-16 units. */
const maxText = 16_384;

export function encodeSpans(resource: Resource, spans: readonly SpanData[]): string {
  return JSON.stringify({
    resourceSpans: [
      { resource: resourceOf(resource), scopeSpans: [{ scope, spans: spans.map(spanOf) }] },
    ],
  });
}

export function encodeLogs(resource: Resource, records: readonly LogData[]): string {
  return JSON.stringify({
    resourceLogs: [
      { resource: resourceOf(resource), scopeLogs: [{ scope, logRecords: records.map(recordOf) }] },
    ],
  });
}

function spanOf(span: SpanData) {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    ...(span.parentSpanId === undefined ? {} : { parentSpanId: span.parentSpanId }),
    name: cut(span.name),
    kind: spanKinds[span.kind],
    startTimeUnixNano: nanoseconds(span.start),
    endTimeUnixNano: nanoseconds(Math.max(span.start, span.end)),
    attributes: attributesOf(span.attributes),
    status: span.error === undefined ? {} : { code: 2, message: cut(span.error) },
  };
}

function recordOf(record: LogData) {
  return {
    timeUnixNano: nanoseconds(record.time),
    observedTimeUnixNano: nanoseconds(record.time),
    severityNumber: record.severity,
    severityText: record.severityText,
    body: { stringValue: cut(record.body) },
    ...(record.eventName === undefined ? {} : { eventName: record.eventName }),
    attributes: attributesOf(record.attributes),
    ...(record.traceId === undefined ? {} : { traceId: record.traceId }),
    ...(record.spanId === undefined ? {} : { spanId: record.spanId }),
  };
}

/** https://opentelemetry.io/docs/specs/semconv/resource/ */
function resourceOf({ service, environment, version, instance }: Resource) {
  return {
    attributes: attributesOf({
      "service.name": service,
      "service.version": version,
      "service.instance.id": instance,
      "deployment.environment.name": environment,
      "telemetry.sdk.name": "seaworthy",
      "telemetry.sdk.language": "nodejs",
    }),
  };
}

function attributesOf(attributes: Attributes) {
  const list: { key: string; value: object }[] = [];
  for (const [key, value] of Object.entries(attributes))
    if (value !== undefined) list.push({ key, value: valueOf(value) });
  return list;
}

function valueOf(value: Attribute): object {
  if (typeof value === "boolean") return { boolValue: value };
  if (typeof value !== "number") return { stringValue: cut(value) };
  if (Number.isSafeInteger(value)) return { intValue: String(value) };
  // JSON has no word for the others; protobuf's JSON writes them as text.
  return { doubleValue: Number.isFinite(value) ? value : String(value) };
}

/** Milliseconds are exact to the microsecond in a number; the rest are zeros. */
function nanoseconds(milliseconds: number): string {
  return `${Math.round(milliseconds * 1000)}000`;
}

/** Applications give other things for texts, too: one of them in a body, and all of it is refused. */
function cut(given: unknown): string {
  const text = typeof given === "string" ? given : String(given);
  return text.length > maxText ? text.slice(0, maxText) : text;
}
