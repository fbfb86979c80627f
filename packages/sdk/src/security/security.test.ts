import { once } from "node:events";
import { createServer, request as httpRequest, type RequestListener, type Server } from "node:http";
import { connect, type AddressInfo } from "node:net";
import express from "express";
import express4 from "express4";
import Fastify from "fastify";
import { describe, expect, onTestFinished, test } from "vitest";
import { findings } from "../../test/observatory.ts";
import { compileCsp } from "./csp.ts";
import {
  BodyGuard,
  Cors,
  cspNonce,
  InputFilter,
  refuseSlowClients,
  SecurityHeaders,
} from "./index.ts";

async function listen(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** One application with everything on, in each framework. */
function expressApp(make: typeof express) {
  return () => {
    const app = make();
    app.use(new SecurityHeaders().express());
    app.use(new Cors({ origins: ["https://app.example.com"], credentials: true }).express());
    app.use(new BodyGuard({ maxBytes: 100, routes: { "/files/*": 1_000 } }).express());
    app.use(make.json(), make.urlencoded({ extended: true }));
    app.use(new InputFilter({ lists: ["tag"] }).express());
    app.get("/page/:name", (request, response) => {
      const name = request.params["name"];
      response.json({ name, query: request.query, nonce: cspNonce(request) });
    });
    app.post(["/x", "/files/a"], (request, response) => {
      response.json({ body: request.body });
    });
    return listen(createServer(app as RequestListener));
  };
}

async function startFastify(): Promise<string> {
  const app = Fastify({
    forceCloseConnections: true,
    // Left to the filter, to see that it does it.
    onProtoPoisoning: "ignore",
    onConstructorPoisoning: "ignore",
  });
  app.addHook("onRequest", new SecurityHeaders().fastify());
  const cors = new Cors({ origins: ["https://app.example.com"], credentials: true });
  app.addHook("onRequest", cors.fastify());
  const guard = new BodyGuard({ maxBytes: 100, routes: { "/files/*": 1_000 } });
  app.addHook("onRequest", guard.fastify());
  app.addHook("preValidation", new InputFilter({ lists: ["tag"] }).fastify());
  app.get<{ Params: { name: string } }>("/page/:name", (request) => ({
    name: request.params.name,
    query: request.query,
    nonce: cspNonce(request),
  }));
  app.post("/*", (request) => ({ body: request.body }));
  onTestFinished(() => app.close());
  return app.listen({ port: 0, host: "127.0.0.1" });
}

describe.each([
  ["Express 5", expressApp(express)],
  ["Express 4", expressApp(express4)],
  ["Fastify", startFastify],
])("%s", (_, start) => {
  const post = (url: string, body: string | Uint8Array<ArrayBuffer>, type = "application/json") =>
    fetch(url, { method: "POST", headers: { "content-type": type }, body });

  test("passes the Observatory's rules, with another nonce for each request", async () => {
    const url = await start();
    const [first, second] = await Promise.all([fetch(`${url}/page/a`), fetch(`${url}/page/a`)]);
    const headers = Object.fromEntries(first.headers);
    expect(findings(headers)).toEqual([]);
    expect(headers["x-powered-by"]).toBeUndefined();
    const { nonce } = (await first.json()) as { nonce: string };
    expect(headers["content-security-policy"]).toContain(`script-src 'self' 'nonce-${nonce}';`);
    expect(headers["content-security-policy"]).toContain(`style-src 'self' 'nonce-${nonce}';`);
    expect(second.headers.get("content-security-policy")).not.toContain(nonce);
  });

  test("answers errors and unknown paths with the headers too", async () => {
    const url = await start();
    const unknown = await fetch(`${url}/none`);
    expect(unknown.status).toBe(404);
    // Express 4 and 5 set a still stricter policy on their own error pages.
    expect(unknown.headers.get("x-content-type-options")).toBe("nosniff");
    expect(unknown.headers.get("content-security-policy")).toContain("default-src 'none'");
  });

  test("permits listed origins alone", async () => {
    const url = await start();
    const ask = (origin: string, method = "GET") =>
      fetch(`${url}/page/a`, {
        method,
        headers: {
          origin,
          ...(method === "OPTIONS" ? { "access-control-request-method": "PUT" } : {}),
        },
      });
    const allowed = await ask("https://app.example.com");
    expect(allowed.headers.get("access-control-allow-origin")).toBe("https://app.example.com");
    expect(allowed.headers.get("access-control-allow-credentials")).toBe("true");
    expect(allowed.headers.get("vary")).toContain("Origin");
    const preflight = await ask("https://app.example.com", "OPTIONS");
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-methods")).toContain("PUT");
    expect(preflight.headers.get("access-control-max-age")).toBe("600");
    for (const origin of ["https://evil.example", "null", "https://app.example.com.evil.example"]) {
      const refused = await ask(origin);
      expect(refused.headers.get("access-control-allow-origin")).toBeNull();
      expect(findings(Object.fromEntries(refused.headers), [], origin)).toEqual([]);
      expect(refused.headers.get("vary")).toContain("Origin");
      expect((await ask(origin, "OPTIONS")).status).toBe(403);
    }
  });

  test("takes bodies up to the route's limit, announced or in chunks", async () => {
    const url = await start();
    const text = (length: number) => JSON.stringify({ a: "x".repeat(length - 8) });
    expect((await post(`${url}/x`, text(100))).status).toBe(200);
    const refused = await post(`${url}/x`, text(101));
    expect(refused.status).toBe(413);
    expect(refused.headers.get("content-type")).toBe("application/problem+json");
    expect(refused.headers.get("connection")).toBe("close");
    expect((await post(`${url}/files/a`, text(1_000))).status).toBe(200);
    expect((await post(`${url}/files/a`, text(1_001))).status).toBe(413);
    const chunked = (length: number) =>
      new Promise<number | undefined>((resolve, reject) => {
        const call = httpRequest(
          `${url}/x`,
          { method: "POST", headers: { "content-type": "application/json" } },
          (response) => {
            response.resume();
            resolve(response.statusCode);
          },
        );
        call.once("error", reject);
        call.write(text(length).slice(0, 20));
        call.end(text(length).slice(20));
      });
    expect(await chunked(100)).toBe(200);
    expect(await chunked(101)).toBe(413);
  });

  test("refuses texts that are not UTF-8, in bodies and addresses", async () => {
    const url = await start();
    const bad = Uint8Array.from([0x22, 0xc3, 0x28, 0x22]);
    const refused = await post(`${url}/x`, bad);
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ title: "The body is not valid UTF-8" });
    // Cut off in the middle of a character.
    expect((await post(`${url}/x`, Uint8Array.from([0x22, 0xc3]))).status).toBe(400);
    expect((await post(`${url}/x`, JSON.stringify({ a: "üñ€😀" }))).status).toBe(200);
    for (const path of ["/page/%00", "/page/%ff", "/page/a?q=%00", "/page/a?q=%c3%28"])
      expect((await fetch(url + path)).status, path).toBe(400);
  });

  test("cleans what pollutes prototypes, NUL bytes, and repeated parameters", async () => {
    const url = await start();
    const answer = await post(
      `${url}/x`,
      '{"__proto__":{"admin":1},"constructor":{"prototype":{"admin":1}},"a":"b\\u0000c"}',
    );
    expect(await answer.json()).toEqual({ body: { a: "bc" } });
    const page = await fetch(`${url}/page/a?id=1&id=2&tag=x&tag=y&q=z`);
    expect(await page.json()).toMatchObject({
      name: "a",
      query: { id: "2", tag: ["x", "y"], q: "z" },
    });
    expect(({} as { admin?: unknown }).admin).toBeUndefined();
  });
});

test("the Observatory's rules see what is wrong", () => {
  expect(findings({}).map(({ rule }) => rule)).toEqual([
    "content-security-policy",
    "strict-transport-security",
    "x-frame-options",
    "x-content-type-options",
    "referrer-policy",
    "cross-origin-resource-policy",
  ]);
  const csp = (policy: string) =>
    findings({ "content-security-policy": policy })
      .filter(({ rule }) => rule === "content-security-policy")
      .map(({ what }) => what);
  expect(csp("default-src 'self' 'unsafe-inline'")).toContain("script-src 'unsafe-inline'");
  expect(csp("default-src *")).toContain("script-src too broad");
  expect(csp("script-src 'self' 'unsafe-eval'")).toContain("script-src 'unsafe-eval'");
  expect(csp("img-src 'self'")).toContain("neither default-src nor script-src");
  expect(csp("default-src 'none'; img-src http://x.example")).toContain("insecure source");
  expect(csp("default-src 'none'; script-src 'strict-dynamic'")).toContain(
    "script-src 'strict-dynamic' without a nonce",
  );
  expect(csp("default-src 'none'; img-src *; IMG-SRC 'self'")).toContain("a directive twice");
  const shared = {
    "access-control-allow-origin": "https://evil.example",
    "access-control-allow-credentials": "true",
  };
  const rules = (stranger: string) => findings(shared, [], stranger).map(({ rule }) => rule);
  expect(rules("https://evil.example")).toContain("cross-origin-resource-sharing");
  expect(rules("https://other.example")).not.toContain("cross-origin-resource-sharing");
  expect(findings({}, ["session=1"]).filter(({ rule }) => rule === "cookies")).toHaveLength(3);
});

test("a policy is changed by directive, and what cannot stand in it is refused", () => {
  const compiled = compileCsp({
    "img-src": ["https://cdn.example.com"],
    "manifest-src": false,
    "script-src": ["nonce", "'strict-dynamic'"],
  })("abc");
  expect(compiled).toContain("img-src https://cdn.example.com;");
  expect(compiled).toContain("script-src 'nonce-abc' 'strict-dynamic';");
  expect(compiled).not.toContain("manifest-src");
  for (const bad of ["a;b", "a b", "a,b", "", "a\nb", "ü"])
    expect(() => compileCsp({ "img-src": [bad] })).toThrow("img-src");
  expect(() => compileCsp({ "img src": [] })).toThrow("img src");
  expect(() => new SecurityHeaders({ headers: { "x-a": "b\r\nx-c: d" } })).toThrow("x-a");
  expect(() => new SecurityHeaders({ hsts: { preload: true, maxAgeSeconds: 60 } })).toThrow(
    "preload",
  );
});

test("a policy's words stand in quotes, and its directives are known", () => {
  for (const word of ["self", "none", "unsafe-inline", "nonce-abc", "sha256-abc="])
    expect(() => compileCsp({ "script-src": [word] }), word).toThrow(
      `CSP directive script-src: write "'${word}'", in quotes`,
    );
  expect(() => compileCsp({ "img-scr": ["'self'"] })).toThrow('no CSP directive "img-scr"');
  expect(() => compileCsp({ scriptSrc: [] })).toThrow('"scriptSrc"');
  expect(
    compileCsp({ sandbox: ["allow-scripts"], "trusted-types": ["none"], "worker-src": ["blob:"] })(
      "",
    ),
  ).toMatch(/; sandbox allow-scripts; trusted-types none; worker-src blob:$/);
});

test("options that are misspelt or of a wrong kind are refused by name", () => {
  const wrong: [make: () => unknown, message: string][] = [
    [
      () => new SecurityHeaders({ contentSecurityPolicy: false } as object),
      "contentSecurityPolicy",
    ],
    [() => new SecurityHeaders({ hsts: { maxAge: 1 } as object }), '"maxAge"'],
    [() => new Cors({ origin: "*" } as never), 'no option "origin"; there are origins,'],
    [() => new Cors({} as never), "origins must be a list"],
    [() => new Cors({ origins: "https://a.example" as never }), "origins must be a list"],
    [() => new Cors(undefined as never), "cors: the options must be an object"],
    [() => new BodyGuard({ limit: 5 } as object), '"limit"'],
    [() => new InputFilter({ list: ["tag"] } as object), '"list"'],
    [() => new InputFilter({ lists: "tag" as never }), "must be a list"],
    [() => refuseSlowClients(createServer(), { header: 5 } as object), '"header"'],
    [() => refuseSlowClients(createServer(), { headersMs: Number.NaN }), "headersMs"],
    [() => refuseSlowClients(createServer(), { idleMs: "1s" as never }), "idleMs"],
  ];
  for (const [make, message] of wrong) expect(make).toThrow(message);
});

test("limits of bodies: by path, by what is below it, and by parameters", async () => {
  const guard = new BodyGuard({
    maxBytes: 1,
    routes: {
      "/": 2,
      "/Upload": 3,
      "/files/*": 4,
      "/files/large/*": 5,
      "/users/:id/avatar": 6,
      "/users/:id/files/*": 7,
      "/v1/items:batch": 8,
    },
  });
  for (const [path, limit] of [
    ["/", 2],
    ["/upload", 3],
    ["/UPLOAD/", 3],
    ["/%55pload", 3],
    ["/uploads", 1],
    ["/upload/x", 1],
    ["/files", 1],
    ["/files/a/b", 4],
    ["/files/large/a", 5],
    ["/users/7/avatar", 6],
    ["/users/7/8/avatar", 1],
    ["/users/7/files/a/b", 7],
    ["/v1/items:batch", 8],
    ["/%ff", 1],
    ["//upload", 1],
  ] as const)
    expect(guard.limitOf(path), path).toBe(limit);
  for (const path of ["upload", "/a*", "/a/*/b", "/a?b", "/a/:", "*", ""])
    expect(() => new BodyGuard({ routes: { [path]: 1 } }), path).toThrow(JSON.stringify(path));

  // A proxy's form of the target: routers look at its path.
  const small = new BodyGuard({ routes: { "/small": 3 } });
  const server = createServer((request, response) => {
    if (small.watch(request, response)) request.resume().once("end", () => response.end("ok"));
  });
  const url = await listen(server);
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.write(
    "POST http://x.example/small?a HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\nbody",
  );
  const [answer] = (await once(socket, "data")) as [Buffer];
  expect(answer.toString()).toMatch(/^HTTP\/1.1 413/);
  socket.destroy();
});

test("a name that stands in a form twice keeps its last value, a list in JSON stays one", () => {
  const filter = new InputFilter({ lists: ["tag"] });
  const clean = (type: string, body: object) => {
    const request = { url: "/", headers: { "content-type": type }, body };
    filter.clean(request);
    return request.body;
  };
  const body = () => ({ role: ["user", "admin"], tag: ["a", "b"] });
  expect(clean("application/json", body())).toEqual(body());
  for (const type of ["application/x-www-form-urlencoded; charset=utf-8", "multipart/form-data"])
    expect(clean(type, body())).toEqual({ role: "admin", tag: ["a", "b"] });
});

test("origins: exact, subdomains, and what is none", () => {
  const cors = new Cors({ origins: ["https://app.example.com", "https://*.example.org"] });
  for (const origin of [
    "https://app.example.com",
    "https://a.example.org",
    "https://a.b.example.org",
  ])
    expect(cors.allows(origin), origin).toBe(true);
  for (const origin of [
    "http://app.example.com",
    "https://app.example.com:8443",
    "https://example.org",
    "https://evilexample.org",
    "https://.example.org",
    "https://a.example.org.evil.example",
    "https://evil.example/.example.org",
    "https://evil.example#.example.org",
    "https://a@evil.example?.example.org",
    "null",
    "",
  ])
    expect(cors.allows(origin), origin).toBe(false);
  for (const bad of [
    "app.example.com",
    "https://app.example.com/",
    "null",
    "ftp://a",
    "https://*.*.a",
  ])
    expect(() => new Cors({ origins: [bad] }), bad).toThrow(JSON.stringify(bad));
  expect(() => new Cors({ origins: ["*"], credentials: true })).toThrow("credentials");
  expect(() => new Cors({ origins: [], headers: ["a b"] })).toThrow('"a b"');
});

test("a client that sends its headers or its body too slowly is cut off", async () => {
  const server = createServer({ connectionsCheckingInterval: 10 }, (request, response) => {
    request.resume().once("end", () => response.end("ok"));
  });
  refuseSlowClients(server, { headersMs: 40, requestMs: 60 });
  const url = await listen(server);
  const talk = async (text: string) => {
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    let answer = "";
    socket.setEncoding("utf8").on("data", (data: string) => {
      answer += data;
    });
    socket.write(text);
    await once(socket, "close");
    return answer;
  };
  expect(await talk("GET / HTTP/1.1\r\nhost: x\r\nx-slow: ")).toContain("408 Request Timeout");
  expect(await talk("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc")).toContain(
    "408 Request Timeout",
  );
});

test("a client that does not read or write for too long is cut off", async () => {
  const server = createServer((_request, response) => void response.write("x"));
  refuseSlowClients(server, { idleMs: 30 });
  const url = await listen(server);
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.resume().write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
  await once(socket, "close");
  expect(socket.bytesRead).toBeGreaterThan(0);
});
