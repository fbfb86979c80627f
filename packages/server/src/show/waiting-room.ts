import { randomUUID } from "node:crypto";
import { createServer, STATUS_CODES } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Problem } from "@seaworthy/contract";
import { ShowError } from "./errors.ts";
import { HTTP_LIMITS } from "./limits.ts";

/** How long one who comes too early should stay away, s. */
const RETRY_AFTER = 5;

const STARTING = new ShowError(
  "starting",
  503,
  "Seaworthy is starting: its databases are not open yet. Try again in a few seconds.",
  RETRY_AFTER,
);

/** What is served at the server's address while it is not ready. */
export interface WaitingRoom {
  /** Gives the address free. Doing it twice changes nothing. */
  close(): Promise<void>;
}

/**
 * Serves the status page from memory, and that the server is not ready, until the databases are open.
 * Rejects where the address cannot be had.
 */
export async function openWaitingRoom(options: {
  readonly host: string;
  readonly port: number;
  readonly front: { answer(request: IncomingMessage, response: ServerResponse): boolean };
}): Promise<WaitingRoom> {
  const { host, port, front } = options;
  const server = createServer(
    {
      headersTimeout: HTTP_LIMITS.headersTimeout,
      requestTimeout: HTTP_LIMITS.requestTimeout,
      connectionsCheckingInterval: HTTP_LIMITS.slowCheckEvery,
    },
    (request, response) => {
      // Who comes again finds the server itself, which may be there by then.
      response.shouldKeepAlive = false;
      request.resume();
      if (!front.answer(request, response)) answer(request, response);
    },
  );
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, resolve);
  });
  return {
    close() {
      // The address is free at once; what is being answered may be read to its end.
      server.close();
      setTimeout(() => server.closeAllConnections(), HTTP_LIMITS.closeGrace).unref();
      return Promise.resolve();
    },
  };
}

function answer({ url = "/", method }: IncomingMessage, response: ServerResponse): void {
  const [path] = url.split("?", 1);
  const shared = { "x-content-type-options": "nosniff", "cache-control": "no-store" };
  const send = (status: number, type: string, text: string) => {
    const retry = status === 503 ? { "retry-after": String(RETRY_AFTER) } : {};
    response.writeHead(status, { ...shared, ...retry, "content-type": type });
    response.end(method === "HEAD" ? undefined : text);
  };
  const json = "application/json; charset=utf-8";
  if (path === "/health" || path === "/health/live") send(200, json, '{"status":"ok"}');
  else if (path === "/health/ready") send(503, json, '{"status":"unavailable"}');
  else if (path === "/-/healthy") send(200, "text/plain", "Seaworthy is healthy.\n");
  else if (path === "/-/ready") send(503, "text/plain", "Seaworthy is not ready.\n");
  else {
    const { status, code, message } = STARTING;
    const problem: Problem = {
      type: "about:blank",
      title: STATUS_CODES[status] ?? "",
      status,
      code,
      detail: message,
      instance: randomUUID(),
    };
    send(status, "application/problem+json; charset=utf-8", JSON.stringify(problem));
  }
}
