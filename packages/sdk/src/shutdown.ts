import type { Server } from "node:http";
import type { Socket } from "node:net";
import type { Kit } from "./kit.ts";
import { setHeader } from "./respond.ts";

/** A server of node:http, or an application that owns one and closes it: Fastify's. */
type Serving = Server | { readonly server: Server; close(): PromiseLike<unknown> };

export interface ShutdownOptions {
  /** The server (Express: what `app.listen` returns) or the Fastify application. */
  readonly server: Serving;
  /** Ends what requests use (pools, queues), after the last response. */
  readonly close?: () => unknown;
  /**
   * Milliseconds between saying "not ready" and refusing connections, for load balancers to notice.
   * Default: 5000 on SIGTERM; SIGINT, which a person sends, does not wait.
   */
  readonly readyDelayMs?: number;
  /** Milliseconds from the signal to the end at the latest, below what the platform grants. Default: 25000. */
  readonly timeoutMs?: number;
  /** Default: SIGTERM and SIGINT. */
  readonly signals?: readonly NodeJS.Signals[];
  /** Ends the process. Default: `process.exit`. */
  readonly exit?: (code: number) => void;
}

export interface Shutdown {
  /** Does what a signal does. Resolves with the exit code: 0, or 1 when time ran out. */
  begin(signal?: NodeJS.Signals): Promise<number>;
  /** Takes the handlers of the signals away again. */
  dispose(): void;
}

const idleSweepMs = 50;

/**
 * Handles SIGTERM whole: readiness turns false, load balancers get time to notice, no connection is
 * accepted any more, responses under way are finished and their connections closed, `close` ends
 * pools, the kit is flushed, the process exits with 0. When that takes too long, what is left is cut
 * and it exits with 1; a second signal exits at once.
 */
export function gracefulShutdown(kit: Kit, options: ShutdownOptions): Shutdown {
  const server = "server" in options.server ? options.server.server : options.server;
  const connections = trackConnections(server);
  const exit = options.exit ?? ((code) => process.exit(code));
  let running: Promise<number> | undefined;
  let refusing = false;

  server.prependListener("request", (_request, response) => {
    // Keep-alive connections would otherwise go on sending requests.
    if (refusing) setHeader(response, "connection", "close");
  });

  const stopServing = async () => {
    refusing = true;
    const sweep = setInterval(() => server.closeIdleConnections?.(), idleSweepMs);
    try {
      if ("server" in options.server) await options.server.close();
      else await closeServer(server);
    } finally {
      clearInterval(sweep);
    }
  };
  const end = async (signal: NodeJS.Signals): Promise<number> => {
    kit.logger.info({ signal }, "shutting down");
    kit.health.drain();
    const timeoutMs = options.timeoutMs ?? 25_000;
    let code = 0;
    const work = async () => {
      await pause(signal === "SIGINT" ? 0 : (options.readyDelayMs ?? 5_000));
      await stopServing();
      await options.close?.();
    };
    await withinTime(work(), timeoutMs).catch((error: unknown) => {
      code = 1;
      kit.logger.error({ err: error, open: connections.size }, "the shutdown was cut short");
      for (const socket of connections) socket.destroy();
    });
    await withinTime(kit.shutdown(), 2_000).catch(() => {});
    exit(code);
    return code;
  };
  const begin = (signal: NodeJS.Signals = "SIGTERM") => {
    running ??= end(signal);
    return running;
  };
  const onSignal = (signal: NodeJS.Signals) => {
    if (running === undefined) void begin(signal);
    else exit(1);
  };
  const signals = options.signals ?? ["SIGTERM", "SIGINT"];
  for (const signal of signals) process.on(signal, onSignal);
  return {
    begin,
    dispose: () => {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}

/** The open connections, upgraded ones included, which the server itself forgets. */
function trackConnections(server: Server): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  return sockets;
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => {
      // Closed by somebody else already: what is wanted.
      if (error === undefined || !server.listening) resolve();
      else reject(error);
    });
  });
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}

async function withinTime(work: Promise<unknown>, milliseconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${milliseconds} ms`)), milliseconds);
  });
  try {
    await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
