import { gzipSync } from "node:zlib";
import { DeliveryRefused } from "@seaworthy/tail";
import type { TailRecord } from "@seaworthy/tail";

const TIMEOUT_MS = 30_000;
/** Statuses of a platform that may take it later. */
const LATER = new Set([408, 425, 429, 500, 502, 503, 504]);

/**
 * Makes the delivery of batches to a platform, as Loki's push: the same records are the same body, by
 * which the platform knows a batch that it has already. `refused` is told of lines that it does not take.
 */
export function pushTo(
  platform: URL,
  key: string,
  refused: (message: string) => void,
): (records: readonly TailRecord[]) => Promise<void> {
  const url = new URL("/loki/api/v1/push", platform);
  return async (records) => {
    const response = await fetch(url, {
      method: "POST",
      headers: {
        authorization: `Bearer ${key}`,
        "content-type": "application/json",
        "content-encoding": "gzip",
      },
      body: Uint8Array.from(gzipSync(bodyOf(records))),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = (await response.text()).trim();
    if (response.ok) return;
    // Some lines are too old, say: the others are stored, and these never will be.
    if (response.status === 400 && text.includes("were not stored, the others were")) {
      return refused(text);
    }
    const reason = `${url.origin} answered ${response.status}: ${text.slice(0, 500)}`;
    if (LATER.has(response.status)) throw new Error(reason);
    throw new DeliveryRefused(
      response.status === 401 || response.status === 403
        ? `${url.origin} does not take the key (${response.status}): SEAWORTHY_KEY must be a token of the scope ingest`
        : reason,
    );
  };
}

/** Loki's push request, with the records of each stream in their order. */
function bodyOf(records: readonly TailRecord[]): string {
  const streams = new Map<string, { stream: TailRecord["labels"]; values: unknown[] }>();
  for (const { labels, timeNs, line, metadata } of records) {
    const id = JSON.stringify(labels);
    const stream = streams.get(id) ?? { stream: labels, values: [] };
    streams.set(id, stream);
    stream.values.push([String(timeNs), line, metadata]);
  }
  return JSON.stringify({ streams: [...streams.values()] });
}
