import type { Server } from "node:http";

export interface SlowClientOptions {
  /** Milliseconds for all headers of a request. Default: 10000. */
  readonly headersMs?: number;
  /** Milliseconds for a whole request with its body. Default: 60000. */
  readonly requestMs?: number;
  /** Milliseconds without a byte in either direction: slow readers of answers. Default: 120000. */
  readonly idleMs?: number;
  /** Milliseconds that a connection waits for its next request. Default: 65000, above load balancers' 60 s. */
  readonly keepAliveMs?: number;
  /** Most headers of one request. Default: 100. */
  readonly maxHeaders?: number;
  /** Most connections at a time. Default: as many as there are. */
  readonly maxConnections?: number;
}

/**
 * Sets the timeouts that end connections which are kept busy by sending or reading slowly. node:http
 * looks at the first two every 30 s, unless the server was made with `connectionsCheckingInterval`.
 */
export function refuseSlowClients(server: Server, options: SlowClientOptions = {}): void {
  server.headersTimeout = options.headersMs ?? 10_000;
  server.requestTimeout = options.requestMs ?? 60_000;
  server.keepAliveTimeout = options.keepAliveMs ?? 65_000;
  server.maxHeadersCount = options.maxHeaders ?? 100;
  server.setTimeout(options.idleMs ?? 120_000);
  if (options.maxConnections !== undefined) server.maxConnections = options.maxConnections;
}
