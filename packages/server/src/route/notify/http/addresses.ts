import { lookup } from "node:dns";
import { BlockList, isIP } from "node:net";
import type { LookupFunction } from "node:net";

/** Networks that the public cannot reach: what a redirect from outside must not lead into. */
const PRIVATE: readonly (readonly [string, number, "ipv4" | "ipv6"])[] = [
  ["0.0.0.0", 8, "ipv4"],
  ["10.0.0.0", 8, "ipv4"],
  ["100.64.0.0", 10, "ipv4"],
  ["127.0.0.0", 8, "ipv4"],
  ["169.254.0.0", 16, "ipv4"],
  ["172.16.0.0", 12, "ipv4"],
  ["192.0.0.0", 24, "ipv4"],
  ["192.168.0.0", 16, "ipv4"],
  ["198.18.0.0", 15, "ipv4"],
  ["224.0.0.0", 3, "ipv4"],
  ["::", 127, "ipv6"],
  ["64:ff9b::", 96, "ipv6"],
  ["fc00::", 7, "ipv6"],
  ["fe80::", 10, "ipv6"],
  ["ff00::", 8, "ipv6"],
];

const blocked = new BlockList();
for (const [network, prefix, family] of PRIVATE) blocked.addSubnet(network, prefix, family);

/** Whether an IP address belongs to a private, local or reserved network. */
export function isPrivate(address: string): boolean {
  const family = isIP(address);
  if (family === 0) return false;
  // An IPv4 address inside IPv6 is matched by the rules for IPv4.
  return blocked.check(address, family === 4 ? "ipv4" : "ipv6");
}

/** A look-up of names that answers public addresses only, so that a name cannot hide a private one. */
export const lookupPublic: LookupFunction = (name, options, done) => {
  lookup(name, { ...options, all: true }, (error, found) => {
    const publicOnes = error === null ? found.filter(({ address }) => !isPrivate(address)) : [];
    const [first] = publicOnes;
    if (first === undefined) {
      done(error ?? new Error(`${name} has a private address`), []);
    } else if (options.all === true) done(null, publicOnes);
    else done(null, first.address, first.family);
  });
};
