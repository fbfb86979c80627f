import type { IncomingMessage } from "node:http";
import fc from "fast-check";
import { expect, test } from "vitest";
import { clientAddress, Networks } from "./networks.ts";

const request = (peer: string | undefined, forwarded?: string | string[]) =>
  ({
    socket: { remoteAddress: peer },
    headers: forwarded === undefined ? {} : { "x-forwarded-for": forwarded },
  }) as unknown as IncomingMessage;

test("networks are told by address, prefix or name, in both versions of IP", () => {
  const networks = new Networks(["10.0.0.0/8", "2001:db8::/32", "192.0.2.7", "loopback"]);
  for (const inside of ["10.255.0.1", "2001:db8::1", "192.0.2.7", "127.1.2.3", "::1"])
    expect(networks.has(inside), inside).toBe(true);
  for (const outside of ["11.0.0.1", "2001:db9::1", "192.0.2.8", "", "10.0.0", "::ffff:8.8.8.8"])
    expect(networks.has(outside), outside).toBe(false);
  expect(networks.has("::ffff:10.0.0.1")).toBe(true);
});

test.each(["10.0.0.0/33", "10.0.0/8", "example.com", "::1/129", "10.0.0.0/8/8", "", "__proto__"])(
  "%j is refused by name",
  (network) => {
    expect(() => new Networks([network])).toThrow(JSON.stringify(network));
  },
);

test("only proxies that were told of are believed, and only for the hop before them", () => {
  const proxies = new Networks(["10.0.0.0/8"]);
  expect(clientAddress(request("8.8.8.8", "1.1.1.1"), proxies)).toBe("8.8.8.8");
  expect(clientAddress(request("10.0.0.1", "1.1.1.1"), undefined)).toBe("10.0.0.1");
  expect(clientAddress(request("10.0.0.1", "1.1.1.1"), proxies)).toBe("1.1.1.1");
  expect(clientAddress(request("10.0.0.1", "6.6.6.6, 1.1.1.1, 10.0.0.2"), proxies)).toBe("1.1.1.1");
  expect(clientAddress(request("10.0.0.1", ["6.6.6.6", "1.1.1.1"]), proxies)).toBe("1.1.1.1");
  expect(clientAddress(request("10.0.0.1", "10.0.0.3, 10.0.0.2"), proxies)).toBe("10.0.0.3");
  expect(clientAddress(request("10.0.0.1"), proxies)).toBe("10.0.0.1");
});

test("addresses are read with ports, brackets, zones and as mapped IPv4", () => {
  const proxies = new Networks(["10.0.0.0/8"]);
  const of = (text: string) => clientAddress(request("::ffff:10.0.0.1", text), proxies);
  expect(of("1.1.1.1:443")).toBe("1.1.1.1");
  expect(of("[2001:DB8::1]:443")).toBe("2001:db8::1");
  expect(of("fe80::1%eth0")).toBe("fe80::1");
  expect(of("::ffff:1.1.1.1")).toBe("1.1.1.1");
  for (const bad of ["unknown", "1.1.1.1, ", "1.1.1.1, x", "_hidden", "1.1.1.1,".repeat(400)])
    expect(of(bad), bad).toBeUndefined();
  expect(clientAddress(request(undefined, "1.1.1.1"), proxies)).toBeUndefined();
});

test("whatever stands in the header, the answer is an address or none, and never throws", () => {
  const proxies = new Networks(["10.0.0.0/8", "loopback"]);
  const piece = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.string({ unit: "binary" }),
    fc.constant("[::1]:"),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const found = clientAddress(request("10.0.0.1", pieces.join(",")), proxies);
      if (found !== undefined) expect(found).toMatch(/^[0-9a-f.:]+$/);
    }),
    { numRuns: 1_000 },
  );
});
