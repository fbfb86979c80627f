import type { IncomingMessage } from "node:http";
import { BlockList, isIP } from "node:net";

const maxNetworks = 1_000;
/** Hops read from a forwarding header; whoever sends more is not believed further. */
const maxHops = 20;
const maxHeaderLength = 2_048;

const named: Readonly<Record<string, readonly string[]>> = {
  loopback: ["127.0.0.0/8", "::1"],
  private: ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"],
};

/** A set of addresses, given as `10.0.0.0/8`, `::1`, `loopback` or `private`. */
export class Networks {
  readonly #list = new BlockList();

  /** @throws an Error that names the entry which is not an address, a network or a known name. */
  constructor(networks: readonly string[]) {
    if (!Array.isArray(networks)) throw new Error("networks must be a list");
    if (networks.length > maxNetworks) throw new Error(`more than ${maxNetworks} networks`);
    for (const network of networks as readonly unknown[]) {
      if (typeof network !== "string") throw new Error("a network is not a string");
      for (const each of (Object.hasOwn(named, network) && named[network]) || [network])
        this.#add(each);
    }
  }

  has(address: string): boolean {
    const version = isIP(address);
    return version !== 0 && this.#list.check(address, version === 4 ? "ipv4" : "ipv6");
  }

  #add(network: string): void {
    const [address = "", length, ...rest] = network.split("/");
    const version = isIP(address);
    const bits = version === 4 ? 32 : 128;
    const prefix = length === undefined ? bits : /^\d{1,3}$/.test(length) ? Number(length) : -1;
    if (version === 0 || rest.length > 0 || prefix < 0 || prefix > bits)
      throw new Error(`${JSON.stringify(network)} is not an address or a network like 10.0.0.0/8`);
    this.#list.addSubnet(address, prefix, version === 4 ? "ipv4" : "ipv6");
  }
}

/** What proxies add, each by its own habit; browsers and command lines send none of them. */
const proxyHeaders = [
  "x-forwarded-for",
  "forwarded",
  "via",
  "x-real-ip",
  "x-client-ip",
  "x-forwarded-host",
  "x-forwarded-proto",
  "cf-connecting-ip",
  "true-client-ip",
] as const;

/** Whether the request says that it came through a proxy. */
export function isForwarded({ headers }: IncomingMessage): boolean {
  return proxyHeaders.some((name) => headers[name] !== undefined);
}

/**
 * The caller's address: the connection's, unless that is one of the proxies told by name; then the
 * nearest hop of `X-Forwarded-For` that is not such a proxy. What stands further left was written by
 * strangers and is never read. Undefined when the connection is gone or the header cannot be read.
 */
export function clientAddress(
  request: IncomingMessage,
  proxies: Networks | undefined,
): string | undefined {
  const peer = plainAddress(request.socket.remoteAddress);
  if (peer === undefined || proxies === undefined || !proxies.has(peer)) return peer;
  const header = request.headers["x-forwarded-for"];
  const text = Array.isArray(header) ? header.join(",") : header;
  if (text === undefined) return peer;
  if (text.length > maxHeaderLength) return undefined;
  const hops = text.split(",").slice(-maxHops);
  let nearest: string | undefined = peer;
  while (hops.length > 0) {
    nearest = plainAddress(hops.pop()?.trim());
    if (nearest === undefined || !proxies.has(nearest)) return nearest;
  }
  return nearest;
}

/** An address without a port, brackets or zone, IPv4 in its own form; undefined when it is none. */
function plainAddress(text: string | undefined): string | undefined {
  if (text === undefined || text.length > 64) return undefined;
  const bracketed = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(text)?.[1];
  const withPort = /^(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}$/.exec(text)?.[1];
  const bare = (bracketed ?? withPort ?? text).split("%")[0] ?? "";
  const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i.exec(bare)?.[1];
  const address = mapped ?? bare;
  return isIP(address) === 0 ? undefined : address.toLowerCase();
}
