// The site that a test's page comes from, and the receiver that it sends to: everything is taken
// apart by Sentry's own rules, https://develop.sentry.dev/sdk/data-model/envelopes/, and every byte
// is kept.
import { EventEmitter, once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { inflateSync } from "node:zlib";

export type Json = Readonly<Record<string, unknown>>;
export type Behaviour = (request: IncomingMessage, response: ServerResponse) => void;

export interface Item {
  readonly type: string;
  /** What the payload says; of a recording its list of events. */
  readonly payload: unknown;
}

export interface Call {
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
}

const types = new Map([
  [".html", "text/html; charset=utf-8"],
  [".js", "text/javascript"],
]);

export class Receiver {
  readonly items: Item[] = [];
  /** Everything that was sent, as text: each body as it came, and what was compressed in it. */
  readonly bytes: string[] = [];
  /** What the page asked of the site's own API. */
  readonly calls: Call[] = [];
  underWay = 0;
  mostUnderWay = 0;
  received = 0;
  behaviour: Behaviour | undefined;
  readonly #server: Server;
  readonly #events = new EventEmitter().setMaxListeners(0);
  #failure: unknown;

  private constructor(site: string) {
    this.#server = createServer((request, response) => {
      this.#answer(site, request, response).catch((error: unknown) => {
        this.#failure ??= error;
        response.writeHead(400).end();
        this.#events.emit("received");
      });
    });
  }

  static async start(site: string): Promise<Receiver> {
    const receiver = new Receiver(site);
    receiver.#server.listen(0, "127.0.0.1");
    await once(receiver.#server, "listening");
    return receiver;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get dsn(): string {
    return `http://public@${this.host}/7`;
  }

  of(type: string): Json[] {
    return this.items.filter((item) => item.type === type).map(({ payload }) => payload as Json);
  }

  /** The entries of items that hold several: spans, metrics. */
  entriesOf(type: string): Json[] {
    return this.of(type).flatMap(({ items }) => items as Json[]);
  }

  /** What `wanted` gives, once it gives something; it is asked whenever something came. */
  async until<T>(wanted: () => T | undefined | false): Promise<T> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      const result = wanted();
      if (result !== undefined && result !== false) return result;
      await once(this.#events, "received");
    }
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }

  async #answer(site: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", `http://${this.host}`);
    if (url.pathname === "/api/7/envelope/" || url.pathname === "/relay") {
      this.received += 1;
      this.underWay += 1;
      this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay);
      response.once("close", () => (this.underWay -= 1));
      if (this.behaviour === undefined) await this.#take(url, request, response);
      else this.behaviour(request, response);
    } else if (url.pathname.startsWith("/own/")) {
      this.calls.push({ url: request.url ?? "", headers: request.headers });
      response.end("{}");
    } else {
      const path =
        url.pathname === "/" || !url.pathname.includes(".") ? "/index.html" : url.pathname;
      const file = await readFile(join(site, path)).catch(() => undefined);
      if (file === undefined) response.writeHead(404).end();
      else response.writeHead(200, { "content-type": types.get(extname(path)) ?? "" }).end(file);
    }
    this.#events.emit("received");
  }

  async #take(url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts);
    this.bytes.push(
      url.href,
      JSON.stringify(request.headers),
      body.toString("latin1"),
      body.toString(),
    );
    if (url.pathname !== "/relay" && url.searchParams.get("sentry_key") !== "public")
      throw new Error(`no key in ${url.href}`);
    this.#parse(body);
    response.writeHead(200, { "access-control-allow-origin": "*" }).end("{}");
  }

  #parse(body: Buffer): void {
    let at = 0;
    const line = (): string | undefined => {
      if (at >= body.length) return undefined;
      const end = body.indexOf(0x0a, at);
      const text = body.toString("utf8", at, end === -1 ? body.length : end);
      at = end === -1 ? body.length : end + 1;
      return text;
    };
    const header: unknown = JSON.parse(line() ?? "");
    if (typeof header !== "object") throw new Error("an envelope without a header");
    for (let text = line(); text !== undefined; text = line()) {
      if (text === "") continue;
      const { type, length } = JSON.parse(text) as { type: string; length?: number };
      if (length === undefined) this.items.push({ type, payload: JSON.parse(line() ?? "") });
      else {
        const payload = body.subarray(at, at + length);
        if (payload.length !== length) throw new Error(`${type} is shorter than its length`);
        at += length;
        this.items.push({ type, payload: this.#recording(payload) });
      }
    }
  }

  #recording(payload: Buffer): unknown {
    const end = payload.indexOf(0x0a);
    const rest = payload.subarray(end + 1);
    const text = rest[0] === 0x5b ? rest.toString() : inflateSync(rest).toString();
    this.bytes.push(text);
    return { ...(JSON.parse(payload.toString("utf8", 0, end)) as Json), events: JSON.parse(text) };
  }
}
