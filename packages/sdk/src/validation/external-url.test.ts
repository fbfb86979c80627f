import { once } from "node:events";
import { createServer, get } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { externalLookup, externalUrl, isExternalAddress } from "./external-url.ts";

const hosts: Readonly<Record<string, readonly string[]>> = {
  "example.com": ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"],
  "internal.example": ["10.0.0.5"],
  "mixed.example": ["93.184.215.14", "127.0.0.1"],
  "mapped.example": ["::ffff:127.0.0.1"],
  "empty.example": [],
};
const resolve = (host: string) => {
  const found = hosts[host];
  return found === undefined ? Promise.reject(new Error("ENOTFOUND")) : Promise.resolve(found);
};

async function read(text: string, options: Parameters<typeof externalUrl>[0] = {}) {
  const result = await externalUrl({ resolve, timeoutMs: 20, ...options }).safeParseAsync(text);
  return result.success ? result.data.href : `refused: ${result.error.issues[0]?.message}`;
}

test("external addresses pass, by name and by number", async () => {
  expect(await read("https://example.com/a?b=c")).toBe("https://example.com/a?b=c");
  expect(await read("https://example.com./")).toBe("https://example.com./");
  expect(await read("https://93.184.215.14/")).toBe("https://93.184.215.14/");
  expect(await read("https://[2606:2800:21f::1]/")).toBe("https://[2606:2800:21f::1]/");
  expect(await read("http://example.com:8080/", { protocols: ["http"], ports: [8080] })).toBe(
    "http://example.com:8080/",
  );
  expect(await read("https://example.com/", { hosts: ["example.com"] })).toMatch(/^https/);
});

test.each([
  "https://127.0.0.1/",
  "https://2130706433/",
  "https://0x7f000001/",
  "https://0177.0.0.1/",
  "https://127.1/",
  "https://0/",
  "https://①②⑦.0.0.1/",
  "https://169.254.169.254/latest/meta-data/",
  "https://10.1.2.3/",
  "https://172.31.0.1/",
  "https://192.168.1.1/",
  "https://100.64.0.1/",
  "https://[::1]/",
  "https://[::]/",
  "https://[::ffff:127.0.0.1]/",
  "https://[::ffff:7f00:1]/",
  "https://[fd00::1]/",
  "https://[fe80::1]/",
  "https://[64:ff9b::7f00:1]/",
  "https://[2002:7f00:1::]/",
  "https://[2001::1]/",
  "https://internal.example/",
  "https://mixed.example/",
  "https://mapped.example/",
  "https://empty.example/",
  "https://unknown.example/",
  "https://localhost/",
])("%s is not external", async (text) => {
  expect(await read(text)).toBe("refused: must be an external address");
});

test.each([
  ["http://example.com/", "must begin with https://"],
  ["file:///etc/passwd", "must begin with https://"],
  ["javascript:alert(1)", "must begin with https://"],
  ["https://user:pw@example.com/", "must not have credentials"],
  ["https://example.com:22/", "must not have another port"],
  ["//example.com", "must be a URL"],
  ["", "must be a URL"],
])("%s: %s", async (text, why) => {
  expect(await read(text)).toBe(`refused: ${why}`);
});

test("a host that is not taken here, and one that does not resolve in time", async () => {
  expect(await read("https://evilexample.com/", { hosts: ["example.com"] })).toBe(
    "refused: must be a host that is taken here",
  );
  const never = () => new Promise<never>(() => {});
  expect(await read("https://example.com/", { resolve: never })).toBe(
    "refused: must be an external address",
  );
});

test("what is not in the space given out is never external, and nothing throws", () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV6(), fc.ipV4(), fc.string()), (address) => {
      if (!isExternalAddress(address)) return;
      expect(address).not.toMatch(/^(?:0|10|127|169\.254|192\.168|22[4-9]|2[3-5]\d)\./);
      if (address.includes(":")) expect(address).toMatch(/^[23][0-9a-f]{3}:/i);
    }),
    { numRuns: 2_000 },
  );
});

test("the look-up for connections fails for what is ours", async () => {
  const server = createServer((_request, response) => response.end("secret")).listen(0);
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const call = get({ host: "localhost", port, lookup: externalLookup });
  const [error] = (await once(call, "error")) as [NodeJS.ErrnoException];
  expect(error.message).toBe("localhost is not external");
});
