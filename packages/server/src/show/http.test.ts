import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { request } from "node:http";
import type { IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FastifyPluginAsync } from "fastify";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ConfigError } from "../model/index.ts";
import { BOOTSTRAP, testServer } from "../../test/http.ts";
import type { TestServer } from "../../test/http.ts";

const ADMIN = { authorization: `Bearer ${BOOTSTRAP}` };
const json = { ...ADMIN, "content-type": "application/json" };

let ui: string;
beforeAll(async () => {
  ui = await mkdtemp(join(tmpdir(), "seaworthy-ui-"));
  await mkdir(join(ui, "assets"));
  await writeFile(
    join(ui, "index.html"),
    '<html><script>let theme = 1;</script><script src="/a.js"></script></html>',
  );
  await writeFile(join(ui, "favicon.svg"), "<svg/>");
  await writeFile(join(ui, "assets", "index-Bx3k9_aQ.js"), "export {};");
  await writeFile(join(ui, "assets", "index-Bx3k9_aQ.js.br"), "brotli");
  await writeFile(join(ui, "assets", "index-Bx3k9_aQ.js.gz"), "gzip");
  await writeFile(join(ui, "..", "outside.txt"), "secret");
});
afterAll(() => rm(ui, { recursive: true, force: true }));

let server: TestServer;
const open = async (options: Parameters<typeof testServer>[0] = {}) => {
  server = await testServer(options);
  return server;
};
afterEach(() => server.close());

/** A request with headers that fetch() would not send. */
function raw(
  path: string,
  options: { readonly method?: string; readonly headers?: Record<string, string> } = {},
): Promise<{ status: number; headers: IncomingMessage["headers"]; body: string }> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, path, ...options }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => (body += part));
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      );
    });
    sent.on("error", reject);
    sent.end();
  });
}

describe("routes", () => {
  it("cannot be added without saying who may use them", async () => {
    await open();
    await expect(
      testServer({ routes: [async (app) => void app.get("/api/oops", () => "open to all")] }),
    ).rejects.toThrow("GET /api/oops does not declare config.access");
  });

  it("answer to our names only, when bound to loopback", async () => {
    await open({ allowedHosts: ["box.internal"], externalURL: "https://sea.example.com/" });
    const { port } = new URL(server.url);
    for (const host of [
      `localhost:${port}`,
      `127.0.0.1:${port}`,
      "[::1]",
      "LOCALHOST",
      "box.internal:80",
      "sea.example.com",
    ]) {
      expect([host, (await raw("/health", { headers: { host } })).status]).toEqual([host, 200]);
    }
    for (const host of ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example"]) {
      const { status, body } = await raw("/health", { headers: { host } });
      expect([host, status]).toEqual([host, 421]);
      expect(body).toContain("host_refused");
    }
  });

  it("know visitors, host and protocol behind a proxy that is trusted, and from nobody else", async () => {
    const seen: unknown[] = [];
    const family: FastifyPluginAsync = async (app) => {
      app.get("/seen", { config: { access: "public" } }, async ({ ip, protocol, host }) => {
        seen.push([ip, protocol, host]);
        return {};
      });
    };
    const headers = {
      host: "127.0.0.1",
      "x-forwarded-for": "203.0.113.7, 198.51.100.1",
      "x-forwarded-host": "sea.example.com",
      "x-forwarded-proto": "https",
    };
    const change = (from: string) =>
      raw("/api/session", { method: "DELETE", headers: { ...headers, origin: from } });
    const options = { routes: [family], externalURL: "https://sea.example.com" };
    await open({ ...options, trustedProxies: ["127.0.0.1"] });
    await raw("/seen", { headers });
    // What the visitor themselves wrote into the list stands left of what the proxy saw.
    expect(seen.pop()).toEqual(["198.51.100.1", "https", "sea.example.com"]);
    const evil = { ...headers, "x-forwarded-host": "evil.example" };
    expect((await raw("/seen", { headers: evil })).status).toBe(421);
    expect((await change("https://evil.example")).body).toContain("cross_site_request");
    expect((await change("https://sea.example.com")).body).not.toContain("cross_site_request");

    await server.close();
    await open({ ...options, trustedProxies: ["10.0.0.0/8"] });
    await raw("/seen", { headers });
    expect(seen.pop()).toEqual(["127.0.0.1", "http", "127.0.0.1"]);
    const forged = { ...headers, origin: "https://127.0.0.1" };
    const refused = await raw("/api/session", { method: "DELETE", headers: forged });
    expect(refused.body).toContain("cross_site_request");
  });

  it("count attempts to sign in by visitor, not by proxy", async () => {
    await open({ trustedProxies: ["127.0.0.1"] });
    const attempt = async (from: string, account: number) => {
      const response = await fetch(`${server.url}/api/session/link`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-forwarded-for": from },
        body: JSON.stringify({ token: `none ${account}` }),
      });
      return response.status;
    };
    const statuses: number[] = [];
    for (let n = 0; n < 60 && statuses.at(-1) !== 429; n += 1)
      statuses.push(await attempt("198.51.100.1", n));
    expect(statuses.at(-1)).toBe(429);
    expect(await attempt("198.51.100.2", 0)).toBe(401);
  });

  it("are counted by their pattern, never by what was asked for", async () => {
    const counted: [string, string, number][] = [];
    await open({ answered: (method, route, status) => counted.push([method, route, status]) });
    await raw("/health?x=1");
    await raw("/api/incidents/1", { headers: ADMIN });
    await raw("/wp-login.php");
    expect(counted).toEqual([
      ["GET", "/health", 200],
      ["GET", "/api/incidents/:id", 404],
      ["GET", "none", 404],
    ]);
  });

  it("take request ids that are sane and make others up", async () => {
    await open();
    const idFor = async (id: string) =>
      (await raw("/health", { headers: { "x-request-id": id } })).headers["x-request-id"];
    expect(await idFor("abc-123")).toBe("abc-123");
    for (const odd of ["", "a b", "x".repeat(65), "<script>"]) {
      expect(await idFor(odd)).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  it("carry the security headers, errors included", async () => {
    await open({ externalURL: "https://sea.example.com" });
    for (const path of ["/health", "/api/incidents", "/nothing"]) {
      const { headers } = await raw(path);
      expect(headers).toMatchObject({
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
        "strict-transport-security": "max-age=31536000",
        "cache-control": "no-store",
      });
    }
  });

  it("bind the cookie to the host over https", async () => {
    await open({ externalURL: "https://sea.example.com" });
    const response = await fetch(`${server.url}/api/session/link`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ token: BOOTSTRAP }),
    });
    expect(response.headers.get("set-cookie")).toMatch(/^__Host-seaworthy=.*; Secure/);
  });
});

describe("errors", () => {
  const families = [
    ["/api/v1/nothing", { status: "error", errorType: "not_found" }],
    ["/api/v2/nothing", { code: 404 }],
    ["/api/nothing", { code: "not_found", status: 404, title: "Not Found" }],
    ["/v1/nothing", { code: "not_found" }],
  ] as const;

  it.each(families)("take the form of the protocol at %s", async (path, expected) => {
    await open();
    const response = await fetch(server.url + path, { headers: { accept: "text/html" } });
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject(expected);
  });

  it("keep each family's form for refusals, large bodies and faults", async () => {
    await open({
      routes: [
        async (app) => {
          for (const base of ["/api/v1", "/api/v2", "/api"]) {
            app.post(`${base}/t`, { config: { access: "admin" }, bodyLimit: 10 }, () => {
              throw new Error("the secret inside");
            });
          }
        },
      ],
    });
    const bodies = async (headers: Record<string, string>, body: string) =>
      Promise.all(
        ["/api/v1/t", "/api/v2/t", "/api/t"].map(async (path) => {
          const response = await fetch(server.url + path, { method: "POST", headers, body });
          return (await response.json()) as unknown;
        }),
      );
    expect(await bodies({}, "")).toMatchObject([
      { status: "error", errorType: "unauthorized" },
      { code: 401 },
      { status: 401, code: "not_signed_in" },
    ]);
    const reader = { authorization: `Bearer ${await server.token("read")}` };
    expect(await bodies(reader, "")).toMatchObject([
      { errorType: "forbidden" },
      { code: 403 },
      { code: "forbidden" },
    ]);
    expect(await bodies(json, '{"long":"enough"}')).toMatchObject([
      { errorType: "bad_data" },
      { code: 413 },
      { code: "body_too_large", status: 413 },
    ]);
    const faults = await bodies(json, "{}");
    expect(faults).toMatchObject([
      { errorType: "internal" },
      expect.stringMatching(/^Something went wrong/),
      { code: "internal", status: 500 },
    ]);
    expect(JSON.stringify(faults)).not.toContain("secret");
    expect(server.logged.join()).toContain("the secret inside");
  });

  it("name malformed JSON, malformed URLs and poisoned objects", async () => {
    await open();
    const post = (body: string) =>
      fetch(`${server.url}/api/incidents`, { method: "POST", headers: json, body });
    for (const body of ["{", "[1,", '{"title":"x",}', "\0", '{"__proto__":{"x":1}}']) {
      const response = await post(body);
      expect([body, response.status]).toEqual([body, 400]);
    }
    expect(await (await post("{")).json()).toMatchObject({ code: "body_not_json" });
    const bad = await raw("/api/incidents/%ZZ", { headers: ADMIN });
    expect(JSON.parse(bad.body)).toMatchObject({ status: 400, code: "url_malformed" });
  });

  it("name the field that was refused", async () => {
    await open();
    const response = await fetch(`${server.url}/api/incidents`, {
      method: "POST",
      headers: json,
      body: JSON.stringify({ title: "", severity: "P9", comment: "a\0b" }),
    });
    const body = (await response.json()) as { errors: { field: string }[] };
    expect(response.headers.get("content-type")).toContain("application/problem+json");
    expect(body).toMatchObject({ status: 400, code: "request_invalid" });
    expect(body.errors.map(({ field }) => field)).toEqual([
      "body.title",
      "body.severity",
      "body.comment",
    ]);
    const query = await fetch(`${server.url}/api/incidents?limit=0&state=odd`, { headers: ADMIN });
    expect(((await query.json()) as typeof body).errors.map(({ field }) => field)).toEqual([
      "query.state",
      "query.limit",
    ]);
  });

  it("say that the database does not answer", async () => {
    await open({
      routes: [
        async (app) => {
          app.get("/api/down", { config: { access: "public" } }, () => {
            throw Object.assign(new Error("connect ENOENT"), {
              code: "ENOENT",
              syscall: "connect",
            });
          });
        },
      ],
    });
    const response = await fetch(`${server.url}/api/down`);
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "5"]);
  });
});

describe("health", () => {
  it("is terse for strangers and tells the reader more", async () => {
    let broken = false;
    await open({
      limits: { healthFresh: -1 },
      checks: [
        {
          name: "telemetry",
          run: async () => {
            if (broken) throw new Error("the disk is full");
          },
        },
      ],
    });
    const get = async (path: string, headers = {}) => {
      const response = await fetch(server.url + path, { headers });
      return [response.status, await response.text()] as const;
    };
    expect(await get("/health")).toEqual([200, '{"status":"ok"}']);
    expect(await get("/health/ready")).toEqual([200, '{"status":"ok"}']);
    expect(await get("/-/ready")).toEqual([200, "Seaworthy is ready.\n"]);
    broken = true;
    expect(await get("/health/live")).toEqual([200, '{"status":"ok"}']);
    expect(await get("/health/ready")).toEqual([503, '{"status":"unavailable"}']);
    expect((await get("/-/ready"))[0]).toBe(503);
    expect((await get("/-/healthy"))[0]).toBe(200);
    const [status, body] = await get("/health/detailed", ADMIN);
    expect(status).toBe(503);
    expect(JSON.parse(body)).toMatchObject({
      status: "unavailable",
      checks: [{ name: "telemetry", status: "unavailable", error: "the disk is full" }],
    });
  });

  it("does not wait for a check that hangs", async () => {
    await open({
      limits: { healthTimeout: 20 },
      checks: [{ name: "stuck", run: () => new Promise(() => {}) }],
    });
    expect((await fetch(`${server.url}/health/ready`)).status).toBe(503);
  });

  it("reloads, and says what is wrong when it cannot", async () => {
    let fault: Error | undefined;
    await open({
      reload: async () => {
        if (fault !== undefined) throw fault;
      },
    });
    const reload = () => fetch(`${server.url}/-/reload`, { method: "POST", headers: ADMIN });
    expect((await reload()).status).toBe(200);
    const { entries } = await server.access.listAudit({ limit: 1 });
    expect(entries).toMatchObject([
      { actor: "token:SEAWORTHY_TOKEN", action: "configuration.reload" },
    ]);
    fault = new ConfigError([
      { file: "prometheus.yml", line: 3, column: 5, path: "global", reason: "unknown field" },
    ]);
    const refused = await reload();
    expect(refused.status).toBe(500);
    expect(await refused.text()).toBe(
      "The configuration stays as it was: prometheus.yml:3:5: global: unknown field\n",
    );
  });
});

describe("the interface's files", () => {
  it("are served with types, caching and a policy that knows inline scripts by hash", async () => {
    await open({ ui });
    const page = await raw("/", { headers: { accept: "text/html" } });
    expect(page.headers).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-cache",
    });
    const policy = String(page.headers["content-security-policy"]);
    expect(policy).toMatch(/script-src 'self' 'sha256-[A-Za-z0-9+/]{43}='; /);
    expect(policy).toContain("frame-ancestors 'none'");
    const asset = await raw("/assets/index-Bx3k9_aQ.js");
    expect(asset).toMatchObject({ status: 200, body: "export {};" });
    expect(asset.headers["cache-control"]).toBe("public, max-age=31536000, immutable");
    const again = await raw("/assets/index-Bx3k9_aQ.js", {
      headers: { "if-none-match": String(asset.headers.etag) },
    });
    expect([again.status, again.body]).toEqual([304, ""]);
    const head = await raw("/favicon.svg", { method: "HEAD" });
    expect([head.status, head.headers["content-type"], head.body]).toEqual([
      200,
      "image/svg+xml",
      "",
    ]);
  });

  it.each([
    ["br, gzip", "br", "brotli"],
    ["gzip", "gzip", "gzip"],
    ["gzip;q=0.5, br;q=0", "gzip", "gzip"],
    ["identity", undefined, "export {};"],
  ])("go out as %s asks", async (accept, encoding, body) => {
    await open({ ui });
    const { headers, ...rest } = await raw("/assets/index-Bx3k9_aQ.js", {
      headers: { "accept-encoding": accept },
    });
    expect([rest.body, headers["content-encoding"]]).toEqual([body, encoding]);
    expect(headers.vary).toBe("accept-encoding");
  });

  it("stand in for pages that the interface draws, and for nothing else", async () => {
    await open({ ui });
    const html = { accept: "text/html,*/*" };
    expect((await raw("/incidents/7", { headers: html })).status).toBe(200);
    expect((await raw("/sign-in", { headers: html })).status).toBe(200);
    expect((await raw("/assets/gone-12345678.js")).status).toBe(404);
    expect((await raw("/api/gone", { headers: html })).status).toBe(404);
    expect((await raw("/incidents/7", { method: "POST", headers: html })).status).toBe(404);
  });

  it.each([
    "/../outside.txt",
    "/..%2foutside.txt",
    "/assets/..%2f..%2foutside.txt",
    "/%2e%2e/outside.txt",
    "/assets/%00",
    "//etc/passwd",
  ])("never lead out of the folder: %s", async (path) => {
    await open({ ui });
    const { status, body } = await raw(path);
    expect([400, 404]).toContain(status);
    expect(body).not.toContain("secret");
  });

  it("are where the links on alerts lead", async () => {
    await open({ ui });
    const link = await raw("/graph?g0.expr=up%20%3D%3D%200&g0.tab=1&g1.expr=a%26b");
    expect([link.status, link.headers.location]).toEqual([
      302,
      "/explore/metrics?q=up+%3D%3D+0&q=a%26b",
    ]);
    const odd = await raw("/query?g0.expr=%0d%0aSet-Cookie:%20x&next=//evil.example");
    expect(odd.headers.location).toBe("/explore/metrics?q=%0D%0ASet-Cookie%3A+x");
  });

  it("say so when they have not been built", async () => {
    await open();
    const { status, body } = await raw("/", { headers: { accept: "text/html" } });
    expect(status).toBe(404);
    expect(body).toContain("npm run build");
  });
});

describe("slow and many clients", () => {
  it("are cut off when headers or body do not come", async () => {
    await open({ limits: { headersTimeout: 100, requestTimeout: 200, slowCheckEvery: 20 } });
    const { port } = new URL(server.url);
    const send = (text: string) =>
      new Promise<string>((resolve) => {
        const socket = connect(Number(port), "127.0.0.1", () => socket.write(text));
        let answer = "";
        socket.on("data", (data) => (answer += data.toString()));
        socket.on("close", () => resolve(answer));
      });
    expect(await send("GET /health HTTP/1.1\r\nHost: localhost\r\nX-")).toContain("408");
    expect(
      await send(
        `POST /api/incidents HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${BOOTSTRAP}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`,
      ),
    ).toContain("408");
  });

  it("leave the door closing in time, streams and stuck requests included", async () => {
    let entered = () => {};
    const inside = new Promise<void>((resolve) => (entered = resolve));
    await open({
      limits: { closeGrace: 50 },
      routes: [
        async (app) => {
          app.get("/api/stuck", { config: { access: "public" } }, async () => {
            entered();
            await new Promise(() => {});
          });
        },
      ],
    });
    const stream = await fetch(`${server.url}/api/live`, { headers: ADMIN });
    const stuck = fetch(`${server.url}/api/stuck`).then(
      () => "answered",
      () => "cut",
    );
    await inside;
    await server.http.close();
    expect(await stuck).toBe("cut");
    expect(await stream.text()).toContain("connected");
  });
});

it("says why it cannot listen", async () => {
  await open();
  const { port } = new URL(server.url);
  await expect(testServer({ port: Number(port) })).rejects.toThrow(
    `Cannot listen on 127.0.0.1:${port}: another program listens there`,
  );
});
