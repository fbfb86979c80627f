import type { Labels, Span, SpanBatch } from "../../../model/index.ts";
import { withoutEmpty } from "../../../model/index.ts";
import { dayOfNs } from "../days.ts";
import { encodeBlock } from "../native-format.ts";

/** A batch on its way, with its spans that turn out to be new. */
export interface PendingSpans {
  readonly batch: SpanBatch;
  stored: readonly Span[];
}

/** From when to when a trace lasts, of what is known of it on one day; ns since 1970. */
interface TraceTimes {
  readonly day: number;
  readonly traceId: string;
  first: bigint;
  last: bigint;
}

/** The rows of one commit. */
export class SpanRows {
  /** Which batches have spans in here, with their days. */
  readonly batches: readonly { readonly fingerprint: bigint; readonly day: number }[];
  readonly #spans: Span[] = [];
  readonly #batch: bigint[] = [];
  readonly #times = new Map<string, TraceTimes>();

  /** `stored` tells which spans need not be written, by their batch and day. */
  constructor(
    group: readonly PendingSpans[],
    stored: (fingerprint: bigint, day: number) => boolean,
  ) {
    const batches = new Map<string, { fingerprint: bigint; day: number }>();
    for (const pending of group) {
      const { spans, fingerprint } = pending.batch;
      pending.stored =
        fingerprint === undefined
          ? spans
          : spans.filter(({ startNs }) => !stored(fingerprint, dayOfNs(startNs)));
      for (const span of pending.stored) {
        const day = dayOfNs(span.startNs);
        if (fingerprint !== undefined) batches.set(`${fingerprint}/${day}`, { fingerprint, day });
        this.#spans.push(span);
        this.#batch.push(fingerprint ?? 0n);
        this.#noteTimes(span, day);
      }
    }
    this.batches = [...batches.values()];
  }

  get size(): number {
    return this.#spans.length;
  }

  #noteTimes({ traceId, startNs, durationNs }: Span, day: number): void {
    const key = `${day}/${traceId}`;
    const end = startNs + durationNs;
    const times = this.#times.get(key);
    if (times === undefined) {
      this.#times.set(key, { day, traceId, first: startNs, last: end });
      return;
    }
    if (startNs < times.first) times.first = startNs;
    if (end > times.last) times.last = end;
  }

  /** A block of the table `spans`. `received` in s since 1970. */
  encode(received: number): Buffer {
    const spans = this.#spans;
    const texts = (name: string, of: (span: Span) => string) =>
      ({ name, type: "String", data: spans.map(of) }) as const;
    const maps = (name: string, of: (span: Span) => Labels) =>
      ({
        name,
        type: "Map(String, String)",
        data: spans.map((span) => withoutEmpty(of(span))),
      }) as const;
    return encodeBlock(spans.length, [
      texts("service", (span) => span.service),
      texts("name", (span) => span.name),
      {
        name: "time",
        type: "DateTime64(9, 'UTC')",
        data: BigInt64Array.from(spans, (span) => span.startNs),
      },
      {
        name: "duration",
        type: "UInt64",
        data: BigUint64Array.from(spans, (span) => span.durationNs),
      },
      texts("kind", (span) => span.kind),
      texts("status", (span) => span.status),
      texts("status_message", (span) => span.statusMessage),
      texts("trace_id", (span) => span.traceId),
      texts("span_id", (span) => span.spanId),
      texts("parent_id", (span) => span.parentId),
      texts("scope", (span) => span.scope),
      maps("resource", (span) => span.resource),
      maps("attributes", (span) => span.attributes),
      texts("events", ({ events }) =>
        events.length === 0
          ? ""
          : JSON.stringify(
              events.map(({ timeNs, name, attributes }) => [String(timeNs), name, attributes]),
            ),
      ),
      texts("links", ({ links }) =>
        links.length === 0
          ? ""
          : JSON.stringify(
              links.map(({ traceId, spanId, attributes }) => [traceId, spanId, attributes]),
            ),
      ),
      {
        name: "received",
        type: "DateTime('UTC')",
        data: new Uint32Array(spans.length).fill(received),
      },
      { name: "batch", type: "UInt64", data: BigUint64Array.from(this.#batch) },
    ]);
  }

  /** A block of the table `trace_times`. */
  encodeTimes(): Buffer {
    const rows = [...this.#times.values()];
    return encodeBlock(rows.length, [
      { name: "day", type: "Date", data: Uint16Array.from(rows, ({ day }) => day) },
      { name: "trace_id", type: "String", data: rows.map(({ traceId }) => traceId) },
      {
        name: "first",
        type: "DateTime64(9, 'UTC')",
        data: BigInt64Array.from(rows, ({ first }) => first),
      },
      {
        name: "last",
        type: "DateTime64(9, 'UTC')",
        data: BigInt64Array.from(rows, ({ last }) => last),
      },
    ]);
  }
}
