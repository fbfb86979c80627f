import { encodeBatch, type EncodedBatch } from "../export/encode-batch.ts";
import {
  encodeLogs,
  encodeSpans,
  type LogData,
  type Resource,
  type SpanData,
} from "../export/otlp.ts";

/** Most items of a kind that wait. */
const maxHeld = 1_000;
/** How long items wait for others, in milliseconds. */
const waitMs = 1_000;
/** After this long the one who was to send is taken to be gone with its request, in milliseconds. */
const lostMs = 10_000;
/** Longest time that sending may take, in milliseconds. */
const sendMs = 5_000;
/** How often a batch is tried: now, and with what comes later. */
const maxAttempts = 3;

/** Holds spans and records, and sends them by `fetch`. Never throws and never rejects. */
export class Outbox {
  readonly #target: { readonly url: string; readonly key: string } | undefined;
  readonly #resource: Resource;
  #spans: SpanData[] = [];
  #records: LogData[] = [];
  /** When the one who is to send what is held began to wait; undefined when there is none. */
  #waitingSince: number | undefined;
  #failures = 0;
  #dropped = 0;

  constructor(
    target: { readonly url: string; readonly key: string } | undefined,
    resource: Resource,
  ) {
    this.#target = target && { ...target, url: target.url.replace(/(?<!\/)\/+$/, "") };
    this.#resource = resource;
  }

  /** Items that found no room, or could not be delivered. */
  get dropped(): number {
    return this.#dropped;
  }

  span(span: SpanData): void {
    this.#hold(this.#spans, span);
  }

  record(record: LogData): void {
    this.#hold(this.#records, record);
  }

  /**
   * Sends what is held a little later, with what comes until then; undefined when somebody waits to do
   * so. Runtimes may end a request and all that it waits for: then the next one sends.
   */
  flushSoon(): Promise<void> | undefined {
    const now = Date.now();
    const since = this.#waitingSince;
    if (this.#spans.length + this.#records.length === 0) return undefined;
    if (since !== undefined && now - since < lostMs) return undefined;
    this.#waitingSince = now;
    return new Promise<void>((resolve) => setTimeout(resolve, waitMs)).then(() => {
      // What comes from now on is not in this batch, and needs somebody of its own.
      this.#waitingSince = undefined;
      return this.#flush();
    });
  }

  #hold<Item>(held: Item[], item: Item): void {
    if (this.#target === undefined) return;
    if (held.length < maxHeld) held.push(item);
    else this.#dropped += 1;
  }

  async #flush(): Promise<void> {
    const spans = this.#encoded(this.#spans, encodeSpans);
    const records = this.#encoded(this.#records, encodeLogs);
    this.#spans = [];
    this.#records = [];
    const [spansDone, recordsDone] = await Promise.all([
      spans.body === undefined || this.#send("/v1/traces", spans.body),
      records.body === undefined || this.#send("/v1/logs", records.body),
    ]);
    this.#failures = spansDone && recordsDone ? 0 : this.#failures + 1;
    const again = this.#failures < maxAttempts;
    if (!again) this.#failures = 0;
    if (!spansDone) this.#spans = this.#keep(spans.items, this.#spans, again);
    if (!recordsDone) this.#records = this.#keep(records.items, this.#records, again);
  }

  /** What can be encoded: the rest will not be the next time either. */
  #encoded<Item>(
    items: readonly Item[],
    encode: (resource: Resource, items: readonly Item[]) => string,
  ): EncodedBatch<Item> {
    const encoded = encodeBatch(
      items,
      (some) => encode(this.#resource, some),
      () => {},
    );
    this.#dropped += items.length - encoded.items.length;
    return encoded;
  }

  /** What was not delivered, before what came since, as far as there is room. */
  #keep<Item>(old: readonly Item[], fresh: readonly Item[], again: boolean): Item[] {
    const kept = again ? [...old, ...fresh].slice(0, maxHeld) : [...fresh];
    this.#dropped += old.length + fresh.length - kept.length;
    return kept;
  }

  /** Whether the batch is done with: taken, or refused for good. */
  async #send(path: string, body: string): Promise<boolean> {
    const { url, key } = this.#target ?? { url: "", key: "" };
    try {
      const response = await fetch(url + path, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "content-encoding": "gzip",
          authorization: `Bearer ${key}`,
        },
        body: await compressed(body),
        signal: AbortSignal.timeout(sendMs),
      });
      // The connection is free once the body is gone.
      await response.body?.cancel();
      return response.status < 500 && response.status !== 429;
    } catch {
      return false;
    }
  }
}

async function compressed(text: string): Promise<ArrayBuffer> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}
