import { BlockList, isIP } from "node:net";

/** Some networks, such as `10.0.0.0/8`, and single addresses. */
export interface Networks {
  /** Whether an address belongs to one of them; an IPv4 address inside IPv6 counts as what it is. */
  has(address: string | undefined): boolean;
}

/** What is wrong with a network in text; undefined when nothing is. */
export function networkFault(text: string): string | undefined {
  const [address = "", bits, ...more] = text.split("/");
  const version = isIP(address);
  const isNetwork =
    version !== 0 &&
    more.length === 0 &&
    (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 6 ? 128 : 32)));
  return isNetwork ? undefined : `"${text}" is not a network such as 10.0.0.0/8`;
}

/** Networks from their text. Throws for one that is none. */
export function readNetworks(texts: readonly string[]): Networks {
  const list = new BlockList();
  for (const text of texts) {
    const fault = networkFault(text);
    if (fault !== undefined) throw new Error(fault);
    const [address = "", bits] = text.split("/");
    const isLong = isIP(address) === 6;
    list.addSubnet(address, Number(bits ?? (isLong ? 128 : 32)), isLong ? "ipv6" : "ipv4");
  }
  return {
    has(address) {
      if (address === undefined) return false;
      const plain = address.replace(/^::ffff:(?=\d+\.)/i, "").replace(/%.*$/, "");
      return isIP(plain) !== 0 && list.check(plain, isIP(plain) === 6 ? "ipv6" : "ipv4");
    },
  };
}
