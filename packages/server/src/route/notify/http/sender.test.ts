import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { alert, payload, recorder, sendWith } from "../../../../test/notify-rig.ts";
import { startReceiver } from "../../../../test/receiver.ts";
import { isPrivate } from "./addresses.ts";

const firing = payload(alert("a"));
const hook = (url: string, more = "") => `    webhook_configs: [{url: "${url}"${more}}]`;

describe("redirects", () => {
  const redirecting = (status: number, location: string) =>
    startReceiver((response) => response.writeHead(status, { location }).end());

  it("are followed with the same body, and without credentials to another server", async () => {
    const last = await startReceiver();
    const first = await redirecting(308, `${last.url}/moved`);
    const outcome = await sendWith(hook(first.url, ", http_config: {bearer_token: t}"), firing, {
      sender: { allowPrivateRedirects: true },
    });
    expect(outcome).toEqual({ kind: "sent" });
    expect(last.received[0]).toMatchObject({ path: "/moved", body: { status: "firing" } });
    expect(first.received[0]?.headers.authorization).toBe("Bearer t");
    expect(last.received[0]?.headers.authorization).toBeUndefined();
  });

  it.each([
    "http://127.0.0.1:1/x",
    "http://[::1]/",
    "http://169.254.169.254/latest",
    "http://[::ffff:10.0.0.1]/",
  ])("to %s are refused unless allowed", async (location) => {
    const first = await redirecting(307, location);
    expect(await sendWith(hook(first.url), firing)).toEqual({
      kind: "failed",
      error: expect.stringMatching(/refused: .* is a private address/) as string,
    });
  });

  it("to a name with a private address are refused", async () => {
    const first = await redirecting(307, "http://localhost:1/");
    expect(await sendWith(hook(first.url), firing)).toEqual({
      kind: "retry",
      error: "localhost has a private address",
    });
  });

  it("that would make a GET of the notification, that never end, or that are not wanted, fail", async () => {
    const gone = await redirecting(302, "http://elsewhere/");
    expect(await sendWith(hook(gone.url), firing)).toMatchObject({
      kind: "failed",
      error: expect.stringContaining("http://elsewhere/") as string,
    });
    const endless = await startReceiver((response) =>
      response.writeHead(307, { location: "/again" }).end(),
    );
    const allowed = { sender: { allowPrivateRedirects: true } };
    expect(await sendWith(hook(endless.url), firing, allowed)).toMatchObject({ kind: "failed" });
    expect(endless.received).toHaveLength(6);
    const once = hook(endless.url, ", http_config: {follow_redirects: false}");
    expect(await sendWith(once, firing, allowed)).toMatchObject({ kind: "failed" });
    expect(endless.received).toHaveLength(7);
  });

  it("know private networks", () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        const [a = 0, b = 0] = address.split(".").map(Number);
        if (a === 10 || a === 127 || (a === 192 && b === 168))
          expect(isPrivate(address)).toBe(true);
        expect(isPrivate(`::ffff:${address}`)).toBe(isPrivate(address));
      }),
    );
    expect(["8.8.8.8", "2606:4700::1", "name"].map(isPrivate)).toEqual([false, false, false]);
  });
});

describe("oauth2", () => {
  it("asks for a token once, by header or by form, and sends it", async () => {
    const tokens = await recorder(({ headers }) =>
      headers.authorization === undefined ? { access_token: "T", expires_in: 3600 } : 401,
    );
    const service = await startReceiver();
    const oauth2 = `{client_id: id, client_secret_file: s, token_url: "${tokens.url}/token", scopes: [a, b], endpoint_params: {audience: x}}`;
    const settings = `    webhook_configs: [{url: "${service.url}", http_config: {oauth2: ${oauth2}}}]`;
    expect(await sendWith(settings, firing, { files: { s: "sec:ret\n" } })).toEqual({
      kind: "sent",
    });
    expect(service.received[0]?.headers.authorization).toBe("Bearer T");
    expect(tokens.requests[0]?.headers.authorization).toBe(`Basic ${btoa("id:sec%3Aret")}`);
    expect(Object.fromEntries(new URLSearchParams(tokens.requests[1]?.text))).toEqual({
      grant_type: "client_credentials",
      scope: "a b",
      audience: "x",
      client_id: "id",
      client_secret: "sec:ret",
    });
  });

  it("signs an assertion with the client's key", async () => {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const tokens = await recorder(() => ({ access_token: "T" }));
    const service = await startReceiver();
    const oauth2 = `{client_id: id, grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', client_certificate_key_file: key, client_certificate_key_id: k1, token_url: "${tokens.url}", claims: {role: x}}`;
    const settings = `    webhook_configs: [{url: "${service.url}", http_config: {oauth2: ${oauth2}}}]`;
    const key = privateKey.export({ type: "pkcs8", format: "pem" }) as string;
    expect(await sendWith(settings, firing, { files: { key } })).toEqual({ kind: "sent" });
    const [header = "", claims = ""] = (
      new URLSearchParams(tokens.requests[0]?.text).get("assertion") ?? ""
    ).split(".");
    const read = (part: string) => JSON.parse(Buffer.from(part, "base64url").toString()) as unknown;
    expect(read(header)).toEqual({ alg: "RS256", typ: "JWT", kid: "k1" });
    expect(read(claims)).toMatchObject({ iss: "id", aud: tokens.url, role: "x" });
  });

  it("says what the token's URL answered", async () => {
    const tokens = await recorder(() => 403);
    const settings = hook(
      "http://x",
      `, http_config: {oauth2: {client_id: i, client_secret: s, token_url: "${tokens.url}"}}`,
    );
    expect(await sendWith(settings, firing)).toEqual({
      kind: "retry",
      error: "the token URL of oauth2 answered 403 without a token",
    });
  });
});

describe("proxies", () => {
  it("are used except for the hosts that are named", async () => {
    const service = await startReceiver();
    const proxied: string[] = [];
    const proxy = createServer((socket) => {
      socket.once("data", (chunk) => {
        proxied.push(chunk.toString().split("\r\n")[0] ?? "");
        socket.end("HTTP/1.1 502 no\r\ncontent-length: 0\r\n\r\n");
      });
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void proxy.close());
    const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const through = await sendWith(
      hook("http://far.example/x", `, http_config: {proxy_url: "${url}"}`),
      firing,
    );
    expect(through.kind).toBe("retry");
    expect(proxied).toHaveLength(1);
    expect(proxied[0]).toContain("far.example");
    const direct = hook(
      service.url,
      `, http_config: {proxy_url: "${url}", no_proxy: "other.example,127.0.0.1"}`,
    );
    expect(await sendWith(direct, firing)).toEqual({ kind: "sent" });
    expect(proxied).toHaveLength(1);
  });
});

describe("bad receivers and bad alerts", () => {
  it("does not wait for an answer that comes byte by byte", async () => {
    const slow = await startReceiver((response) => {
      response.writeHead(200, { "content-type": "text/plain" });
      const timer = setInterval(() => response.write("x"), 10);
      response.on("close", () => clearInterval(timer));
    });
    expect(await sendWith(hook(slow.url, ", timeout: 100ms"), firing)).toEqual({
      kind: "retry",
      error: "no answer within 100 ms",
    });
  });

  it("delivers annotations of a megabyte and thousands of labels", async () => {
    const service = await startReceiver();
    const bomb = {
      ...alert("a"),
      annotations: { text: "x".repeat(1024 * 1024) },
      labels: Object.fromEntries(
        Array.from({ length: 5000 }, (_, index) => [`label_${index}`, "v"]),
      ),
    };
    expect(await sendWith(hook(service.url), payload(bomb))).toEqual({ kind: "sent" });
    expect(service.received[0]?.body.alerts[0]?.annotations["text"]).toHaveLength(1024 * 1024);
    const templated = `    slack_configs: [{api_url: "${service.url}", text: '{{ range .Alerts }}{{ .Annotations.text }}{{ .Annotations.text }}{{ end }}'}]`;
    expect(await sendWith(templated, payload(bomb))).toMatchObject({
      kind: "failed",
      error: expect.stringMatching(/characters/) as string,
    });
  });

  it("names a secret of a manager that is not there", async () => {
    const settings = hook("http://x", ", http_config: {authorization: {credentials_ref: vault1}}");
    expect(await sendWith(settings, firing)).toMatchObject({
      kind: "retry",
      error: expect.stringContaining('"vault1"') as string,
    });
  });
});
