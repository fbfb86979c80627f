import type { Server } from "node:http";
import type { Socket } from "node:net";
import { constants } from "node:os";
import type { Kit } from "./kit.ts";
import { tellUnknownOptions, type OptionNames } from "./known-options.ts";
import { setHeader } from "./respond.ts";

/** A server of node:http, or an application that owns one and closes it: Fastify's, NestJS's. */
type Serving =
  | Server
  | { readonly server: Server; close(): PromiseLike<unknown> }
  | { getHttpServer(): unknown; close(): PromiseLike<unknown> };

export interface ShutdownOptions {
  /**
   * The server (Express and Koa: what `app.listen` returns, Hono: what `serve` returns), or the
   * application of Fastify or NestJS, which is then closed with it.
   */
  readonly server: Serving;
  /**
   * Asks connections that would stay open to end (WebSockets, event streams), when no new ones are
   * accepted; otherwise they are waited for until the time is up.
   */
  readonly disconnect?: () => unknown;
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
export function gracefulShutdown(kit: Kit, given: ShutdownOptions): Shutdown {
  const told = (problem: string) => kit.logger.error({ problem }, "the shutdown is not as wished");
  const options = read(given, told);
  const { server, close } = served(options.server);
  if (server === undefined)
    told(
      "server must be a server of node:http (Express and Koa: what app.listen returns) or the application of Fastify or NestJS; connections are cut",
    );
  const connections = trackConnections(server);
  const exit = options.exit ?? ((code) => process.exit(code));
  let running: Promise<number> | undefined;
  let refusing = false;

  server?.prependListener("request", (_request, response) => {
    // Keep-alive connections would otherwise go on sending requests.
    if (refusing) setHeader(response, "connection", "close");
  });

  const stopServing = async () => {
    refusing = true;
    const sweep = setInterval(() => server?.closeIdleConnections?.(), idleSweepMs);
    try {
      const closed = close();
      // Awaited below, whatever comes of asking.
      closed.catch(() => {});
      try {
        await options.disconnect?.();
      } catch (error) {
        kit.logger.error({ err: error }, "connections could not be asked to end");
      }
      await closed;
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

const optionNames: OptionNames<ShutdownOptions> = {
  server: true,
  disconnect: true,
  close: true,
  readyDelayMs: true,
  timeoutMs: true,
  signals: true,
  exit: true,
};

/** The options without those of a wrong kind, which are told: nothing here throws. */
function read(given: ShutdownOptions, told: (problem: string) => void): ShutdownOptions {
  tellUnknownOptions("gracefulShutdown", given, optionNames, told);
  const options: { -readonly [name in keyof ShutdownOptions]: ShutdownOptions[name] } = {
    ...given,
  };
  const fits: { readonly [name in keyof ShutdownOptions]?: (value: unknown) => boolean } = {
    disconnect: (value) => typeof value === "function",
    close: (value) => typeof value === "function",
    readyDelayMs: isMilliseconds,
    timeoutMs: isMilliseconds,
    signals: (value) =>
      Array.isArray(value) && value.every((each) => String(each) in constants.signals),
    exit: (value) => typeof value === "function",
  };
  for (const [name, fit] of Object.entries(fits) as [keyof typeof fits, typeof isMilliseconds][]) {
    if (options[name] === undefined || fit(options[name])) continue;
    told(`gracefulShutdown: ${name} is of a wrong kind; using its default`);
    delete options[name];
  }
  return options;
}

function isMilliseconds(value: unknown): boolean {
  return Number.isFinite(value) && Number(value) >= 0;
}

/** The server, and what closes it with what belongs to it. */
function served(serving: Serving): { server: Server | undefined; close: () => Promise<unknown> } {
  const isSomething = typeof serving === "object" || typeof serving === "function";
  if (!isSomething || serving === null)
    return { server: undefined, close: () => Promise.resolve() };
  if ("getHttpServer" in serving) {
    const server = serverIn(serving.getHttpServer());
    // Nest ends what its modules use before it closes the server: requests come first.
    const close = async () => {
      if (server !== undefined) await closeServer(server);
      await serving.close();
    };
    return { server, close };
  }
  if ("server" in serving)
    return { server: serverIn(serving.server), close: async () => serving.close() };
  const server = serverIn(serving);
  return { server, close: async () => server && closeServer(server) };
}

/** An application of Express has events as well, but nothing that listens. */
function serverIn(value: unknown): Server | undefined {
  const isServer =
    typeof value === "object" && value !== null && "listening" in value && "close" in value;
  return isServer ? (value as Server) : undefined;
}

/** The open connections, upgraded ones included, which the server itself forgets. */
function trackConnections(server: Server | undefined): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  server?.on("connection", (socket: Socket) => {
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
