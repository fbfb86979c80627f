import type { Labels } from "./labels.ts";

/** What part a span plays in a call, by OpenTelemetry's names. */
export const SPAN_KINDS = [
  "unspecified",
  "internal",
  "server",
  "client",
  "producer",
  "consumer",
] as const;
export type SpanKind = (typeof SPAN_KINDS)[number];

/** How what a span tells of ended, by OpenTelemetry's names. */
export const SPAN_STATUSES = ["unset", "ok", "error"] as const;
export type SpanStatus = (typeof SPAN_STATUSES)[number];

/** Something that happened at one moment of a span. */
export interface SpanEvent {
  /** ns since 1970. */
  readonly timeNs: bigint;
  readonly name: string;
  readonly attributes: Labels;
}

/** Another span that a span has to do with without being its child. */
export interface SpanLink {
  readonly traceId: string;
  readonly spanId: string;
  readonly attributes: Labels;
}

/** One piece of work of one service, in the tree that is a trace. Attributes are texts, flattened. */
export interface Span {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits; `parentId` is empty for a root. */
  readonly spanId: string;
  readonly parentId: string;
  readonly service: string;
  readonly name: string;
  readonly kind: SpanKind;
  /** ns since 1970, and ns. */
  readonly startNs: bigint;
  readonly durationNs: bigint;
  readonly status: SpanStatus;
  readonly statusMessage: string;
  /** The instrumentation that made it. */
  readonly scope: string;
  readonly resource: Labels;
  readonly attributes: Labels;
  readonly events: readonly SpanEvent[];
  readonly links: readonly SpanLink[];
}

/** Spans on their way to the store, committed as one. */
export interface SpanBatch {
  readonly spans: readonly Span[];
  /** As of a LogBatch: a batch that has been committed already is not written again. */
  readonly fingerprint?: bigint;
}

/** Where spans go. */
export interface SpanSink {
  /**
   * Resolves once the engine has committed the batch, with the spans that it did not have before.
   * Rejects with RangeError for a batch that is malformed, with the store's error otherwise; then
   * nothing of the batch is there, or so much of it as one repetition completes.
   */
  write(batch: SpanBatch): Promise<readonly Span[]>;
}
