import { BlockList, isIP } from "node:net";

/**
 * Whether a URL is asked without the proxy, for a list as `no_proxy` has it: hosts, domains (with
 * their subdomains), addresses and blocks of addresses, each with a port or without, and `*`. An
 * empty list sends everything through the proxy; any other never this machine's own names.
 */
export function goesDirect(url: URL, except: readonly string[]): boolean {
  if (except.length === 0) return false;
  const host = url.hostname.replace(/^\[|\]$/g, "").toLowerCase();
  if (host === "localhost" || (isIP(host) !== 0 && isWithin(host, LOOPBACK))) return true;
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  return except.some((entry) => entry === "*" || matches(entry.toLowerCase(), host, port));
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

function matches(entry: string, host: string, port: string): boolean {
  const [, block = "", bits = ""] = /^(.+)\/(\d{1,3})$/.exec(entry) ?? [];
  if (isIP(block) !== 0) return isIP(host) !== 0 && isInBlock(host, block, Number(bits));
  const [, bare = entry, wanted = port] =
    isIP(entry) === 6 ? [] : (/^(.*?):(\d+)$/.exec(entry) ?? []);
  if (wanted !== port) return false;
  const name = bare.replace(/^\*?(?=\.)|^\[|\]$/g, "");
  if (isIP(name) !== 0) return name === host;
  return name.startsWith(".") ? host.endsWith(name) : host === name || host.endsWith(`.${name}`);
}

function isInBlock(host: string, block: string, bits: number): boolean {
  const family = isIP(block) === 6 ? "ipv6" : "ipv4";
  if (bits > (family === "ipv6" ? 128 : 32)) return false;
  const list = new BlockList();
  list.addSubnet(block, bits, family);
  return isWithin(host, list);
}

function isWithin(host: string, list: BlockList): boolean {
  return list.check(host, isIP(host) === 6 ? "ipv6" : "ipv4");
}
