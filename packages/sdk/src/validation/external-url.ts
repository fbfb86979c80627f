import { lookup as systemLookup, type LookupAddress, type LookupOptions } from "node:dns";
import { BlockList, isIP } from "node:net";
import { z } from "zod";
import { knownOptions, type OptionNames } from "../known-options.ts";

/** Finds the addresses of a host; `dns.lookup` with `all`. */
export type ResolveHost = (host: string) => Promise<readonly string[]>;

export interface ExternalUrlOptions {
  /** Default: https alone. */
  readonly protocols?: readonly ("https" | "http")[];
  /** Ports besides the protocol's own. Default: none. */
  readonly ports?: readonly number[];
  /** Hosts taken, and their subdomains. Default: all that are external. */
  readonly hosts?: readonly string[];
  /** Default: what the system resolves. */
  readonly resolve?: ResolveHost;
  /** Milliseconds for resolving. Default: 3000. */
  readonly timeoutMs?: number;
}

// IANA's registries of special-purpose addresses: whatever is not globally reachable.
const internal = new BlockList();
for (const [network, prefix] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
] as const)
  internal.addSubnet(network, prefix, "ipv4");
// Of IPv6 only 2000::/3 is given out, and of that these are special or hold IPv4 addresses.
const global6 = new BlockList();
global6.addSubnet("2000::", 3, "ipv6");
for (const [network, prefix] of [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
] as const)
  internal.addSubnet(network, prefix, "ipv6");

/** Whether an address is reachable from everywhere, so that calling it reveals nothing of ours. */
export function isExternalAddress(address: string): boolean {
  const version = isIP(address);
  if (version === 4) return !internal.check(address, "ipv4");
  return version === 6 && global6.check(address, "ipv6") && !internal.check(address, "ipv6");
}

const resolveHost: ResolveHost = (host) =>
  new Promise((resolve, reject) => {
    systemLookup(host, { all: true }, (error, addresses) => {
      if (error === null) resolve(addresses.map(({ address }) => address));
      else reject(error);
    });
  });

const externalUrlOptionsNames: OptionNames<ExternalUrlOptions> = {
  protocols: true,
  ports: true,
  hosts: true,
  resolve: true,
  timeoutMs: true,
};

/**
 * An address that may be fetched for a stranger: no host of ours, whatever it is called and however its
 * address is written, and no credentials in it. Resolves the host; parse it with `parseAsync`. A host
 * can answer differently a moment later: fetch with {@link externalLookup}, and check each redirect.
 */
export function externalUrl(options: ExternalUrlOptions = {}) {
  knownOptions("externalUrl", options, externalUrlOptionsNames);
  const { protocols = ["https"], ports = [] } = options;
  const hosts = options.hosts?.map((host) => host.toLowerCase());
  const resolve = options.resolve ?? resolveHost;
  return z
    .string()
    .max(2_048)
    .transform(async (text, context) => {
      const refuse = (message: string) => {
        context.addIssue({ code: "custom", message });
        return z.NEVER;
      };
      let url: URL;
      try {
        url = new URL(text);
      } catch {
        return refuse("must be a URL");
      }
      if (!protocols.some((protocol) => url.protocol === `${protocol}:`))
        return refuse(`must begin with ${protocols.join(":// or ")}://`);
      if (url.username !== "" || url.password !== "") return refuse("must not have credentials");
      if (url.port !== "" && !ports.includes(Number(url.port)))
        return refuse("must not have another port");
      // The parser has made every form of an IPv4 address the usual one.
      const host = url.hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
      if (hosts?.some((each) => host === each || host.endsWith(`.${each}`)) === false)
        return refuse("must be a host that is taken here");
      const addresses =
        // Nothing is left of a dot alone, and looking that up makes Node warn.
        host !== "" && isIP(host) === 0
          ? await resolved(resolve, host, options.timeoutMs ?? 3_000)
          : [host];
      // One answer for all of it: what the names inside resolve to is nobody's business.
      return addresses.length > 0 && addresses.every(isExternalAddress)
        ? url
        : refuse("must be an external address");
    });
}

async function resolved(
  resolve: ResolveHost,
  host: string,
  timeoutMs: number,
): Promise<readonly string[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<readonly string[]>((done) => {
    timer = setTimeout(() => done([]), timeoutMs);
  });
  try {
    return await Promise.race([resolve(host), late]);
  } catch {
    return [];
  } finally {
    clearTimeout(timer);
  }
}

type LookupCallback = (
  error: NodeJS.ErrnoException | null,
  address: string | LookupAddress[],
  family?: number,
) => void;

/**
 * `dns.lookup` that fails for hosts with an address that is not external: for `http.request({ lookup })`
 * and undici's `new Agent({ connect: { lookup } })`. What was checked is what is connected to. Addresses
 * written as numbers are not looked up; check the URL before.
 */
export function externalLookup(
  host: string,
  options: LookupOptions,
  callback: LookupCallback,
): void {
  systemLookup(host, { ...options, all: true }, (error, addresses) => {
    if (error !== null) {
      callback(error, []);
      return;
    }
    const [first] = addresses;
    if (first === undefined || !addresses.every(({ address }) => isExternalAddress(address))) {
      const refusal = new Error(`${host} is not external`);
      callback(Object.assign(refusal, { code: "ENOTFOUND" }), []);
      return;
    }
    if (options.all === true) callback(null, addresses);
    else callback(null, first.address, first.family);
  });
}
