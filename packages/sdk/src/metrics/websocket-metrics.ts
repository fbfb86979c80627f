import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { Gauge, type Registry } from "prom-client";

/** A server of `node:http`, or one of `ws`, as far as it is used here. */
export interface WebSocketHost {
  emit: (...args: never[]) => unknown;
  /** Of a server of ws. */
  readonly clients?: unknown;
}

/** Its event gives the request whose connection it is now. */
interface WsServer {
  on(event: "connection", listener: (client: unknown, request: IncomingMessage) => void): unknown;
}

/** Open WebSocket connections. */
export class WebSocketMetrics {
  readonly #hosts = new WeakSet<WebSocketHost>();
  readonly #sockets = new WeakSet<Duplex>();
  #open = 0;

  constructor(registry: Registry) {
    const open = () => this.#open;
    registry.registerMetric(
      new Gauge({
        name: "websocket_connections",
        help: "Open WebSocket connections.",
        registers: [],
        collect() {
          this.set(open());
        },
      }),
    );
  }

  /** Counts the connections of a server from now on; again for the same one changes nothing. */
  watch(host: WebSocketHost): void {
    if (this.#hosts.has(host)) return;
    this.#hosts.add(host);
    if (host.clients !== undefined) {
      (host as unknown as WsServer).on("connection", (_, request) => this.#upgraded(request));
      return;
    }
    // A listener for "upgrade" would make Node hand over what nobody else wants: so only looked at.
    const emit = host.emit.bind(host) as (...args: unknown[]) => unknown;
    host.emit = (...args: unknown[]): unknown => {
      const handled = emit(...args);
      const [event, request] = args;
      if (event === "upgrade" && handled === true) this.#upgraded(request as IncomingMessage);
      return handled;
    };
  }

  #upgraded({ headers, socket }: IncomingMessage): void {
    if (/^websocket$/i.test(headers.upgrade ?? "")) this.#connected(socket);
  }

  #connected(socket: Duplex): void {
    if (this.#sockets.has(socket) || socket.destroyed) return;
    this.#sockets.add(socket);
    this.#open += 1;
    socket.once("close", () => {
      this.#open -= 1;
    });
  }
}
