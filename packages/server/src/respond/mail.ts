import { readFile } from "node:fs/promises";
import type { MailSender, Outcome } from "../route/index.ts";

/** What a secret of the configuration is: the text itself, or a file that is read at each use. */
export type ConfiguredSecret = { readonly text: string } | { readonly file: string };

/** The mail server of this installation, and who it is to it. */
export interface MailAccount {
  readonly host: string;
  readonly port: number;
  readonly from: string;
  readonly username: string;
  readonly password: ConfiguredSecret;
  readonly requireTls: boolean;
}

/** The port at which TLS begins with the connection (RFC 8314). */
const IMPLICIT_TLS_PORT = 465;

/**
 * Sends one message to one person by the installation's mail server, if it has one. Rejects for an
 * unreadable secret.
 */
export async function sendMail(
  sender: MailSender,
  account: MailAccount | undefined,
  mail: {
    readonly to: string;
    readonly subject: string;
    readonly messageId: string;
    readonly text: string;
    readonly html: string;
    /** Milliseconds since 1970. */
    readonly date: number;
    readonly headers: Readonly<Record<string, string>>;
  },
): Promise<Outcome> {
  if (account === undefined) return { kind: "failed", error: "no mail server is configured" };
  return sender.send(
    {
      host: account.host,
      port: account.port,
      hello: "",
      implicitTls: account.port === IMPLICIT_TLS_PORT,
      requireTls: account.requireTls,
      tls: undefined,
      user: account.username,
      password: await reveal(account.password),
      secret: "",
    },
    { ...mail, envelope: { from: bare(account.from), to: [mail.to] }, from: account.from },
  );
}

/** The secret, read anew where it is in a file. */
export async function reveal(secret: ConfiguredSecret): Promise<string> {
  return "text" in secret ? secret.text : (await readFile(secret.file, "utf8")).trim();
}

/** The address in `Name <address>`. */
function bare(from: string): string {
  return /<([^<>]+)>\s*$/.exec(from)?.[1] ?? from.trim();
}
