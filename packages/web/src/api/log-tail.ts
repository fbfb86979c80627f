import { ApiError } from "./call.ts";
import {
  compareInstants,
  linesOf,
  queryLogMetric,
  queryLogs,
  type LogLine,
  type Stream,
} from "./loki.ts";

/** What happens to a tail, told to whoever follows. */
export interface TailEvents {
  /** Lines have come, the oldest first; `leftOut` more came too fast for this connection. */
  readonly came: (lines: readonly LogLine[], leftOut: number) => void;
  readonly state: (state: "following" | "reconnecting") => void;
  /** The server refuses the query: nothing more comes. */
  readonly refused: (error: ApiError) => void;
}

/** Lines of the past that a tail begins with, and those that it asks for when it goes on. */
const initialLines = 500;
const missedLines = 5000;
/** When a lost connection is tried again, in milliseconds. */
const retryAfter = [500, 1000, 2000, 5000, 10_000];

/**
 * Follows a query over the WebSocket `tail`; a lost connection is made again and goes on behind the last
 * line. `start` in nanoseconds since 1970. Answers how to stop.
 */
export function followLogs(query: string, start: string, events: TailEvents): () => void {
  let from = start;
  let retries = 0;
  let number = 0;
  /** Where it goes on behind, until the lines that it has missed are there. */
  let missedFrom: string | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let socket: WebSocket | undefined;
  const stopped = new AbortController();

  const take = (text: string) => {
    const { streams, dropped } = JSON.parse(text) as {
      readonly streams: readonly Stream[];
      readonly dropped?: number;
    };
    const lines = linesOf(streams).toReversed();
    const last = lines.at(-1);
    if (last !== undefined && compareInstants(last.at, from) >= 0) {
      from = String(BigInt(last.at) + 1n);
    }
    const numbered = lines.map((line) => {
      number += 1;
      return { ...line, key: `tail-${number}` };
    });
    events.came(numbered, dropped ?? 0);
    const first = lines[0];
    if (missedFrom !== null && lines.length >= missedLines && first !== undefined) {
      void countMissed(missedFrom, first.at);
    }
    missedFrom = null;
  };

  /** More was missed than is sent at once: how much, between two instants, is told at least. */
  const countMissed = async (start: string, end: string) => {
    const [first, last] = [start, end].map((at) => Number(at.slice(0, -6)));
    // Without the millisecond that it goes on behind, of which lines have come.
    const length = (last ?? 0) - (first ?? 0) - 1;
    if (length <= 0) return;
    try {
      const asked = `sum(count_over_time(${query} [${length}ms]))`;
      // A window has its end within, and the first line that came was not missed.
      const at = { start: (last ?? 0) - 1, end: (last ?? 0) - 1 };
      const [series] = await queryLogMetric(asked, at, 1, stopped.signal);
      events.came([], Number(series?.values.at(-1)?.[1] ?? 0));
    } catch (error) {
      if (!stopped.signal.aborted)
        console.warn("Lines that were missed could not be counted", error);
    }
  };

  const open = () => {
    const parameters = new URLSearchParams({
      query,
      start: from,
      limit: String(missedFrom === null ? initialLines : missedLines),
      encoding_flags: "categorize-labels",
    });
    const address = new URL(`/loki/api/v1/tail?${parameters.toString()}`, window.location.href);
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    const own = new WebSocket(address);
    socket = own;
    own.addEventListener("open", () => {
      retries = 0;
      events.state("following");
    });
    own.addEventListener("message", ({ data }) => take(String(data)));
    own.addEventListener("close", () => {
      if (!stopped.signal.aborted) void again();
    });
  };

  /** A WebSocket does not tell why it was refused: the query asked once as usual does. */
  const again = async () => {
    events.state("reconnecting");
    // Until the first lines came there is nothing to go on behind.
    if (number > 0) missedFrom ??= from;
    try {
      await queryLogs({ query, start: from, end: `${Date.now()}000000`, limit: 1 }, stopped.signal);
    } catch (error) {
      if (stopped.signal.aborted) return;
      if (error instanceof ApiError && error.status >= 400 && error.status < 500) {
        events.refused(error);
        return;
      }
    }
    if (stopped.signal.aborted) return;
    timer = setTimeout(open, retryAfter[Math.min(retries, retryAfter.length - 1)]);
    retries += 1;
  };

  open();
  return () => {
    stopped.abort();
    clearTimeout(timer);
    socket?.close();
  };
}
