import { BlockList, isIP } from "node:net";

/** Compiles an address, a range `a-b` or a network `a/n`. Throws an Error for anything else. */
export function compileIp(pattern: string): (address: string) => boolean {
  const list = new BlockList();
  const family = (address: string) => (isIP(address) === 6 ? "ipv6" : "ipv4");
  const range = /^([^-]+)-([^-]+)$/.exec(pattern);
  const network = /^([^/]+)\/(\d{1,3})$/.exec(pattern);
  try {
    if (range !== null) {
      const [, from = "", to = ""] = range;
      list.addRange(from.trim(), to.trim(), family(from.trim()));
    } else if (network !== null) {
      const [, base = "", bits = ""] = network;
      list.addSubnet(base, Number(bits), family(base));
    } else list.addAddress(pattern, family(pattern));
  } catch (error) {
    throw new Error(`invalid IP pattern ${JSON.stringify(pattern)}`, { cause: error });
  }
  return (address) => isIP(address) !== 0 && list.check(address, family(address));
}

const CANDIDATE = /\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7}/g;

/** Whether a line holds an address that `test` takes. */
export function findsIp(line: string, test: (address: string) => boolean): boolean {
  for (const [address] of line.matchAll(CANDIDATE)) if (test(address)) return true;
  return false;
}
