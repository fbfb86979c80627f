import { createSocket } from "node:dgram";
import type { Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, isIP } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import type { Logger } from "pino";
import { messageOf, readNetworks, SeaworthyError } from "../../model/index.ts";
import type { Clock, Labels, LogSink } from "../../model/index.ts";
import type { SelfMetrics } from "../../self/index.ts";
import { defaultLogLimits } from "../logs/limits.ts";
import type { LogLimits } from "../logs/limits.ts";
import { createMask } from "../logs/mask.ts";
import type { MaskOptions } from "../logs/mask.ts";
import { SyslogFrames } from "./frames.ts";
import { LineQueue } from "./line-queue.ts";
import { parseSyslog } from "./message.ts";
import { createSyslogTls } from "./tls.ts";
import type { SyslogTls, SyslogTlsServer } from "./tls.ts";

const MiB = 1024 * 1024;
/** TCP connections of one listener. */
const CONNECTIONS = 512;
/** A connection that says nothing for so long is closed, ms. */
const SILENT_MS = 3_600_000;
/** What may wait for the store before senders over TCP are made to wait, bytes. */
const WAITING_BYTES = 32 * MiB;
/** UDP cannot be made to wait; beyond this its messages are dropped. */
const WAITING_BYTES_UDP = 2 * WAITING_BYTES;
/** What the system may hold of datagrams while this process is busy; it grants as much as its own limit is. */
const UDP_BUFFER_BYTES = 4 * MiB;

export interface SyslogSettings {
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  readonly transports: readonly ("tcp" | "udp" | "tls")[];
  /** Certificates for the transport `tls`, which has no `tcp` beside it at the same port. */
  readonly tls?: SyslogTls | undefined;
  /**
   * Networks whose messages are taken, as `address/bits`; loopback always is. All are where senders
   * must show a certificate and none is named.
   */
  readonly allow: readonly string[];
  /** Labels that all lines have besides their own. */
  readonly labels: Labels;
  /** A message, bytes. */
  readonly maxMessageBytes: number;
}

export interface SyslogOptions {
  readonly settings: SyslogSettings;
  readonly logs: LogSink;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Pick<SelfMetrics, "dropped" | "masked" | "linesReceived">;
  readonly masking?: Omit<MaskOptions, "masked">;
  readonly limits?: Partial<LogLimits>;
}

/** Listens for syslog. */
export interface Syslog {
  /** Where it listens, both transports at the same port. */
  readonly port: number;
  /** Takes up renewed certificates now; it is done every minute. */
  renew(): Promise<void>;
  /** Stops listening and stores what has come. */
  close(): Promise<void>;
}

/** Who may send without being named. */
const LOOPBACK = ["127.0.0.0/8", "::1"];

class SyslogError extends SeaworthyError {
  readonly code = "syslog_address_unusable";
  override readonly name = "SyslogError";
}

/** Begins to listen. Rejects when the address cannot be had. */
export async function startSyslog(options: SyslogOptions): Promise<Syslog> {
  const { settings, clock, log, metrics } = options;
  const { host, transports, maxMessageBytes } = settings;
  const sockets = new Set<Socket>();
  /** Those that messages come from: over TLS, within one of `sockets`. */
  const reading = new Set<Socket>();
  const queue = new LineQueue({
    ...options,
    protocol: "syslog",
    mask: createMask({ ...options.masking, masked: metrics.masked }),
    limits: { ...defaultLogLimits, ...options.limits, lines: Number.POSITIVE_INFINITY },
    maxBytes: WAITING_BYTES,
    drained: () => {
      for (const socket of reading) socket.resume();
    },
  });
  const { tls } = settings;
  const areKnown = tls?.clientCaFile !== undefined && settings.allow.length === 0;
  const allowed = readNetworks([
    ...LOOPBACK,
    ...(areKnown ? ["0.0.0.0/0", "::/0"] : settings.allow),
  ]);
  const take = (message: Buffer): void => {
    if (message.length === 0) return;
    const { labels, time, line, metadata } = lineOf(message, clock.now(), settings.labels);
    queue.add(labels, time, line, metadata);
  };

  // A sender that is not of the networks is not answered either.
  const isWelcome = (socket: Socket): boolean => {
    if (allowed.has(socket.remoteAddress) && sockets.size < CONNECTIONS) {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
      return true;
    }
    log.warn({ sender: socket.remoteAddress }, "a connection for syslog was refused");
    return false;
  };
  const listen = (socket: Socket): void => {
    reading.add(socket);
    const frames = new SyslogFrames({
      maxBytes: maxMessageBytes,
      take,
      tooLong: () => metrics.dropped("logs", "over_limit", 1),
    });
    socket.setTimeout(SILENT_MS, () => socket.destroy());
    socket.on("data", (chunk: Buffer) => {
      frames.push(chunk);
      if (queue.isFull) socket.pause();
    });
    // A connection that breaks off may have cut its last message short: that is still a message.
    socket.on("close", () => {
      frames.end();
      reading.delete(socket);
    });
    socket.on("error", (error) => log.debug({ reason: messageOf(error) }, "syslog over TCP"));
  };

  const connected = (socket: Socket): void => {
    if (isWelcome(socket)) listen(socket);
    else socket.destroy();
  };

  const datagram = (message: Buffer, { address }: { readonly address: string }): void => {
    if (!allowed.has(address)) metrics.dropped("logs", "invalid", 1);
    else if (queue.waiting > WAITING_BYTES_UDP) {
      metrics.dropped("logs", "queue_full", 1);
    } else if (message.length > maxMessageBytes) metrics.dropped("logs", "over_limit", 1);
    else take(message);
  };

  let tcp: Server | undefined;
  let udp: UdpSocket | undefined;
  let secure: SyslogTlsServer | undefined;
  let { port } = settings;
  try {
    if (transports.includes("tls") && tls !== undefined) {
      secure = await createSyslogTls({ files: tls, isWelcome, connected: listen, log });
      tcp = secure.server;
      tcp.listen(port, host);
      await once(tcp, "listening");
      ({ port } = tcp.address() as AddressInfo);
    }
    if (transports.includes("tcp")) {
      tcp = createServer(connected);
      tcp.listen(port, host);
      await once(tcp, "listening");
      ({ port } = tcp.address() as AddressInfo);
    }
    if (transports.includes("udp")) {
      udp = createSocket({
        type: isIP(host) === 6 ? "udp6" : "udp4",
        recvBufferSize: UDP_BUFFER_BYTES,
      });
      udp.on("message", datagram);
      udp.bind(port, host);
      await once(udp, "listening");
      ({ port } = udp.address());
    }
  } catch (error) {
    secure?.stop();
    tcp?.close();
    throw new SyslogError(
      `cannot listen for syslog on ${host}:${port} (${transports.join(", ")}): ${messageOf(error)}`,
      { cause: error },
    );
  }
  const overTls = secure;
  const failed = (error: Error) => log.error({ err: error }, "a socket of syslog failed");
  tcp?.on("error", failed);
  udp?.on("error", failed);
  log.info({ host, port, transports }, "listening for syslog");

  let closed = false;
  return {
    port,
    renew: async () => overTls?.renew(),
    async close() {
      if (closed) return;
      closed = true;
      udp?.close();
      secure?.stop();
      const ended = tcp === undefined ? Promise.resolve() : once(tcp, "close");
      tcp?.close();
      for (const socket of sockets) socket.destroy();
      await ended;
      await queue.close();
    },
  };
}

/** A message as a line: what is few becomes labels, what varies becomes metadata. */
function lineOf(message: Buffer, now: number, labels: Labels) {
  const { facility, severity, time, host, app, procId, msgId, data, text } = parseSyslog(
    message,
    now,
  );
  const named: Record<string, string> = { job: "syslog" };
  if (host !== "") named["host"] = host;
  if (app !== "") named["app"] = app;
  const metadata: Record<string, string> = { facility, severity };
  if (procId !== "") metadata["proc_id"] = procId;
  if (msgId !== "") metadata["msg_id"] = msgId;
  for (const name in data) metadata[`sd_${name}`] = data[name] ?? "";
  return { labels: { ...named, ...labels }, time, line: text, metadata };
}
