import type { FastifyReply, FastifyRequest } from "fastify";
import type { Announce, Change, Clock, Timer } from "../model/index.ts";
import { ShowError } from "./errors.ts";
import { HTTP_LIMITS } from "./limits.ts";
import type { HttpLimits } from "./limits.ts";

/** Live updates as server-sent events: what changed, never the data itself. */
export interface Live {
  /** Tells everybody who watches. Bursts on one topic become one event. */
  readonly announce: Announce;
  /**
   * Turns the request into a stream of `change` events. `allowed` is asked on every heartbeat: a
   * stream outlives neither its session nor its token. Throws `too_many_watchers`.
   */
  watch(request: FastifyRequest, reply: FastifyReply, allowed: () => Promise<boolean>): void;
  readonly watchers: number;
  /** Ends every stream. */
  close(): void;
}

interface Watcher {
  send(text: string): void;
  end(): void;
}

export function createLive(deps: {
  readonly clock: Clock;
  readonly limits?: Partial<HttpLimits>;
}): Live {
  const { clock } = deps;
  const limits = { ...HTTP_LIMITS, ...deps.limits };
  const watchers = new Set<Watcher>();
  /** Per topic: what waits to be told, and until when telling must wait. */
  const topics = new Map<Change["topic"], { pending: Change | undefined; timer: Timer }>();
  let closed = false;

  function tell(change: Change): void {
    const text = `event: change\ndata: ${JSON.stringify(change)}\n\n`;
    for (const watcher of watchers) watcher.send(text);
  }

  function rest(topic: Change["topic"]): void {
    const timer = clock.after(limits.liveEvery, () => {
      const pending = topics.get(topic)?.pending;
      topics.delete(topic);
      if (pending === undefined) return;
      tell(pending);
      rest(topic);
    });
    topics.set(topic, { pending: undefined, timer });
  }

  function announce(change: Change): void {
    if (closed || watchers.size === 0) return;
    const resting = topics.get(change.topic);
    if (resting === undefined) {
      tell(change);
      rest(change.topic);
      return;
    }
    const { pending } = resting;
    const sameThing = pending === undefined || pending.id === change.id;
    resting.pending = sameThing ? change : { topic: change.topic };
  }

  return {
    announce,
    get watchers() {
      return watchers.size;
    },
    watch(request, reply, allowed) {
      if (closed || watchers.size >= limits.watchers) {
        throw new ShowError("too_many_watchers", 503, "Too many people watch live. Try again.");
      }
      const { raw } = reply;
      for (const [name, value] of Object.entries(reply.getHeaders())) {
        if (value !== undefined) raw.setHeader(name, value);
      }
      reply.hijack();
      raw.writeHead(200, {
        "content-type": "text/event-stream",
        "cache-control": "no-store",
        // nginx would otherwise hold events back until its buffer is full.
        "x-accel-buffering": "no",
      });
      request.raw.socket.setNoDelay(true);
      let beat: Timer | undefined;
      const watcher: Watcher = {
        send(text) {
          if (raw.writableLength > limits.liveBacklog) raw.destroy();
          else raw.write(text);
        },
        end: () => raw.end(),
      };
      const heartbeat = () => {
        beat = clock.after(limits.liveHeartbeat, () => {
          allowed().then(
            (still) => {
              if (!watchers.has(watcher)) return;
              if (!still) raw.end();
              else {
                watcher.send("event: ping\ndata: {}\n\n");
                heartbeat();
              }
            },
            // Whether the session still stands is unknown: let the browser come again and see.
            () => raw.end(),
          );
        });
      };
      watchers.add(watcher);
      raw.on("error", () => raw.destroy());
      raw.on("close", () => {
        watchers.delete(watcher);
        beat?.cancel();
      });
      watcher.send(": connected\n\n");
      heartbeat();
    },
    close() {
      closed = true;
      for (const { timer } of topics.values()) timer.cancel();
      topics.clear();
      for (const watcher of watchers) watcher.end();
    },
  };
}
