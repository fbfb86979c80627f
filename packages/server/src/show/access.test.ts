import { operations } from "@seaworthy/contract";
import type { Access as RouteAccess } from "@seaworthy/contract";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Clock } from "../model/index.ts";
import { ensureUser } from "../store/index.ts";
import { createAccess } from "../access/index.ts";
import { alertmanagerRoutes, prometheusRoutes } from "./index.ts";
import type { AlertmanagerDeps, PrometheusDeps } from "./index.ts";
import { BOOTSTRAP, testServer } from "../../test/http.ts";
import type { TestServer } from "../../test/http.ts";

const DAY = 86_400_000;
let now = Date.now();
const clock: Clock = {
  now: () => now,
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return { cancel: () => clearTimeout(timer) };
  },
};

let server: TestServer;
let origin: string;
beforeAll(async () => {
  // The protocols' routes stand here without their rooms: what comes through to one fails there.
  const absent = { router: {}, metrics: {} };
  server = await testServer({
    clock,
    bootstrapToken: undefined,
    routes: [
      prometheusRoutes({ ...(absent as unknown as PrometheusDeps), clock }),
      alertmanagerRoutes({ ...(absent as unknown as AlertmanagerDeps), clock, version: "0" }),
    ],
  });
  origin = server.url;
});
afterAll(() => server.close());
beforeEach(async () => {
  now = Date.now();
  for (const table of ["users", "tokens", "audit_log"] as const) {
    await server.records.db.deleteFrom(table).execute();
  }
});

type Headers = Record<string, string>;

function call(method: string, path: string, headers: Headers = {}, body?: unknown) {
  return fetch(server.url + path, {
    method,
    headers: body === undefined ? headers : { "content-type": "application/json", ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}
const problem = async (response: Response) => (await response.json()) as Record<string, unknown>;
const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` });
const cookieOf = (response: Response) =>
  (response.headers.get("set-cookie") ?? "").split(";", 1)[0] ?? "";

/** An admin who came by the link and has no password: cheap to make. */
const newcomer = async () => ({ cookie: await server.session() });

/** A signed-in admin with a password, and their cookie. */
async function admin(): Promise<{ cookie: string }> {
  const link = await server.access.firstSignInLink();
  const response = await call("POST", "/api/session/link", {}, { token: link });
  expect(response.status).toBe(200);
  const cookie = cookieOf(response);
  const set = await call(
    "PUT",
    "/api/session/account",
    { cookie, origin },
    { email: "ann@example.com", name: "Ann", password: "a long password" },
  );
  expect(set.status).toBe(200);
  return { cookie };
}

describe("every route, with every scope", () => {
  const grants: Record<string, readonly RouteAccess[]> = {
    nothing: ["public"],
    controls: ["public", "controls"],
    ingest: ["public", "controls", "ingest"],
    read: ["public", "controls", "read"],
    write: ["public", "controls", "read", "write"],
    admin: ["public", "controls", "ingest", "read", "write", "admin"],
  };

  it("are the whole contract and the protocols", () => {
    const known = new Map(
      server.http.routes.map(({ method, path, access }) => [`${method} ${path}`, access]),
    );
    for (const { method, path, access } of Object.values(operations)) {
      expect(known.get(`${method} ${path}`)).toBe(access);
    }
    expect(known.get("GET /api/v1/query")).toBe("read");
    expect(known.get("POST /api/v2/silences")).toBe("write");
    expect(known.get("POST /-/reload")).toBe("admin");
    const open = [...known].filter(([, access]) => access === "public").map(([route]) => route);
    expect(new Set(open.filter((route) => !route.startsWith("HEAD")))).toEqual(
      new Set([
        ...[
          "/health",
          "/health/live",
          "/health/ready",
          "/-/healthy",
          "/-/ready",
          "/graph",
          "/query",
          "/calendars/:secret(^[\\w-]{43}).ics",
        ].map((path) => `GET ${path}`),
        "GET /api/session",
        "POST /api/session",
        "POST /api/session/link",
        "DELETE /api/session",
        "GET /acknowledge/:token",
        "POST /acknowledge/:token",
        "POST /acknowledge/:token/voice",
        "POST /escalate/:token",
        "GET /public/post-mortems/:number(^[1-9]\\d{0,8}$)",
        "GET /informed/:token",
        "POST /informed/:token",
        "POST /telephone/texts",
        "GET /status",
        "GET /status/*",
        "POST /status/enter",
        "POST /status/subscribe",
        "GET /status/subscribe/:token",
        "POST /status/subscribe/:token",
        "GET /status/unsubscribe/:token",
        "POST /status/unsubscribe/:token",
        "POST /api/chat/slack/events",
        "POST /api/chat/slack/commands",
        "POST /api/chat/slack/interactions",
      ]),
    );
  });

  it.each(Object.entries(grants))(
    "%s opens what it should and nothing else",
    async (scope, allowed) => {
      const headers = scope === "nothing" ? {} : bearer(await server.token(scope as "read"));
      for (const { method, path, access } of server.http.routes) {
        if (method === "HEAD" || path === "/api/live" || path === "/api/controls/stream") continue;
        const url = path.replace(/:\w+/g, "00000000-0000-4000-8000-000000000000");
        const response = await call(method, url, headers, method === "GET" ? undefined : {});
        const what = `${scope}: ${method} ${path} (${access})`;
        const text = await response.text();
        // A token may come through and still be told that this is for people, or that it is unknown.
        const refusal = /"code":"(not_signed_in|forbidden)"|(?:needs a session|rights, which)/.exec(
          text,
        );
        if (allowed.includes(access)) expect(refusal, what).toBeNull();
        else {
          expect(refusal, what).not.toBeNull();
          expect(response.status, what).toBe(scope === "nothing" ? 401 : 403);
        }
      }
    },
  );

  it("refuses the live stream and its HEAD without read", async () => {
    const key = await server.token("ingest");
    expect((await call("GET", "/api/live", bearer(key))).status).toBe(403);
    expect((await call("HEAD", "/metrics")).status).toBe(401);
    expect((await call("OPTIONS", "/api/tokens")).status).toBe(404);
  });
});

describe("tokens", () => {
  it("work as Bearer and as Basic password, and are kept hashed", async () => {
    const secret = await server.token("read");
    expect(secret).toMatch(/^sw_read_[A-Za-z0-9_-]{43}$/);
    const basic = `Basic ${Buffer.from(`prometheus:${secret}`).toString("base64")}`;
    expect((await call("GET", "/metrics", bearer(secret))).status).toBe(200);
    expect((await call("GET", "/metrics", { authorization: basic })).status).toBe(200);
    const row = await server.records.db.selectFrom("tokens").selectAll().executeTakeFirstOrThrow();
    expect(JSON.stringify(row)).not.toContain(secret);
    expect(row.secret_hash).toHaveLength(32);
  });

  it.each([
    [
      "one letter off",
      (secret: string) => `${secret.slice(0, -1)}${secret.endsWith("A") ? "B" : "A"}`,
    ],
    ["another scope's prefix", (secret: string) => secret.replace("sw_read_", "sw_admin_")],
    ["the hash", () => "0".repeat(64)],
    ["nothing", () => " "],
    ["SQL", () => "'or''='"],
  ])("are refused with %s", async (_, change) => {
    const secret = await server.token("read");
    const response = await call("GET", "/metrics", bearer(change(secret)));
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toBe('Basic realm="Seaworthy", Bearer');
    expect(await problem(response)).toMatchObject({ code: "credential_refused" });
  });

  it("end when they expire or are revoked, at once", async () => {
    const { cookie } = await newcomer();
    const made = await call(
      "POST",
      "/api/tokens",
      { cookie, origin },
      { name: "ci", scope: "read", expiresAt: new Date(now + DAY).toISOString() },
    );
    expect(made.status).toBe(201);
    const { token, secret } = (await made.json()) as { token: { id: string }; secret: string };
    expect((await call("GET", "/metrics", bearer(secret))).status).toBe(200);
    now += DAY;
    expect((await call("GET", "/metrics", bearer(secret))).status).toBe(401);
    now -= DAY;
    const revoked = await call("DELETE", `/api/tokens/${token.id}`, { cookie, origin });
    expect(revoked.status).toBe(200);
    expect((await call("GET", "/metrics", bearer(secret))).status).toBe(401);
    expect((await call("DELETE", `/api/tokens/${token.id}`, { cookie, origin })).status).toBe(404);
  });

  it("note their use at most once a minute", async () => {
    const secret = await server.token("read");
    const lastUsed = async () =>
      (await server.access.listTokens())[0]?.lastUsedAt?.getTime() ?? null;
    expect(await lastUsed()).toBeNull();
    const first = now;
    await call("GET", "/metrics", bearer(secret));
    expect(await lastUsed()).toBe(first);
    now += 59_000;
    await call("GET", "/metrics", bearer(secret));
    expect(await lastUsed()).toBe(first);
    now += 1000;
    await call("GET", "/metrics", bearer(secret));
    expect(await lastUsed()).toBe(now);
  });

  it("cannot be made with an expiry in the past, nor act as a person", async () => {
    const secret = await server.token("admin");
    const past = await call("POST", "/api/tokens", bearer(secret), {
      name: "x",
      scope: "read",
      expiresAt: new Date(now - 1).toISOString(),
    });
    expect([past.status, (await problem(past))["code"]]).toEqual([400, "token_expiry_past"]);
    const account = await call("PUT", "/api/session/account", bearer(secret), { name: "x" });
    expect([account.status, (await problem(account))["code"]]).toEqual([403, "person_required"]);
  });
});

describe("the bootstrap token", () => {
  const make = (bootstrapToken: string) =>
    createAccess({ records: server.records, clock, bootstrapToken });

  it("must be sixteen characters or more", () => {
    expect(() => make("fifteen-letters")).toThrow(/SEAWORTHY_TOKEN has 15 characters/);
    expect(() => make("sixteen--letters")).not.toThrow();
  });

  it("is an admin token, signs people in, and makes links needless", async () => {
    const access = make(BOOTSTRAP);
    expect(await access.firstSignInLink()).toBeUndefined();
    expect(
      await access.identify({ authorization: `Bearer ${BOOTSTRAP}` }, undefined),
    ).toMatchObject({ principal: { kind: "bootstrap" } });
    await expect(
      access.identify({ authorization: `Bearer ${BOOTSTRAP}x` }, undefined),
    ).rejects.toMatchObject({ code: "credential_refused" });
    expect((await access.signInByLink(BOOTSTRAP, "a")).account).toMatchObject({
      email: "admin@localhost",
      role: "admin",
    });
    expect((await access.signInByLink(BOOTSTRAP, "a")).account.email).toBe("admin@localhost");
  });
});

describe("the first sign-in link", () => {
  it("works once, even for two at the same moment", async () => {
    const link = await server.access.firstSignInLink();
    const tries = await Promise.all(
      Array.from({ length: 5 }, () => call("POST", "/api/session/link", {}, { token: link })),
    );
    expect(tries.map(({ status }) => status).sort((a, b) => a - b)).toEqual([
      200, 401, 401, 401, 401,
    ]);
    const again = await call("POST", "/api/session/link", {}, { token: link });
    expect(await problem(again)).toMatchObject({ code: "sign_in_link_invalid", status: 401 });
  });

  it("is replaced by the next start's, and expires", async () => {
    const first = await server.access.firstSignInLink();
    const second = await server.access.firstSignInLink();
    expect((await call("POST", "/api/session/link", {}, { token: first })).status).toBe(401);
    now += DAY;
    expect((await call("POST", "/api/session/link", {}, { token: second })).status).toBe(401);
    const third = await server.access.firstSignInLink();
    expect((await call("POST", "/api/session/link", {}, { token: third })).status).toBe(200);
  });

  it("is made until somebody has a password, and never after", async () => {
    await admin();
    expect(await server.access.firstSignInLink()).toBeUndefined();
  });
});

describe("sessions", () => {
  it("live in a cookie that scripts and other sites cannot use", async () => {
    const link = await server.access.firstSignInLink();
    const response = await call("POST", "/api/session/link", {}, { token: link });
    expect(response.headers.get("set-cookie")).toMatch(
      /^seaworthy_session=[A-Za-z0-9_-]{43}; Max-Age=1209600; Path=\/; HttpOnly; SameSite=Lax$/,
    );
    const cookie = cookieOf(response);
    const session = await call("GET", "/api/session", { cookie });
    expect(await session.json()).toMatchObject({
      user: { email: "admin@localhost", role: "admin", hasPassword: false },
    });
    const rows = await server.records.db.selectFrom("sessions").select("id_hash").execute();
    expect(JSON.stringify(rows)).not.toContain(cookie.split("=")[1]);
  });

  it.each(["seaworthy_session=forged", "seaworthy_session=", "seaworthy_session=%00", "other=1"])(
    "are not made up by sending %s",
    async (cookie) => {
      expect((await call("GET", "/api/incidents", { cookie })).status).toBe(401);
      expect(await (await call("GET", "/api/session", { cookie })).json()).toEqual({ user: null });
    },
  );

  it("roll on while they are used, and end without use and in any case", async () => {
    const { cookie } = await newcomer();
    const get = async () => (await call("GET", "/api/incidents", { cookie })).status;
    for (let day = 0; day < 89; day += 10) {
      expect(await get()).toBe(200);
      now += 10 * DAY;
    }
    expect(await get()).toBe(401);
  });

  it("renew the cookie at most once an hour", async () => {
    const { cookie } = await newcomer();
    const renewed = async () =>
      (await call("GET", "/api/incidents", { cookie })).headers.get("set-cookie");
    expect(await renewed()).toBeNull();
    now += 3_600_000;
    expect(await renewed()).toContain(cookie);
    expect(await renewed()).toBeNull();
  });

  it("end by signing out, and all the others on request or with a new password", async () => {
    const { cookie: first } = await admin();
    const signIn = () =>
      call("POST", "/api/session", {}, { email: "ANN@example.com", password: "a long password" });
    const second = cookieOf(await signIn());
    const third = cookieOf(await signIn());
    const alive = async (cookie: string) =>
      (await call("GET", "/api/incidents", { cookie })).status === 200;
    expect((await call("DELETE", "/api/session", { cookie: third, origin })).status).toBe(200);
    expect(await alive(third)).toBe(false);
    const others = await call("DELETE", "/api/session/others", { cookie: second, origin });
    expect(await others.json()).toEqual({ ended: 1 });
    expect([await alive(first), await alive(second)]).toEqual([false, true]);
    const fourth = cookieOf(await signIn());
    const change = { password: "another password", currentPassword: "wrong password" };
    const wrong = await call("PUT", "/api/session/account", { cookie: fourth, origin }, change);
    expect(await problem(wrong)).toMatchObject({ code: "current_password_wrong", status: 403 });
    change.currentPassword = "a long password";
    const right = await call("PUT", "/api/session/account", { cookie: fourth, origin }, change);
    expect(right.status).toBe(200);
    expect([await alive(second), await alive(fourth)]).toEqual([false, true]);
    expect((await signIn()).status).toBe(401);
  });
});

describe("password sign-in", () => {
  it("tells nobody which accounts exist", async () => {
    await admin();
    const wrong = await call(
      "POST",
      "/api/session",
      {},
      { email: "ann@example.com", password: "x" },
    );
    const unknown = await call(
      "POST",
      "/api/session",
      {},
      { email: "bob@example.com", password: "x" },
    );
    expect([wrong.status, unknown.status]).toEqual([401, 401]);
    const { instance: _, ...first } = await problem(wrong);
    expect(await problem(unknown)).toMatchObject(first);
  });

  // Each failure costs what hashing a password costs.
  it(
    "stops after ten failures for one account, from whatever address",
    { timeout: 120_000 },
    async () => {
      const email = "carol@example.com";
      const statuses: number[] = [];
      for (let n = 0; n < 12; n += 1) {
        statuses.push((await call("POST", "/api/session", {}, { email, password: "x" })).status);
      }
      expect(statuses).toEqual([...Array.from({ length: 10 }, () => 401), 429, 429]);
      const refused = await call("POST", "/api/session", {}, { email, password: "x" });
      expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(800);
      expect(await problem(refused)).toMatchObject({ code: "too_many_attempts" });
    },
  );

  it("refuses an e-mail that somebody else has", async () => {
    const { cookie } = await admin();
    await server.records.transaction((tx) =>
      ensureUser(tx, { email: "Bob@example.com", name: "Bob", role: "viewer" }),
    );
    const change = { email: "bob@EXAMPLE.com", currentPassword: "a long password" };
    const response = await call("PUT", "/api/session/account", { cookie, origin }, change);
    expect(await problem(response)).toMatchObject({ code: "email_taken", status: 409 });
  });
});

describe("requests forged by other sites", () => {
  const attempts: [string, Headers][] = [
    ["another origin", { origin: "http://evil.example" }],
    ["no origin at all", {}],
    ["an opaque origin", { origin: "null" }],
    ["another port of this host", { origin: "http://127.0.0.1:1" }],
    ["cross-site by fetch metadata", { "sec-fetch-site": "cross-site" }],
    ["same-site but not same-origin", { "sec-fetch-site": "same-site" }],
  ];

  it.each(attempts)("are refused: %s", async (_, headers) => {
    const { cookie } = await newcomer();
    const response = await call(
      "POST",
      "/api/incidents",
      { cookie, ...headers },
      {
        title: "forged",
        severity: "P1",
      },
    );
    expect(await problem(response)).toMatchObject({ status: 403, code: "cross_site_request" });
    expect((await server.incidents.list({ state: "all", limit: 1 })).incidents).toEqual([]);
  });

  it.each(["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])(
    "are refused as %s, which forms can send",
    async (type) => {
      const { cookie } = await newcomer();
      const response = await fetch(`${server.url}/api/incidents`, {
        method: "POST",
        headers: { cookie, origin, "content-type": type },
        body: '{"title":"forged","severity":"P1"}',
      });
      expect(await problem(response)).toMatchObject({
        status: 415,
        code: "media_type_unsupported",
      });
    },
  );

  it("are refused for signing in as somebody else, too", async () => {
    const link = await server.access.firstSignInLink();
    const evil = { origin: "http://evil.example" };
    expect((await call("POST", "/api/session/link", evil, { token: link })).status).toBe(403);
    expect((await call("POST", "/api/session/link", { origin }, { token: link })).status).toBe(200);
  });

  it("are let through from the own pages and for bearers", async () => {
    const { cookie } = await newcomer();
    const body = { title: "real", severity: "P3" };
    const own = { cookie, "sec-fetch-site": "same-origin" };
    expect((await call("POST", "/api/incidents", own, body)).status).toBe(201);
    expect((await call("POST", "/api/incidents", { cookie, origin }, body)).status).toBe(201);
    const secret = await server.token("write");
    const foreign = { ...bearer(secret), origin: "http://dashboard.example" };
    expect((await call("POST", "/api/incidents", foreign, body)).status).toBe(201);
    await server.records.db.deleteFrom("incidents").execute();
  });

  it("are refused with a browser's remembered Basic password, except for asking", async () => {
    const secret = await server.token("write");
    const headers = {
      authorization: `Basic ${Buffer.from(`x:${secret}`).toString("base64")}`,
      "sec-fetch-site": "cross-site",
    };
    const change = await call("POST", "/api/incidents", headers, { title: "x", severity: "P1" });
    expect(await problem(change)).toMatchObject({ code: "cross_site_request" });
    const query = await fetch(`${server.url}/api/v1/query`, { method: "POST", headers });
    expect(query.status).not.toBe(403);
  });

  it("never make browsers ask for a password in a dialog", async () => {
    for (const headers of [
      { "sec-fetch-site": "same-origin" },
      { "user-agent": "Mozilla/5.0 (X11; Linux x86_64)" },
      { cookie: "seaworthy_session=old" },
    ]) {
      const response = await call("GET", "/api/incidents", headers);
      expect(response.status).toBe(401);
      expect(response.headers.get("www-authenticate")).toBeNull();
    }
  });
});

it("remembers every change with who made it, and no secret", async () => {
  const { cookie } = await admin();
  const made = await call(
    "POST",
    "/api/tokens",
    { cookie, origin },
    { name: "ci", scope: "ingest" },
  );
  const { token, secret } = (await made.json()) as { token: { id: string }; secret: string };
  await call("DELETE", `/api/tokens/${token.id}`, { cookie, origin });
  await call("DELETE", "/api/session", { cookie, origin });
  const admins = bearer(await server.token("admin"));
  const read = async (query: string) =>
    (await (await call("GET", `/api/audit${query}`, admins)).json()) as {
      entries: { id: string; actor: string; action: string; detail: unknown }[];
      next: string | null;
    };
  const { entries } = await read("");
  expect(entries.map(({ actor, action }) => [actor, action])).toEqual([
    ["token:SEAWORTHY_TOKEN", "token.create"],
    ["ann@example.com", "session.end"],
    ["ann@example.com", "token.revoke"],
    ["ann@example.com", "token.create"],
    ["admin@localhost", "account.update"],
    ["admin@localhost", "session.begin"],
  ]);
  expect(JSON.stringify(entries)).not.toContain(secret);
  expect(JSON.stringify(entries)).not.toContain("a long password");
  const page = await read("?limit=2");
  const rest = await read(`?limit=10&before=${page.next}`);
  expect([...page.entries, ...rest.entries]).toEqual(entries);
  expect(rest.next).toBeNull();
});
