import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readCredential } from "./credentials.ts";
import { requestSite } from "./cross-site.ts";

const basic = (pair: string) => `Basic ${Buffer.from(pair).toString("base64")}`;

describe("credentials", () => {
  it.each([
    ["Bearer sw_read_x", { kind: "token", secret: "sw_read_x", scheme: "bearer" }],
    ["bearer   sw_read_x", { kind: "token", secret: "sw_read_x", scheme: "bearer" }],
    [basic("anything:sw_read_x"), { kind: "token", secret: "sw_read_x", scheme: "basic" }],
    [basic(":a:b"), { kind: "token", secret: "a:b", scheme: "basic" }],
  ])("reads %s", (authorization, expected) => {
    expect(readCredential({ authorization }, "cookie")).toEqual(expected);
  });

  it.each([
    "",
    "Bearer",
    "Bearer a b",
    "Digest x",
    basic("no-colon"),
    `Bearer ${"x".repeat(5000)}`,
  ])("refuses %j even beside a cookie", (authorization) => {
    expect(readCredential({ authorization }, "cookie").kind).toBe("malformed");
  });

  it("falls back on the cookie only without the header", () => {
    expect(readCredential({}, "secret")).toEqual({ kind: "session", secret: "secret" });
    expect(readCredential({}, undefined)).toEqual({ kind: "none" });
    expect(readCredential({}, "")).toEqual({ kind: "none" });
  });

  it("takes any header without falling over", () => {
    fc.assert(
      fc.property(fc.string(), fc.option(fc.string(), { nil: undefined }), (header, cookie) => {
        const { kind } = readCredential({ authorization: header }, cookie);
        expect(["token", "malformed"]).toContain(kind);
      }),
    );
  });
});

describe("where a request comes from", () => {
  const own = ["http://127.0.0.1:4000"];
  it.each([
    [{ "sec-fetch-site": "same-origin" }, "same"],
    [{ "sec-fetch-site": "same-site" }, "cross"],
    [{ "sec-fetch-site": "cross-site" }, "cross"],
    [{ "sec-fetch-site": "none" }, "cross"],
    [{ "sec-fetch-site": "cross-site", origin: "http://127.0.0.1:4000" }, "cross"],
    [{ origin: "http://127.0.0.1:4000" }, "same"],
    [{ origin: "http://127.0.0.1:4001" }, "cross"],
    [{ origin: "https://127.0.0.1:4000" }, "cross"],
    [{ origin: "null" }, "cross"],
    [{ origin: "http://127.0.0.1:4000.evil.example" }, "cross"],
    [{}, "unknown"],
  ])("%j is %s", (headers, site) => {
    expect(requestSite(headers, own)).toBe(site);
  });
});
