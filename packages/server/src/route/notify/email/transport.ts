import { once } from "node:events";
import { connect, isIP } from "node:net";
import type { Socket } from "node:net";
import { createTransport } from "nodemailer";
import { messageOf } from "../../../model/index.ts";
import type { TlsConfig } from "../../config/http-client.ts";
import { tlsOptions } from "../http/pools.ts";
import type { Outcome } from "../outcome.ts";

/** Times of one message, in milliseconds. */
const LIMITS = { connect: 5000, greeting: 5000, silence: 10_000, total: 30_000 };

/** A mail server, and who we are to it. */
export interface MailServer {
  readonly host: string;
  readonly port: number;
  /** The name that we give ourselves. */
  readonly hello: string;
  /** TLS from the first byte on. */
  readonly implicitTls: boolean;
  /** Nothing is sent before the connection is encrypted. */
  readonly requireTls: boolean;
  readonly tls: TlsConfig | undefined;
  readonly user: string;
  readonly password: string;
  /** For CRAM-MD5, in place of the password. */
  readonly secret: string;
}

/** A message; header fields are texts that are encoded as needed. */
export interface Mail {
  readonly envelope: { readonly from: string; readonly to: readonly string[] };
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly messageId: string;
  readonly text: string | undefined;
  readonly html: string | undefined;
  /** Milliseconds since 1970. */
  readonly date: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** Sends mail; one connection for each message, because hours lie between them. */
export class MailSender {
  readonly #open = new Set<Socket>();

  /** Sends a message and says what became of it. Never throws. */
  async send(server: MailServer, mail: Mail): Promise<Outcome> {
    if (server.user !== "" && server.password === "" && server.secret === "")
      return { kind: "retry", error: "there is a user name for the mail server but no password" };
    let tls: Record<string, unknown>;
    try {
      tls = await tlsOptions(server.tls);
    } catch (error) {
      return { kind: "retry", error: messageOf(error) };
    }
    const socket = connect({ host: server.host, port: server.port });
    this.#open.add(socket);
    // A server may answer byte by byte, never silent and never done.
    let late = false;
    const end = (after: number) =>
      setTimeout(() => {
        late = true;
        socket.destroy(new Error("too slow"));
      }, after);
    const timers = [end(LIMITS.total)];
    try {
      timers.push(end(LIMITS.connect));
      await once(socket, "connect");
      clearTimeout(timers.pop());
      return await deliver(socket, server, mail, tls);
    } catch (error) {
      return outcomeOf(error, late);
    } finally {
      for (const timer of timers) clearTimeout(timer);
      this.#open.delete(socket);
      socket.destroy();
    }
  }

  /** Ends what is under way. */
  close(): void {
    for (const socket of this.#open) socket.destroy(new Error("stopped"));
  }
}

async function deliver(
  socket: Socket,
  server: MailServer,
  mail: Mail,
  tls: Record<string, unknown>,
): Promise<Outcome> {
  const transport = createTransport({
    connection: socket,
    host: server.host,
    port: server.port,
    name: server.hello === "" ? "localhost" : server.hello,
    secure: server.implicitTls,
    requireTLS: server.requireTls && !server.implicitTls,
    // STARTTLS that nobody asks for is not used, as in Alertmanager.
    ignoreTLS: !server.requireTls,
    tls: { ...(isIP(server.host) === 0 ? { servername: server.host } : {}), ...tls },
    ...authOf(server),
    greetingTimeout: LIMITS.greeting,
    socketTimeout: LIMITS.silence,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const ended = new Promise<never>((_, reject) => {
    socket.once("close", () => reject(new Error("the connection was closed")));
  });
  const sending = transport.sendMail({
    envelope: { from: mail.envelope.from, to: [...mail.envelope.to] },
    from: mail.from,
    to: mail.to,
    subject: mail.subject,
    messageId: mail.messageId,
    date: new Date(mail.date),
    headers: mail.headers,
    ...(mail.text === undefined ? {} : { text: mail.text }),
    ...(mail.html === undefined ? {} : { html: mail.html }),
  });
  // Both may end; whichever is second has nobody to tell.
  ended.catch(() => {});
  sending.catch(() => {});
  const info = await Promise.race([sending, ended]);
  const rejected = info.rejected as readonly unknown[];
  return rejected.length === 0
    ? { kind: "sent" }
    : { kind: "failed", error: `the mail server refuses ${rejected.map(String).join(", ")}` };
}

function authOf({ user, password, secret }: MailServer) {
  if (user === "") return {};
  return secret === ""
    ? { auth: { user, pass: password } }
    : { auth: { user, pass: secret }, authMethod: "CRAM-MD5" };
}

/** A refusal of the message or of an address is final; all else may pass. */
function outcomeOf(error: unknown, late: boolean): Outcome {
  if (late) return { kind: "retry", error: `no answer within ${LIMITS.total} ms` };
  const { responseCode, command } = error as { responseCode?: unknown; command?: unknown };
  const refused =
    typeof responseCode === "number" &&
    responseCode >= 500 &&
    ["MAIL FROM", "RCPT TO", "DATA"].includes(String(command));
  return {
    kind: refused ? "failed" : "retry",
    error: `the mail cannot be sent: ${messageOf(error).slice(0, 500)}`,
  };
}
