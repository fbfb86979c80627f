import type { Server } from "node:http";
import { knownOptions, type OptionNames } from "../known-options.ts";

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

const optionNames: OptionNames<SlowClientOptions> = {
  headersMs: true,
  requestMs: true,
  idleMs: true,
  keepAliveMs: true,
  maxHeaders: true,
  maxConnections: true,
};

/**
 * Sets the timeouts that end connections which are kept busy by sending or reading slowly. node:http
 * looks at the first two every 30 s, unless the server was made with `connectionsCheckingInterval`.
 *
 * @throws an Error that names the option which is wrong.
 */
export function refuseSlowClients(server: Server, options: SlowClientOptions = {}): void {
  knownOptions("slow clients", options, optionNames);
  for (const [name, value] of Object.entries(options) as [string, unknown][])
    // Of NaN node:http makes no limit at all.
    if (value !== undefined && !(Number.isInteger(value) && Number(value) >= 0))
      throw new Error(`slow clients: ${name} must be a whole number from 0`);
  server.headersTimeout = options.headersMs ?? 10_000;
  server.requestTimeout = options.requestMs ?? 60_000;
  server.keepAliveTimeout = options.keepAliveMs ?? 65_000;
  server.maxHeadersCount = options.maxHeaders ?? 100;
  server.setTimeout(options.idleMs ?? 120_000);
  if (options.maxConnections !== undefined) server.maxConnections = options.maxConnections;
}
