import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import fc from "fast-check";
import { expect, it } from "vitest";
import { networkFault, readNetworks } from "../model/index.ts";
import { believeProxies } from "./forwarded.ts";

const proxies = readNetworks(["10.0.0.0/8", "2001:db8::/32", "192.0.2.7"]);

/** The header fields of a request from an address after proxies have been heard. */
function believed(from: string, headers: Record<string, string>) {
  const socket = new Socket();
  Object.defineProperty(socket, "remoteAddress", { value: from });
  const request = new IncomingMessage(socket);
  request.headers = { host: "inside:4000", ...headers };
  believeProxies(request, proxies);
  return request.headers;
}

const said = {
  "x-forwarded-for": "198.51.100.1",
  "x-forwarded-host": "status.example",
  "x-forwarded-proto": "HTTPS",
  forwarded: "for=203.0.113.9;host=evil.example;proto=http",
};
const heard = {
  host: "status.example",
  "x-forwarded-for": "198.51.100.1",
  "x-forwarded-proto": "https",
};

it.each(["10.1.2.3", "::ffff:10.1.2.3", "2001:db8::1", "192.0.2.7"])(
  "listens to the proxy %s",
  (from) => expect(believed(from, said)).toEqual(heard),
);

it.each(["11.0.0.1", "192.0.2.8", "2001:db9::1", "::ffff:11.0.0.1", "127.0.0.1"])(
  "takes off what %s says of others",
  (from) => expect(believed(from, said)).toEqual({ host: "inside:4000" }),
);

it.each([
  [
    'for="[2001:db8:cafe::17]:4711";host=status.example;proto=https',
    { host: "status.example", for: "2001:db8:cafe::17", proto: "https" },
  ],
  [
    "for=198.51.100.1:80;host=far.example, For=203.0.113.9;Proto=http;Host=near.example",
    { host: "near.example", for: "198.51.100.1, 203.0.113.9", proto: "http" },
  ],
  ["for=unknown, for=_hidden", { host: "inside:4000", for: "unknown, _hidden" }],
  ["for=1.2.3.4;;", { host: "inside:4000" }],
  ["for=1.2.3.4;host=a b", { host: "inside:4000" }],
  ['host="a/../b"', { host: "inside:4000" }],
  ["proto=javascript", { host: "inside:4000" }],
])("reads the standard's own header: %s", (forwarded, expected) => {
  const headers = believed("10.0.0.1", { forwarded });
  expect({
    host: headers.host,
    for: headers["x-forwarded-for"],
    proto: headers["x-forwarded-proto"],
  }).toEqual({ for: undefined, proto: undefined, ...expected });
});

it("takes the nearest proxy's word for the host, and none that is no host", () => {
  const hostOf = (host: string) => believed("10.0.0.1", { "x-forwarded-host": host }).host;
  expect(hostOf("evil.example, status.example:8443")).toBe("status.example:8443");
  for (const odd of ["", "a b", "a/b", "user@host", "x".repeat(3000), "a,"])
    expect(hostOf(odd), odd).toBe("inside:4000");
});

it("survives whatever stands in the headers, and lets nothing of a stranger through", () => {
  const field = fc.oneof(fc.string(), fc.stringMatching(/^[a-z=";,: []{0,40}$/));
  const names = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"];
  fc.assert(
    fc.property(fc.array(field, { minLength: 4, maxLength: 4 }), (values) => {
      const headers = Object.fromEntries(names.map((name, at) => [name, values[at] ?? ""]));
      expect(believed("203.0.113.9", headers)).toEqual({ host: "inside:4000" });
      expect(believed("10.0.0.1", headers).host).toMatch(/^[\w.:[\]-]+$/);
    }),
    { numRuns: 300 },
  );
});

it.each(["10.0.0.0/33", "10.0.0", "::1/129", "10.0.0.0/8/8", "10.0.0.0/", "proxy.example", ""])(
  "names %j as no network",
  (text) => {
    expect(networkFault(text)).toBe(`"${text}" is not a network such as 10.0.0.0/8`);
    expect(() => readNetworks([text])).toThrow("is not a network");
  },
);
