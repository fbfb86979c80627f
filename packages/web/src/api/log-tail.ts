import { ApiError } from "./call.ts";
import { compareInstants, linesOf, queryLogs, type LogLine, type Stream } from "./loki.ts";

/** What happens to a tail, told to whoever follows. */
export interface TailEvents {
  /** Lines have come, the oldest first; `leftOut` more came too fast for this connection. */
  readonly came: (lines: readonly LogLine[], leftOut: number) => void;
  readonly state: (state: "following" | "reconnecting") => void;
  /** The server refuses the query: nothing more comes. */
  readonly refused: (error: ApiError) => void;
}

/** Lines of the past that a tail begins with. */
const initialLines = 500;
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
  };

  const open = () => {
    const parameters = new URLSearchParams({
      query,
      start: from,
      limit: String(initialLines),
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
