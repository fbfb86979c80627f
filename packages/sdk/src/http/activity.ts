import type { Server } from "node:http";
import type { Socket } from "node:net";

const windowSeconds = 60;
const seen = Symbol("seaworthy.seen");

/** A connection, marked once it has sent a request. The mark costs less than a look-up in a set. */
type Connection = Socket & { [seen]?: true; readonly server?: Server | null };

/** Open connections that sent a request, and requests a second over the last minute. */
export class Activity {
  readonly #counts = new Float64Array(windowSeconds);
  readonly #seconds = new Float64Array(windowSeconds).fill(-1);
  readonly #now: () => number;
  readonly #startedAt: number;
  readonly #onServer: (server: Server) => void;
  readonly #servers = new WeakSet<Server>();
  #connections = 0;

  /** @param onServer is told of each server when it gets its first request. */
  constructor(
    now: () => number = () => performance.now(),
    onServer: (server: Server) => void = () => {},
  ) {
    this.#now = now;
    this.#onServer = onServer;
    this.#startedAt = now();
  }

  get connections(): number {
    return this.#connections;
  }

  /** Notes one request that came in over this connection, `now` milliseconds into the process. */
  request(socket: Connection, now = this.#now()): void {
    const second = Math.floor(now / 1000);
    const slot = second % windowSeconds;
    if (this.#seconds[slot] !== second) {
      this.#seconds[slot] = second;
      this.#counts[slot] = 0;
    }
    this.#counts[slot] = (this.#counts[slot] ?? 0) + 1;
    if (socket[seen] === true) return;
    socket[seen] = true;
    this.#connections += 1;
    this.server(socket);
    socket.once("close", () => {
      this.#connections -= 1;
    });
  }

  /** Notes whose connection it is. */
  server({ server }: Connection): void {
    if (server === undefined || server === null || this.#servers.has(server)) return;
    this.#servers.add(server);
    this.#onServer(server);
  }

  /** Requests a second, averaged over the last minute or the process's life if that is shorter. */
  requestRate(): number {
    const now = this.#now();
    const second = Math.floor(now / 1000);
    let sum = 0;
    for (let slot = 0; slot < windowSeconds; slot += 1)
      if (second - (this.#seconds[slot] ?? -1) < windowSeconds) sum += this.#counts[slot] ?? 0;
    const seconds = Math.min(windowSeconds, Math.max(1, (now - this.#startedAt) / 1000));
    return Math.round((sum / seconds) * 100) / 100;
  }
}
