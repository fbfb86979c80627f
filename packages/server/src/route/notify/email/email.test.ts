import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { startMailServer } from "../../../../test/mail-server.ts";
import { alert, payload, sendWith } from "../../../../test/notify-rig.ts";

let dir = "";
let tls = { key: "", cert: "" };

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "sw-mail-"));
  const words =
    "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=mail.test " +
    "-addext subjectAltName=DNS:mail.test -keyout key -out cert";
  execFileSync("openssl", words.split(" "), { cwd: dir, stdio: "ignore" });
  tls = {
    key: readFileSync(join(dir, "key"), "utf8"),
    cert: readFileSync(join(dir, "cert"), "utf8"),
  };
});
afterAll(() => rmSync(dir, { recursive: true }));

const settings = (address: string, more = "") => `
    email_configs:
      - to: 'Operations <ops@example.org>, you@example.org'
        from: seaworthy@example.org
        smarthost: '${address}'
        send_resolved: true
        ${more}`;
const trusted = "tls_config: {ca_file: cert, server_name: mail.test}";
/** Quoted-printable text as it reads. */
const readable = (text: string) =>
  Buffer.from(
    text
      .replaceAll("=\r\n", "")
      .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
    "latin1",
  ).toString("utf8");

describe("email", () => {
  it("sends HTML and text over STARTTLS, with a name and password", async () => {
    const server = await startMailServer({ tls, login: "me:pass" });
    const more = `auth_username: me
        auth_password_file: password
        text: 'Text: {{ .CommonAnnotations.summary }}'
        headers: {Subject: 'Störung {{ .Status }}', X-Team: shop}
        threading: {enabled: true, thread_by_date: daily}
        ${trusted}`;
    const hostile = { ...alert("a"), annotations: { summary: "<script>alert(1)</script> ü" } };
    const outcome = await sendWith(settings(server.address, more), payload(hostile), {
      files: { cert: tls.cert, password: "pass\n" },
    });
    expect(outcome).toEqual({ kind: "sent" });
    const [mail] = server.received;
    expect(mail).toMatchObject({
      from: "seaworthy@example.org",
      to: ["ops@example.org", "you@example.org"],
      encrypted: true,
      user: "me",
    });
    expect(mail?.text).toMatch(/^Message-ID: <key@seaworthy>/m);
    expect(mail?.text).toMatch(/^X-Team: shop/m);
    expect(mail?.text).toMatch(/^Subject: =\?UTF-8\?Q\?St.*rung/im);
    expect(mail?.text).toMatch(/^References: <alert-[0-9a-f]{16}-2026-01-05@alertmanager>/m);
    const text = readable(mail?.text ?? "");
    expect(text).toContain("Content-Type: multipart/alternative");
    expect(text).toContain("Text: <script>alert(1)</script> ü");
    expect(text).toContain("&lt;script&gt;alert(1)&lt;/script&gt; ü");
    expect(text).toContain('href="http://sw.example/alerts?receiver=team%5C.x"');
  });

  it("begins with TLS where it is told to", async () => {
    const server = await startMailServer({ tls: { ...tls, implicit: true } });
    const more = `force_implicit_tls: true\n        ${trusted}`;
    const outcome = await sendWith(
      settings(server.address, more),
      payload(alert("a", "resolved")),
      {
        files: { cert: tls.cert },
      },
    );
    expect(outcome).toEqual({ kind: "sent" });
    expect(server.received[0]?.encrypted).toBe(true);
    expect(readable(server.received[0]?.text ?? "")).toContain("Subject: [RESOLVED] shop (Down a)");
  });

  it("sends nothing over a connection that is not encrypted, unless that is allowed", async () => {
    const server = await startMailServer();
    const refused = await sendWith(settings(server.address), payload(alert("a")));
    expect(refused.kind).toBe("retry");
    expect(server.received).toEqual([]);
    const open = await sendWith(
      settings(server.address, "require_tls: false"),
      payload(alert("a")),
    );
    expect(open).toEqual({ kind: "sent" });
    expect(server.received[0]).toMatchObject({ encrypted: false, user: undefined });
  });

  it("does not trust a certificate that nobody vouches for", async () => {
    const server = await startMailServer({ tls });
    expect(await sendWith(settings(server.address), payload(alert("a")))).toMatchObject({
      kind: "retry",
      error: expect.stringMatching(/certificate/) as string,
    });
  });

  it("fails where an address is refused, and tries again where a password is", async () => {
    const server = await startMailServer({ login: "me:pass", refuse: ["you@example.org"] });
    const plain = "require_tls: false";
    const login = "auth_username: me\n        auth_password: wrong";
    expect(
      await sendWith(settings(server.address, `${plain}\n        ${login}`), payload(alert("a"))),
    ).toMatchObject({ kind: "retry", error: expect.stringMatching(/who are you/) as string });
    const good = login.replace("wrong", "pass");
    expect(
      await sendWith(settings(server.address, `${plain}\n        ${good}`), payload(alert("a"))),
    ).toEqual({ kind: "failed", error: "the mail server refuses you@example.org" });
    expect(
      await sendWith(
        settings(server.address, plain).replace(
          "from: seaworthy@example.org",
          "from: 'a@b.c, d@e.f'",
        ),
        payload(alert("a")),
      ),
    ).toMatchObject({ kind: "failed", error: expect.stringMatching(/one address/) as string });
  });

  it("tries again when the server hangs up", async () => {
    const server = createServer((socket) => socket.end("220 test\r\n"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect(await sendWith(settings(address), payload(alert("a")))).toMatchObject({ kind: "retry" });
  });
});
