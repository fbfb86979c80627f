import { isIP } from "node:net";
import { Agent, EnvHttpProxyAgent } from "undici";
import type { Dispatcher } from "undici";
import type { HttpConfig, TlsConfig } from "../../config/http-client.ts";
import { isPrivate, lookupPublic } from "./addresses.ts";
import { HTTP_LIMITS } from "./limits.ts";
import { secretOf } from "./secrets.ts";

const TLS_VERSION = {
  TLS10: "TLSv1",
  TLS11: "TLSv1.1",
  TLS12: "TLSv1.2",
  TLS13: "TLSv1.3",
} as const;

/** How connections are made. */
export type Connecting = Pick<
  HttpConfig,
  "tls_config" | "proxy_url" | "no_proxy" | "proxy_from_environment" | "proxy_connect_header"
>;

/** Connections that are kept open, one pool for each way of connecting. */
export class Pools {
  readonly #pools = new Map<string, Promise<Dispatcher>>();

  /** The pool for a way of connecting; `publicOnly` refuses to connect to private addresses. */
  get(how: Connecting, publicOnly = false): Promise<Dispatcher> {
    const key = JSON.stringify([
      how.tls_config,
      how.proxy_url,
      how.no_proxy,
      how.proxy_from_environment,
      how.proxy_connect_header,
      publicOnly,
    ]);
    const known = this.#pools.get(key);
    if (known !== undefined) return known;
    const made = makePool(how, publicOnly);
    this.#pools.set(key, made);
    // Files may be put right: a pool that could not be made is made anew next time.
    made.catch(() => this.#pools.delete(key));
    return made;
  }

  async close(): Promise<void> {
    const pools = await Promise.allSettled(this.#pools.values());
    this.#pools.clear();
    for (const pool of pools) if (pool.status === "fulfilled") await pool.value.destroy();
  }
}

/** Throws when a URL names a private address itself; names are checked as they are looked up. */
export function refusePrivate(url: URL): void {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (isIP(host) !== 0 && isPrivate(host)) throw new Error(`${host} is a private address`);
}

async function makePool(how: Connecting, publicOnly: boolean): Promise<Dispatcher> {
  const connect = {
    timeout: HTTP_LIMITS.connect,
    ...(await tlsOptions(how.tls_config)),
    ...(publicOnly ? { lookup: lookupPublic } : {}),
  };
  // HTTP/2 is a permission in the configuration, not a wish; HTTP/1.1 serves every receiver.
  const options = { connect, headersTimeout: 0, bodyTimeout: 0, connections: 32 };
  if (how.proxy_url === "" && !how.proxy_from_environment) return new Agent(options);
  const headers = Object.fromEntries(
    Object.entries(how.proxy_connect_header).map(([name, values]) => [name, values.join(", ")]),
  );
  // Without a URL of its own it reads the usual variables of the environment, as is asked for.
  const given =
    how.proxy_url === ""
      ? {}
      : { httpProxy: how.proxy_url, httpsProxy: how.proxy_url, noProxy: how.no_proxy };
  return new EnvHttpProxyAgent({ ...options, ...given, headers, requestTls: connect });
}

/** A TLS configuration as Node takes it, with its files read. */
export async function tlsOptions(tls: TlsConfig | undefined): Promise<Record<string, unknown>> {
  if (tls === undefined) return {};
  const pem = async (inline: string, file: string) => {
    const text = await secretOf(inline, file);
    return text === "" ? undefined : text;
  };
  return Object.fromEntries(
    Object.entries({
      ca: await pem(tls.ca, tls.ca_file),
      cert: await pem(tls.cert, tls.cert_file),
      key: await pem(tls.key, tls.key_file),
      servername: tls.server_name === "" ? undefined : tls.server_name,
      rejectUnauthorized: !tls.insecure_skip_verify,
      minVersion: tls.min_version && TLS_VERSION[tls.min_version],
      maxVersion: tls.max_version && TLS_VERSION[tls.max_version],
    }).filter(([, value]) => value !== undefined),
  );
}
