import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import type { Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { DetailedPeerCertificate, TLSSocket } from "node:tls";
import { tlsOptions } from "../scrape/http-secrets.ts";
import type { HttpClientConfig } from "../scrape/http-client-config.ts";
import { ProbeFault } from "./fault.ts";
import type { ProbeResult } from "./result.ts";

/** Go's zero time, which blackbox_exporter answers where no chain was verified. */
const NO_CHAIN = -62_135_596_800;
/** No chain of certificates is longer. */
const MAX_CHAIN = 20;

/** Opens a TCP connection; it is destroyed when `signal` is aborted. */
export async function open(
  at: { readonly address: string; readonly port: number; readonly source?: string | undefined },
  signal: AbortSignal,
): Promise<Socket> {
  signal.throwIfAborted();
  const socket = connectTcp({
    host: at.address,
    port: at.port,
    ...(at.source === undefined ? {} : { localAddress: at.source }),
  });
  // What nobody waits for any more must not end the process.
  socket.on("error", () => {});
  signal.addEventListener("abort", () => socket.destroy(), { once: true });
  await once(socket, "connect", { signal });
  return socket;
}

/**
 * Begins TLS on a connection and notes what the certificate says, also of one that is refused
 * afterwards: that it has expired is what one wants to know. Throws ProbeFault when it is not trusted.
 */
export async function secure(
  socket: Socket,
  host: string,
  { tls }: HttpClientConfig,
  result: ProbeResult,
  signal: AbortSignal,
): Promise<TLSSocket> {
  const { servername, ...options } = await tlsOptions(tls);
  const name = servername ?? host;
  const secured = connectTls({
    ...options,
    socket,
    host: name,
    // An address is no server name.
    ...(/^[\d.]+$|:/.test(name) ? {} : { servername: name }),
    rejectUnauthorized: false,
  });
  secured.on("error", () => {});
  await once(secured, "secureConnect", { signal });
  noteCertificates(secured, result);
  if (secured.authorized || tls.insecureSkipVerify) return secured;
  const reason: unknown = secured.authorizationError;
  secured.destroy();
  throw new ProbeFault(
    `the certificate is not trusted: ${reason instanceof Error ? reason.message : String(reason)}`,
  );
}

function noteCertificates(socket: TLSSocket, result: ProbeResult): void {
  const chain = chainOf(socket.getPeerCertificate(true));
  const ends = chain.map((certificate) => Date.parse(certificate.valid_to) / 1000);
  const [own] = chain;
  if (own === undefined) return;
  const earliest = Math.min(...ends);
  result.set("probe_ssl_earliest_cert_expiry", earliest);
  result.set(
    "probe_ssl_last_chain_expiry_timestamp_seconds",
    socket.authorized ? earliest : NO_CHAIN,
  );
  result.set("probe_ssl_last_chain_info", 1, {
    fingerprint_sha256: own.fingerprint256.replaceAll(":", "").toLowerCase(),
    issuer: distinguished(own.issuer),
    subject: distinguished(own.subject),
    subjectalternative: alternatives(own.subjectaltname ?? ""),
  });
  result.set("probe_tls_version_info", 1, {
    version: (socket.getProtocol() ?? "").replace("TLSv1", "TLS 1").replace(/^TLS 1$/, "TLS 1.0"),
  });
  result.set("probe_tls_cipher_info", 1, { cipher: socket.getCipher().standardName });
}

function chainOf(first: DetailedPeerCertificate): DetailedPeerCertificate[] {
  const chain: DetailedPeerCertificate[] = [];
  let next: DetailedPeerCertificate | undefined = first;
  // The last one is its own issuer.
  while (next?.valid_to !== undefined && chain.length < MAX_CHAIN && !chain.includes(next)) {
    chain.push(next);
    next = next.issuerCertificate;
  }
  return chain;
}

/** The parts of a name that Go writes, in its order. */
const NAME_PARTS = ["serialNumber", "CN", "postalCode", "street", "ST", "L", "OU", "O", "C"];

function distinguished(name: object): string {
  const parts = new Map<string, unknown>(Object.entries(name));
  return NAME_PARTS.filter((part) => parts.has(part))
    .map((part) =>
      [parts.get(part)]
        .flat()
        .map((value) => `${part}=${String(value)}`)
        .join("+"),
    )
    .join(",");
}

function alternatives(text: string): string {
  return text
    .split(", ")
    .flatMap((entry) => (entry.startsWith("DNS:") ? [entry.slice(4)] : []))
    .join(",");
}
