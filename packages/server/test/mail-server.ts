import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { createServer as createTlsServer, TLSSocket } from "node:tls";
import { onTestFinished } from "vitest";

/** A message as it arrived. */
export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  /** Header fields and body. */
  readonly text: string;
  /** Whether the connection was encrypted then. */
  readonly encrypted: boolean;
  readonly user: string | undefined;
}

export interface MailServerOptions {
  /** Offers STARTTLS, or begins with TLS. */
  readonly tls?: { readonly key: string; readonly cert: string; readonly implicit?: boolean };
  /** Who may send; `user:password`. */
  readonly login?: string;
  /** Addresses that are refused. */
  readonly refuse?: readonly string[];
}

/** A mail server that keeps what it gets, closed when the test ends. */
export async function startMailServer(
  options: MailServerOptions = {},
): Promise<{ readonly address: string; readonly received: ReceivedMail[] }> {
  const received: ReceivedMail[] = [];
  const serve = (socket: Socket) => new Conversation(socket, options, received).begin();
  const server: Server =
    options.tls?.implicit === true ? createTlsServer(options.tls, serve) : createServer(serve);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, received };
}

class Conversation {
  #socket: Socket;
  readonly #options: MailServerOptions;
  readonly #received: ReceivedMail[];
  #buffer = "";
  #from = "";
  #to: string[] = [];
  #user: string | undefined;
  #inData = false;

  constructor(socket: Socket, options: MailServerOptions, received: ReceivedMail[]) {
    this.#socket = socket;
    this.#options = options;
    this.#received = received;
  }

  begin(): void {
    this.#listen();
    this.#say("220 test ESMTP");
  }

  #listen(): void {
    this.#socket.on("data", (chunk: Buffer) => this.#take(chunk.toString("utf8")));
    this.#socket.on("error", () => {});
  }

  #say(...lines: string[]): void {
    this.#socket.write(lines.map((line) => `${line}\r\n`).join(""));
  }

  #take(text: string): void {
    this.#buffer += text;
    for (;;) {
      const end = this.#buffer.indexOf(this.#inData ? "\r\n.\r\n" : "\r\n");
      if (end < 0) return;
      const part = this.#buffer.slice(0, end);
      this.#buffer = this.#buffer.slice(end + (this.#inData ? 5 : 2));
      if (this.#inData) this.#keep(part);
      else this.#command(part);
    }
  }

  #keep(sent: string): void {
    this.#inData = false;
    // A dot at the beginning of a line is sent twice.
    const text = sent.replaceAll("\r\n..", "\r\n.");
    const encrypted = this.#socket instanceof TLSSocket;
    this.#received.push({ from: this.#from, to: this.#to, text, encrypted, user: this.#user });
    this.#to = [];
    this.#say("250 kept");
  }

  #command(line: string): void {
    const { tls, login, refuse = [] } = this.#options;
    const address = /<(.*)>/.exec(line)?.[1] ?? "";
    switch (line.split(/[ :]/)[0]?.toUpperCase()) {
      case "EHLO": {
        const offers = [
          ...(tls === undefined || this.#socket instanceof TLSSocket ? [] : ["STARTTLS"]),
          ...(login === undefined ? [] : ["AUTH PLAIN"]),
        ];
        const lines = ["test", ...offers];
        this.#say(...lines.map((one, i) => `250${i === lines.length - 1 ? " " : "-"}${one}`));
        return;
      }
      case "STARTTLS": {
        this.#say("220 go");
        this.#socket.removeAllListeners("data");
        this.#socket = new TLSSocket(this.#socket, { isServer: true, ...tls });
        this.#listen();
        return;
      }
      case "AUTH": {
        const [, user, password] = Buffer.from(line.split(" ")[2] ?? "", "base64")
          .toString()
          .split("\0");
        this.#user = user;
        this.#say(`${user}:${password}` === login ? "235 welcome" : "535 who are you?");
        return;
      }
      case "MAIL":
        this.#from = address;
        this.#say("250 ok");
        return;
      case "RCPT":
        if (refuse.includes(address)) this.#say("550 nobody here");
        else {
          this.#to.push(address);
          this.#say("250 ok");
        }
        return;
      case "DATA":
        this.#inData = true;
        this.#say("354 go on");
        return;
      default:
        this.#say("250 ok");
    }
  }
}
