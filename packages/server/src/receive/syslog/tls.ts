import { readFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { createServer } from "node:tls";
import type { Server } from "node:tls";
import type { Logger } from "pino";
import { messageOf } from "../../model/index.ts";

/** How long a sender may take to agree on keys, ms. */
const HANDSHAKE_MS = 10_000;
/** How often the files are looked at for renewed certificates, ms. */
const RENEWED_EVERY_MS = 60_000;

/** Paths of PEM files. */
export interface SyslogTls {
  readonly certFile: string;
  readonly keyFile: string;
  /** Of the authorities whose certificates senders must show; undefined: they need not show any. */
  readonly clientCaFile: string | undefined;
}

/** A server for syslog over TLS, which takes up renewed files. */
export interface SyslogTlsServer {
  readonly server: Server;
  /** Looks at the files again. */
  renew(): Promise<void>;
  stop(): void;
}

/**
 * Syslog over TLS (RFC 5425): `connected` is told of senders that have agreed on keys, and have shown a
 * certificate where one is asked for. `isWelcome` is asked before. Rejects when a file cannot be read or
 * is no certificate or key.
 */
export async function createSyslogTls(options: {
  readonly files: SyslogTls;
  readonly isWelcome: (socket: Socket) => boolean;
  readonly connected: (socket: Socket) => void;
  readonly log: Logger;
}): Promise<SyslogTlsServer> {
  const { files, isWelcome, connected, log } = options;
  let last = await read(files);
  const server = createServer(
    {
      ...last,
      requestCert: files.clientCaFile !== undefined,
      rejectUnauthorized: true,
      minVersion: "TLSv1.2",
      handshakeTimeout: HANDSHAKE_MS,
    },
    connected,
  );
  server.on("connection", (socket: Socket) => {
    if (!isWelcome(socket)) socket.destroy();
  });
  server.on("tlsClientError", (error, socket) => {
    log.warn(
      { sender: socket.remoteAddress, reason: messageOf(error) },
      "a sender of syslog did not agree on TLS",
    );
  });
  const renew = async (): Promise<void> => {
    try {
      const now = await read(files);
      if (isSame(now, last)) return;
      server.setSecureContext(now);
      last = now;
      log.info("syslog over TLS uses the renewed certificate");
    } catch (error) {
      log.error(
        { reason: messageOf(error) },
        "the renewed certificate of syslog cannot be used; the earlier one stays",
      );
    }
  };
  const timer = setInterval(() => void renew(), RENEWED_EVERY_MS);
  timer.unref();
  return { server, renew, stop: () => clearInterval(timer) };
}

interface Pem {
  readonly cert: string;
  readonly key: string;
  readonly ca?: string;
}

async function read({ certFile, keyFile, clientCaFile }: SyslogTls): Promise<Pem> {
  const [cert, key] = await Promise.all([readFile(certFile, "utf8"), readFile(keyFile, "utf8")]);
  return clientCaFile === undefined
    ? { cert, key }
    : { cert, key, ca: await readFile(clientCaFile, "utf8") };
}

function isSame(a: Pem, b: Pem): boolean {
  return a.cert === b.cert && a.key === b.key && a.ca === b.ca;
}
