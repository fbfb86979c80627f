import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import type { IpSettings } from "./config.ts";
import { ProbeFault } from "./fault.ts";
import type { ProbeResult } from "./result.ts";

export interface Address {
  readonly address: string;
  readonly family: 4 | 6;
  /** How long the look-up took, in seconds. */
  readonly seconds: number;
}

/** The address of a host by the wanted version of IP, or by the other one where that is allowed. */
export async function addressOf(
  host: string,
  settings: IpSettings,
  result: ProbeResult,
): Promise<Address> {
  const started = performance.now();
  result.set("probe_ip_protocol", 0);
  result.set("probe_ip_addr_hash", 0);
  const wanted = settings.preferred_ip_protocol === "ip4" ? 4 : 6;
  try {
    const found = await lookup(host, { all: true, order: "verbatim" });
    const best =
      found.find(({ family }) => family === wanted) ??
      (settings.ip_protocol_fallback ? found[0] : undefined);
    if (best === undefined)
      throw new ProbeFault(`${host} has no address of ${settings.preferred_ip_protocol}`);
    const family = best.family === 6 ? 6 : 4;
    result.set("probe_ip_protocol", family);
    result.set("probe_ip_addr_hash", hashOf(best.address));
    return { address: best.address, family, seconds: (performance.now() - started) / 1000 };
  } finally {
    result.set("probe_dns_lookup_time_seconds", (performance.now() - started) / 1000);
  }
}

/** FNV-1a of the address's bytes, as blackbox_exporter has it. */
function hashOf(address: string): number {
  return bytesOf(address).reduce(
    (hash, byte) => Math.imul((hash ^ byte) >>> 0, 0x01000193) >>> 0,
    0x811c9dc5,
  );
}

function bytesOf(address: string): number[] {
  if (isIP(address) === 4) return address.split(".").map(Number);
  // A URL writes IPv6 in hexadecimal groups only.
  const written = new URL(`http://[${address.split("%")[0]}]`).hostname.slice(1, -1);
  const [head = "", tail] = written.split("::");
  const groups = (part: string) => (part === "" ? [] : part.split(":"));
  const zeros = tail === undefined ? 0 : 8 - groups(head).length - groups(tail).length;
  const all = [...groups(head), ...Array<string>(zeros).fill("0"), ...groups(tail ?? "")];
  return all.flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 255];
  });
}

/** Takes `host:port` apart, an IPv6 address in brackets. */
export function hostAndPort(target: string, port?: number): { host: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(target);
  const given = match?.[3] === undefined ? port : Number(match[3]);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined || given === undefined || given > 65_535)
    throw new ProbeFault(`${JSON.stringify(target)} is not host:port`);
  return { host, port: given };
}
