import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { TlsOptions } from "node:tls";

/** A way to a server that can be cut: for tests of what happens then. */
export class BreakableProxy {
  readonly #target: number;
  readonly #tls: TlsOptions | undefined;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #cut: string | undefined;
  #cuts = 0;
  port = 0;

  /** `target` is the server's port; with `tls` who comes must speak TLS. */
  constructor(target: number, tls?: TlsOptions) {
    this.#target = target;
    this.#tls = tls;
  }

  /** Opens the way, each time on the same port. */
  async open(): Promise<void> {
    const take = (socket: Socket) => this.#take(socket);
    const server = this.#tls === undefined ? createServer(take) : createTlsServer(this.#tls, take);
    this.#server = server.listen(this.port, "127.0.0.1");
    await once(server, "listening");
    this.port = (server.address() as AddressInfo).port;
  }

  /** Closes it: connections break, and new ones are refused. */
  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** The next request that contains `text` is passed on, and its answer is not. */
  cutAnswerTo(text: string): void {
    this.#cut = text;
  }

  /** Answers that were cut. */
  get cuts(): number {
    return this.#cuts;
  }

  #take(socket: Socket): void {
    const upstream = connect(this.#target, "127.0.0.1");
    let cutting = false;
    for (const end of [socket, upstream]) {
      this.#sockets.add(end);
      const other = end === socket ? upstream : socket;
      end.on("error", () => {});
      end.on("close", () => {
        this.#sockets.delete(end);
        other.destroy();
      });
    }
    socket.on("data", (bytes: Buffer) => {
      if (this.#cut !== undefined && bytes.toString("latin1").includes(this.#cut)) {
        cutting = true;
        this.#cut = undefined;
      }
      upstream.write(bytes);
    });
    upstream.on("data", (bytes: Buffer) => {
      if (!cutting) {
        socket.write(bytes);
        return;
      }
      this.#cuts += 1;
      socket.destroy();
    });
  }
}
