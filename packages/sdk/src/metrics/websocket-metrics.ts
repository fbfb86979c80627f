import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { Gauge, type Registry } from "prom-client";

/** A server of `node:http`, or one of `ws`, as far as it is used here. */
export interface WebSocketHost {
  emit: (...args: never[]) => unknown;
  /** Of a server of ws. */
  readonly clients?: unknown;
}

/**
 * On the listeners of kits: several may watch one server, and each would take another's listener for the
 * application's, also that of another copy of this package.
 */
const ofKit = Symbol.for("seaworthy.upgrade");

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
    // Alone, a listener for "upgrade" would make Node hand over what nobody wants. So ours is there as
    // long as there is another. (Looking at all that a server emits would cost each request.)
    const server = host as unknown as Server;
    const look = (request: IncomingMessage): void => {
      // When the others have had it: they may refuse.
      process.nextTick(() => this.#upgraded(request));
    };
    Object.defineProperty(look, ofKit, { value: true });
    const isWanted = () => server.listeners("upgrade").some(isOfApplication);
    const join = () => {
      if (!server.listeners("upgrade").includes(look)) server.on("upgrade", look);
    };
    if (isWanted()) join();
    server.on("newListener", (event: unknown, listener: object) => {
      if (event === "upgrade" && isOfApplication(listener)) join();
    });
    server.on("removeListener", (event: unknown) => {
      if (event === "upgrade" && !isWanted()) server.off("upgrade", look);
    });
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

function isOfApplication(listener: object): boolean {
  return !(ofKit in listener);
}
