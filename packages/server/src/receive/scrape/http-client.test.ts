import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { once } from "node:events";
import { connect } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { content, directory, job, rig, serve, useScrapeRig } from "../../../test/scrape-rig.ts";
import { goesDirect } from "./no-proxy.ts";

useScrapeRig();

describe("a proxy", () => {
  const seen: { method: string; url: string; authorization: string }[] = [];
  const proxy = createServer((request, response) => {
    note(request.method, request.url, request.headers["proxy-authorization"]);
    response.setHeader("content-type", "text/plain");
    response.end(`through_proxy{url="${request.url}"} 1\n`);
  });
  let address = "";

  function note(method = "", url = "", authorization = ""): void {
    seen.push({ method, url, authorization });
  }

  beforeAll(async () => {
    proxy.on("connect", (request, socket) => {
      note("CONNECT", request.url, request.headers["proxy-authorization"]);
      const [host, port] = (request.url ?? "").split(":");
      const onward = connect(Number(port), host, () => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n");
        onward.pipe(socket).pipe(onward);
      });
      onward.on("error", () => socket.destroy());
    });
    proxy.listen(0, "127.0.0.1");
    await once(proxy, "listening");
    address = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    proxy.closeAllConnections();
    proxy.close();
  });

  it("is asked for the whole address, with its own password", async () => {
    const { scrape } = await rig(
      job("far.test:81", `, metrics_path: /m, proxy_url: 'http://ann:p%3Aw@${address}'`),
    );
    const batch = await scrape();
    expect(batch.series[0]).toMatchObject({ url: "http://far.test:81/m" });
    const authorization = `Basic ${Buffer.from("ann:p:w").toString("base64")}`;
    expect(seen.at(-1)).toEqual({ method: "GET", url: "http://far.test:81/m", authorization });
  });

  it("is asked for a tunnel when the target speaks TLS", async () => {
    const before = seen.length;
    // Nobody speaks TLS there; the tunnel is what counts.
    const { scrape, scraper } = await rig(
      job(address, `, scheme: https, proxy_url: 'http://${address}'`),
    );
    await scrape();
    expect(seen[before]).toMatchObject({ method: "CONNECT", url: address });
    expect(scraper.targets().active[0]?.health).toBe("down");
  });

  it("is not asked for what no_proxy names", async () => {
    const target = await serve((_request, response) => response.end("direct 1\n"));
    const { scrape } = await rig(job(target, `, proxy_url: 'http://${address}', no_proxy: x.test`));
    expect(content(await scrape())).toEqual([["direct", 1]]);
  });

  it.each([
    ["http://a.test/", "a.test", true],
    ["http://b.a.test/", "a.test", true],
    ["http://xa.test/", "a.test", false],
    ["http://a.test/", ".a.test", false],
    ["http://b.a.test/", "*.a.test", true],
    ["http://a.test:81/", "a.test:81", true],
    ["http://a.test/", "a.test:81", false],
    ["https://a.test/", "a.test:443", true],
    ["http://10.1.2.3/", "10.1.0.0/16", true],
    ["http://10.2.2.3/", "10.1.0.0/16", false],
    ["http://10.2.2.3/", "10.2.2.3", true],
    ["http://[2001:db8::1]/", "2001:db8::/32", true],
    ["http://[2001:db8::1]/", "2001:db8::1", true],
    ["http://10.2.2.3/", "10.0.0.0/99", false],
    ["http://a.test/", "*", true],
    ["http://localhost:1/", "x", true],
    ["http://127.9.9.9/", "x", true],
  ])("%s beside no_proxy %s: direct is %s", (url, entry, direct) => {
    expect(goesDirect(new URL(url), ["other.test", entry])).toBe(direct);
  });
});

it("sends headers of the configuration, from files too, but not to another server", async () => {
  const seen: Record<string, unknown>[] = [];
  const other = await serve((request, response) => {
    seen.push(request.headers);
    response.end("a 1\n");
  });
  const first = await serve((request, response) => {
    seen.push(request.headers);
    if (request.url === "/metrics") response.writeHead(308, { location: "/again" }).end();
    else response.writeHead(302, { location: `http://${other}/` }).end();
  });
  await writeFile(join(directory, "tenant"), "blue\n");
  const headers =
    ", http_headers: {X-Tenant: {files: [tenant]}, X-List: {values: [a], secrets: [b]}}";
  const { scrape } = await rig(job(first, headers));
  expect(content(await scrape())).toEqual([["a", 1]]);
  expect(seen.map(({ "x-tenant": tenant, "x-list": list }) => [tenant, list])).toEqual([
    ["blue", "a, b"],
    ["blue", "a, b"],
    [undefined, undefined],
  ]);
});

describe("oauth2", () => {
  it("asks for a token once, and anew when it was refused or ends", async () => {
    const forms: string[] = [];
    const tokens = await serve((request, response) => {
      let text = "";
      request.on("data", (chunk: Buffer) => (text += chunk.toString()));
      request.on("end", () => {
        forms.push(`${request.headers.authorization ?? "nobody"} ${text}`);
        response.end(JSON.stringify({ access_token: `t${forms.length}`, expires_in: 13 }));
      });
    });
    const seen: (string | undefined)[] = [];
    const target = await serve((request, response) => {
      seen.push(request.headers.authorization);
      if (seen.length === 2) response.writeHead(401).end();
      else response.end("a 1\n");
    });
    await writeFile(join(directory, "client"), "s:1\n");
    const { scrape } = await rig(
      job(
        target,
        `, oauth2: {client_id: me, client_secret_file: client, token_url: 'http://${tokens}/t', scopes: [r], endpoint_params: {aud: x}}`,
      ),
    );
    // The second is refused; ten seconds before its end the token counts as ended.
    for (let i = 0; i < 6; i += 1) await scrape();
    expect(seen).toEqual([1, 1, 2, 2, 2, 3].map((n) => `Bearer t${n}`));
    expect(forms[0]).toBe(`Basic ${btoa("me:s%3A1")} grant_type=client_credentials&aud=x&scope=r`);
    // A secret that is rotated is used at once.
    await writeFile(join(directory, "client"), "s2\n");
    await scrape();
    expect(seen.at(-1)).toBe("Bearer t4");
  });

  it("fails the scrape with what the token's server said", async () => {
    const tokens = await serve((_request, response) => {
      response.writeHead(403).end('{"error":"no_such_client"}');
    });
    const oauth2 = `, oauth2: {client_id: me, client_secret: s, token_url: 'http://${tokens}'}`;
    const { scrape, scraper } = await rig(job("127.0.0.1:9", oauth2));
    await scrape();
    expect(scraper.targets().active[0]?.lastError).toBe(
      "the token URL of oauth2 answered 403 without a token: no_such_client",
    );
  });
});

it("does not follow redirects without end", async () => {
  let count = 0;
  const address = await serve((_request, response) => {
    count += 1;
    response.writeHead(302, { location: `/${count}` }).end();
  });
  const { scrape, scraper } = await rig(job(address));
  await scrape();
  expect(scraper.targets().active[0]?.lastError).toMatch(/redirects more than 10 times/);
});
