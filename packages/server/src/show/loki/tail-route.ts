import { isLogExpr, labelsKey } from "@seaworthy/logql";
import type { LogLine } from "@seaworthy/logql";
import type { FastifyInstance } from "fastify";
import type { WebSocket } from "ws";
import type { LokiDeps } from "./deps.ts";
import { streamsOf } from "./json.ts";
import { lineFormOf, LokiError, LokiParameters } from "./parameters.ts";
import type { LineForm } from "./parameters.ts";

/** How often what has come is sent, ms. */
const SEND_EVERY = 250;
/** Who follows at once. */
const MAX_FOLLOWERS = 100;
/** Bytes that wait in a connection before nothing more is put into it. */
const MAX_BUFFERED = 4 * 1024 * 1024;

/** `/tail`: a WebSocket on which lines come as they are stored. */
export function tailRoute(app: FastifyInstance, { logs, tail, clock }: LokiDeps): void {
  let followers = 0;
  app.route({
    method: "GET",
    url: "/tail",
    config: { access: "read" },
    preValidation: async (request) => {
      // Before the connection is taken over, a fault can be answered as everywhere.
      const parameters = new LokiParameters(request, clock.now());
      if (!isLogExpr(logs.parse(parameters.query()))) {
        throw new LokiError("only log queries can be followed, not metric queries");
      }
      parameters.limit();
      parameters.range();
      if (followers >= MAX_FOLLOWERS) throw new LokiError("too many follow already", 429);
    },
    wsHandler: (socket, request) => {
      const parameters = new LokiParameters(request, clock.now());
      const expr = logs.parse(parameters.query());
      if (!isLogExpr(expr)) return;
      followers += 1;
      const form = lineFormOf(request);
      const follower = tail.follow(expr);
      /** Lines of the past, which may come once more from the follower. */
      let past = new Set<string>();
      const gone = new AbortController();
      let timer: { cancel(): void } | undefined;
      const flush = () => {
        if (socket.bufferedAmount < MAX_BUFFERED) {
          const { lines: taken, dropped } = follower.take();
          const lines = past.size === 0 ? taken : taken.filter((line) => !past.has(keyOf(line)));
          if (taken.length > 0) past = new Set();
          if (lines.length > 0 || dropped > 0) {
            send(socket, { lines, dropped, form, now: clock.now() });
          }
        }
        timer = clock.after(SEND_EVERY, flush);
      };
      socket.on("close", () => {
        followers -= 1;
        gone.abort();
        timer?.cancel();
        follower.stop();
      });
      socket.on("error", () => socket.terminate());
      // What is there already, oldest first; what comes meanwhile waits behind it.
      const range = {
        ...parameters.range(),
        direction: "backward",
        limit: parameters.limit(),
      } as const;
      logs.lines(expr, range, { signal: gone.signal }).then(
        (lines) => {
          if (gone.signal.aborted) return;
          if (lines.length > 0) {
            send(socket, { lines: lines.toReversed(), dropped: 0, form, now: clock.now() });
          }
          past = new Set(lines.map(keyOf));
          flush();
        },
        (error: unknown) => {
          request.log.warn({ err: error }, "following failed");
          socket.close(1011, "the query failed");
        },
      );
    },
    handler: async () => {
      throw new LokiError("this is a WebSocket: connect with ws:// or wss://");
    },
  });
}

function keyOf({ timeNs, line, stream }: LogLine): string {
  return `${timeNs}/${labelsKey(stream)}/${line}`;
}

interface Sent {
  readonly lines: readonly LogLine[];
  /** Lines that were left out since the last message. */
  readonly dropped: number;
  readonly form: LineForm;
  readonly now: number;
}

/** As Loki does; `dropped` says in addition how many lines were left out. */
function send(socket: WebSocket, { lines, dropped, form, now }: Sent): void {
  const streams = streamsOf(lines, form);
  const entries = [{ labels: {}, timestamp: new Date(now).toISOString() }];
  socket.send(
    JSON.stringify({
      streams,
      dropped_entries: dropped === 0 ? null : entries,
      ...(dropped === 0 ? {} : { dropped }),
    }),
  );
}
