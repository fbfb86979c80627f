import { createTransport, type BrowserOptions } from "@sentry/browser";
import type { Mask } from "./mask.ts";
import { warn } from "./quietly.ts";

type MakeTransport = NonNullable<BrowserOptions["transport"]>;
type Transport = ReturnType<MakeTransport>;
type Envelope = Parameters<Transport["send"]>[0];
type Item = Envelope[1][number];

/** Longest time that one request may take, in milliseconds: a server that hangs must not fill the queue. */
const requestMs = 10_000;
/** Requests that may be under way at once; what comes then is dropped, and counted by the SDK. */
const maxUnderWay = 20;
/** What browsers send for a page that is being left: together at most 64 KiB, here in UTF-16 units. */
const maxKeptAlive = 60_000;
const maxKeptAliveRequests = 15;

/**
 * Sends envelopes as the SDK's own transport does, masked, and each within a limited time. Recordings
 * are compressed here, after they were masked.
 */
export function maskingTransport(mask: Mask): MakeTransport {
  // What instruments fetch later is not to see the kit's own requests.
  const fetch = globalThis.fetch.bind(globalThis);
  return (options) => {
    let underWay = 0;
    let underWayLength = 0;
    const post = async ({ body }: { readonly body: string | Uint8Array }) => {
      const { length } = body;
      underWay += 1;
      underWayLength += length;
      try {
        const response = await fetch(options.url, {
          method: "POST",
          // TypeScript keeps buffers that are shared apart; this one is not.
          body: typeof body === "string" ? body : new Uint8Array(body),
          referrerPolicy: "strict-origin",
          credentials: "omit",
          keepalive: underWayLength <= maxKeptAlive && underWay < maxKeptAliveRequests,
          signal: AbortSignal.timeout(requestMs),
        });
        // What it answers is of no interest, and may be without end.
        await response.body?.cancel();
        return {
          statusCode: response.status,
          headers: {
            "x-sentry-rate-limits": response.headers.get("x-sentry-rate-limits"),
            "retry-after": response.headers.get("retry-after"),
          },
        };
      } finally {
        underWay -= 1;
        underWayLength -= length;
      }
    };
    const inner = createTransport({ ...options, bufferSize: maxUnderWay }, post);
    return {
      flush: (timeout) => inner.flush(timeout),
      send: (envelope) => {
        let safe: Envelope;
        try {
          safe = maskEnvelope(envelope, mask);
        } catch {
          // Who captured it is not to hear of that.
          warn("what could not be masked was not sent");
          return Promise.resolve({});
        }
        const recording = safe[1].findIndex((item) => typeof item[1] === "string");
        // A page that is being left does not wait for a compressor.
        if (recording === -1 || document.visibilityState === "hidden") return inner.send(safe);
        return compressed(safe, recording).then((smaller) => inner.send(smaller));
      },
    };
  };
}

function maskEnvelope(envelope: Envelope, mask: Mask): Envelope {
  const [headers, items] = envelope;
  const safe = items.flatMap((item: Item) => maskItem(item, mask));
  const trace = "trace" in headers ? { trace: mask.value(headers.trace) } : {};
  return [{ ...headers, ...trace }, safe] as Envelope;
}

/** One item or none: bytes that cannot be read cannot be masked, and do not leave. */
function maskItem([headers, payload]: Item, mask: Mask): Item[] {
  if (headers.type === "replay_recording") {
    const recording = maskRecording(payload, mask);
    return recording === undefined
      ? []
      : [[{ ...headers, length: bytesOf(recording) }, recording] as Item];
  }
  if (typeof payload !== "object" || payload === null || ArrayBuffer.isView(payload)) return [];
  return [[headers, mask.value(payload)] as Item];
}

/** A recording is a line that numbers it, and a JSON list of what was seen. */
function maskRecording(payload: unknown, mask: Mask): string | undefined {
  if (typeof payload !== "string") return undefined;
  const end = payload.indexOf("\n");
  const events: unknown = JSON.parse(payload.slice(end + 1));
  return `${payload.slice(0, end + 1)}${JSON.stringify(mask.value(events))}`;
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** The envelope with its recording as zlib writes it, which is what the SDK's worker would send. */
async function compressed(envelope: Envelope, at: number): Promise<Envelope> {
  const item = envelope[1][at];
  const text: unknown = item?.[1];
  if (item === undefined || typeof text !== "string" || !("CompressionStream" in globalThis))
    return envelope;
  try {
    const end = text.indexOf("\n") + 1;
    const stream = new Blob([text.slice(end)])
      .stream()
      .pipeThrough(new CompressionStream("deflate"));
    const packed = new Uint8Array(await new Response(stream).arrayBuffer());
    const line = new TextEncoder().encode(text.slice(0, end));
    const payload = new Uint8Array(line.length + packed.length);
    payload.set(line);
    payload.set(packed, line.length);
    const items = [...envelope[1]] as Item[];
    items[at] = [{ ...item[0], length: payload.length }, payload] as Item;
    return [envelope[0], items] as Envelope;
  } catch {
    return envelope; // It goes as it is.
  }
}
