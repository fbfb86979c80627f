import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { get } from "node:http";
import { isIP } from "node:net";
import type { IncomingHttpHeaders } from "node:http";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from "vitest";
import { putAlerts } from "../../store/index.ts";
import { readStatusSnapshot } from "../../respond/index.ts";
import { writeSnapshot } from "../../respond/status-page/snapshot.ts";
import { BOOTSTRAP, testServer } from "../../../test/http.ts";
import type { TestServer } from "../../../test/http.ts";
import { startMailServer } from "../../../test/mail-server.ts";
import { ManualClock } from "../../../test/manual-clock.ts";
import { startReceiver } from "../../../test/receiver.ts";
import { renderResources } from "./resources.ts";

vi.setConfig({ testTimeout: 120_000 });
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const START = Date.parse("2026-03-10T10:00:00Z");

const clock = new ManualClock(START);
let server: TestServer;
let share: number | undefined = 1;
const account = {
  host: "127.0.0.1",
  port: 1,
  from: "Shop <status@example.com>",
  username: "",
  password: { text: "" },
  requireTls: false,
};

beforeAll(async () => {
  server = await testServer({
    clock,
    statusHosts: ["status.example.com"],
    probes: {
      upShare: async () => share,
      days: async (_, days, now) =>
        days.slice(-2).map((start) => ({
          start,
          knownMs: Math.min(24 * HOUR, now - start),
          upMs: Math.min(24 * HOUR, now - start) / 2,
        })),
    },
    paging: {
      email: account,
      telephone: undefined,
      allowPrivateAddresses: true,
    },
  });
  server.statusPage.start();
});
afterAll(() => server.close());

async function api(method: string, path: string, body?: unknown) {
  const response = await fetch(`${server.url}/api/status-page${path}`, {
    method,
    headers: { authorization: `Bearer ${BOOTSTRAP}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = (await response.json()) as Record<string, unknown>;
  await settle();
  return { status: response.status, answer };
}

/** A mail server to which the page sends from now on; what it got. */
async function mailbox() {
  const { address, received } = await startMailServer();
  account.port = Number(address.split(":")[1]);
  return received;
}

async function settle(): Promise<void> {
  await server.statusPage.settle();
  await server.statusFront.settled();
}

/** fetch() sends no Host header of our choice. */
function ask(path: string, headers: Record<string, string> = {}, method = "GET") {
  return new Promise<{ status: number; headers: IncomingHttpHeaders; body: Buffer }>(
    (resolve, reject) => {
      const request = get(server.url + path, { headers, method }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks),
          }),
        );
      });
      request.on("error", reject);
    },
  );
}

const text = async (path: string, headers?: Record<string, string>) =>
  (await ask(path, headers)).body.toString("utf8");
const v2 = async (name: string) =>
  JSON.parse(await text(`/status/api/v2/${name}.json`)) as Record<string, unknown>;

function form(path: string, fields: Record<string, string>, headers: Record<string, string> = {}) {
  return fetch(server.url + path, {
    method: "POST",
    redirect: "manual",
    headers,
    body: new URLSearchParams(fields),
  });
}

const ids: Record<string, string> = {};
async function component(name: string, more: Record<string, unknown> = {}): Promise<string> {
  const { status, answer } = await api("POST", "/components", { name, ...more });
  expect(status, JSON.stringify(answer)).toBe(201);
  const id = String(answer["id"]);
  ids[name] = id;
  return id;
}
const stateOf = async (name: string) => {
  const { components } = (await v2("components")) as unknown as {
    components: { id: string; name: string; status: string }[];
  };
  return components.find((one) => one.name === name)?.status;
};

it("shows components in groups, with states by alerts, probes, dependencies and people", async () => {
  expect((await api("GET", "")).answer["components"]).toEqual([]);
  expect(await text("/status")).toContain("No components are shown yet");
  await component("Database", {
    group: "Inside",
    position: 2,
    source: { kind: "alerts", matchers: ['service="db"'] },
  });
  await component("Shop", {
    description: "What customers <b>see</b>",
    position: 1,
    dependsOn: [ids["Database"]],
    source: { kind: "probe", matchers: ['instance="https://shop.example"'] },
  });
  expect(await text("/status")).toContain("What customers &lt;b&gt;see&lt;/b&gt;");
  expect(await text("/status")).toMatch(/50\.00 % uptime, measured on 2 of 90 days/);
  expect([await stateOf("Shop"), await stateOf("Database")]).toEqual([
    "operational",
    "operational",
  ]);
  const alert = {
    fingerprint: "0123456789abcdef",
    labels: { alertname: "DatabaseDown", service: "db", severity: "critical" },
    annotations: {},
    startsAt: clock.now() - MINUTE,
    endsAt: clock.now() + HOUR,
    timeout: false,
    generatorURL: "",
    receivedAt: clock.now(),
    updatedAt: clock.now(),
  };
  await putAlerts(server.records.db, [alert]);
  await settle();
  expect([await stateOf("Database"), await stateOf("Inside")]).toEqual([
    "major_outage",
    "major_outage",
  ]);
  expect(await stateOf("Shop")).toBe("partial_outage");
  expect(await text("/status")).toContain("It depends on Database");
  expect((await v2("status"))["status"]).toEqual({
    indicator: "critical",
    description: "Some systems are down",
  });

  const until = new Date(clock.now() + HOUR).toISOString();
  const path = `/components/${ids["Database"]}/override`;
  await api("PUT", path, { state: "operational", reason: "A false alarm", until });
  expect([await stateOf("Database"), await stateOf("Shop")]).toEqual([
    "operational",
    "operational",
  ]);
  clock.set(clock.now() + HOUR - 1);
  await putAlerts(server.records.db, [{ ...alert, endsAt: clock.now() + HOUR }]);
  await settle();
  expect(await stateOf("Database")).toBe("operational");
  clock.set(clock.now() + 1);
  await settle();
  expect(await stateOf("Database")).toBe("major_outage");
  await putAlerts(server.records.db, [{ ...alert, endsAt: clock.now() }]);
  share = 0;
  await settle();
  expect([await stateOf("Database"), await stateOf("Shop")]).toEqual([
    "operational",
    "major_outage",
  ]);
  // A probe that is silent says nothing new.
  share = undefined;
  await settle();
  expect(await stateOf("Shop")).toBe("major_outage");
  share = 1;
  await settle();
  expect(await stateOf("Shop")).toBe("operational");
});

it("refuses components that cannot be", async () => {
  const refusals = [
    [{ name: "shop" }, "status_component_name_taken"],
    [
      { name: "A", source: { kind: "alerts", matchers: ['service="'] } },
      "status_component_invalid",
    ],
    [{ name: "A", source: { kind: "alerts", matchers: ['a=~"("'] } }, "status_component_invalid"],
    [
      { name: "A", dependsOn: ["00000000-0000-4000-8000-000000000000"] },
      "status_component_invalid",
    ],
  ] as const;
  for (const [draft, code] of refusals) {
    const { answer } = await api("POST", "/components", draft);
    expect(answer["code"]).toBe(code);
  }
  const circle = { name: "Database", dependsOn: [ids["Shop"]], version: 1 };
  const { answer } = await api("PUT", `/components/${ids["Database"]}`, circle);
  expect(answer["detail"]).toContain("depend on each other: Shop → Database → Shop");
  const late = { name: "Database", version: 9 };
  expect((await api("PUT", `/components/${ids["Database"]}`, late)).status).toBe(409);
});

it("announces incidents with updates, on the page, in feeds and as Statuspage does", async () => {
  const { answer: post } = await api("POST", "/posts", {
    kind: "incident",
    title: "Checkout <fails>",
    impact: "major",
    state: "investigating",
    components: [{ id: ids["Shop"], state: "partial_outage" }],
  });
  expect(await stateOf("Shop")).toBe("partial_outage");
  const page = await text("/status");
  expect(page).toContain("Checkout &lt;fails&gt;");
  expect(page).toContain("We are looking for its cause");
  const early = { state: "postmortem", body: "What happened" };
  expect((await api("POST", `/posts/${String(post["id"])}/updates`, early)).status).toBe(400);
  const wrong = { state: "completed" };
  expect((await api("POST", `/posts/${String(post["id"])}/updates`, wrong)).status).toBe(400);
  const { incidents } = (await v2("incidents/unresolved")) as unknown as {
    incidents: Record<string, unknown>[];
  };
  expect(incidents).toMatchObject([
    { name: "Checkout <fails>", status: "investigating", impact: "major", resolved_at: null },
  ]);
  clock.set(clock.now() + MINUTE);
  const body = "**Gone**: <script>alert(1)</script> [x](javascript:alert(1))";
  await api("POST", `/posts/${String(post["id"])}/updates`, { state: "resolved", body });
  expect(await stateOf("Shop")).toBe("operational");
  for (const path of ["/status", "/status/history", `/status/incidents/${String(post["id"])}`]) {
    const html = await text(path);
    expect(html).toContain("&lt;script&gt;");
    expect(html).toContain("<strong>Gone</strong>");
    expect(html).not.toMatch(/<script|href="javascript/i);
  }
  expect(await text("/status/history.atom")).toContain("Resolved: Checkout &lt;fails&gt;");
  expect(await text("/status/history.rss")).toContain("<pubDate>");
  expect((await v2("incidents/unresolved"))["incidents"]).toEqual([]);
  expect((await v2("summary"))["page"]).toMatchObject({ name: "Status", time_zone: "Etc/UTC" });
});

it("begins and ends maintenance by the clock", async () => {
  const [startsAt, endsAt] = [clock.now() + HOUR, clock.now() + 2 * HOUR];
  const given = {
    kind: "maintenance",
    title: "New database",
    state: "scheduled",
    startsAt: new Date(startsAt).toISOString(),
    endsAt: new Date(endsAt).toISOString(),
    components: [{ id: ids["Database"], state: "under_maintenance" }],
  };
  expect((await api("POST", "/posts", { ...given, endsAt: given.startsAt })).status).toBe(400);
  expect((await api("POST", "/posts", given)).status).toBe(201);
  const list = async (name: string) =>
    (
      (await v2(`scheduled-maintenances${name}`))["scheduled_maintenances"] as { status: string }[]
    ).map(({ status }) => status);
  expect([await list("/upcoming"), await list("/active")]).toEqual([["scheduled"], []]);
  expect(await stateOf("Database")).toBe("operational");
  clock.set(startsAt);
  await settle();
  expect([await list("/upcoming"), await list("/active")]).toEqual([[], ["in_progress"]]);
  expect(await stateOf("Database")).toBe("under_maintenance");
  clock.set(endsAt);
  await settle();
  expect([await list("/active"), await list("")]).toEqual([[], ["completed"]]);
  expect(await stateOf("Database")).toBe("operational");
});

it("is served on its own host names, and refused on others", async () => {
  const own = await ask("/", { host: "status.example.com" });
  expect(own.status).toBe(200);
  expect(own.body.toString()).toContain('href="/history"');
  const json = await ask("/api/v2/summary.json", { host: "STATUS.example.com:8443" });
  expect(json.headers["content-type"]).toBe("application/json");
  // Nothing else of the platform is there.
  for (const path of ["/api/session", "/health", "/metrics", "/incidents", "//x", "/%2e%2e/api"]) {
    expect((await ask(path, { host: "status.example.com" })).status, path).toBe(404);
  }
  for (const host of ["evil.example", "status.example.com.evil.example"]) {
    for (const path of ["/", "/status", "/status/api/v2/summary.json", "/status/nothing"]) {
      expect((await ask(path, { host })).status, `${host} ${path}`).not.toBe(200);
    }
  }
  expect((await ask("/status", { host: "evil.example" })).status).toBe(421);
  // The same name in other spellings, an address, and what a proxy that nobody trusts says.
  for (const host of ["Status.Example.COM.", "status.example.com.:443", "status.example.com:"])
    expect((await ask("/", { host })).status, host).toBe(200);
  for (const host of ["[::1]:4000", "[::1]", "127.0.0.1:1", "localhost.", "LOCALHOST:9"])
    expect((await ask("/status", { host })).status, host).toBe(200);
  const forwarded = {
    "x-forwarded-host": "status.example.com",
    forwarded: "host=status.example.com",
  };
  expect((await ask("/status", { host: "evil.example", ...forwarded })).status).toBe(421);
  expect((await ask("/status", { host: "localhost", ...forwarded })).body.toString()).toContain(
    'href="/status/history"',
  );
  const { statusFront } = server;
  const names = new Set(["status.example.com", "localhost", "127.0.0.1"]);
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: "binary" }), fc.domain(), fc.constantFrom(...names)),
      fc.constantFrom("", ":", ":1", ".", ".:1", "..", ":x", "@localhost", "/"),
      (host, end) => {
        const isOurs = names.has(host.toLowerCase()) && ["", ":", ":1", ".", ".:1"].includes(end);
        if (isOurs) expect(statusFront.isFor(host + end)).toBe(true);
        else if (statusFront.isFor(host + end)) {
          const bare = (host + end).replace(/:\d*$/, "").replace(/\.$/, "").toLowerCase();
          expect(names.has(bare) || isIP(bare.replaceAll(/^\[|\]$/g, "")) > 0).toBe(true);
        }
      },
    ),
    { numRuns: 500 },
  );
});

it("sends what a browser can take, and nothing twice", async () => {
  const plain = await ask("/status");
  expect(plain.headers["cache-control"]).toContain("max-age=");
  expect(plain.headers["content-security-policy"]).toMatch(/^default-src 'none'/);
  const brotli = await ask("/status", { "accept-encoding": "gzip, br" });
  const zipped = await ask("/status", { "accept-encoding": "gzip, br;q=0" });
  expect(brotliDecompressSync(brotli.body)).toEqual(plain.body);
  expect(gunzipSync(zipped.body)).toEqual(plain.body);
  const etag = plain.headers.etag ?? "";
  expect(await ask("/status", { "if-none-match": etag })).toMatchObject({ status: 304 });
  expect((await ask("/status", {}, "HEAD")).body).toHaveLength(0);
  expect((await ask("/status/badge.svg")).headers["content-type"]).toBe("image/svg+xml");
  // A cookie of whoever is signed in asks no database.
  expect((await ask("/status", { cookie: "seaworthy_session=x" })).status).toBe(200);
});

it("tells subscribers who confirmed, once, by mail and webhook, until they end it", async () => {
  const mail = await mailbox();
  const hook = await startReceiver();
  const answers = [];
  for (const address of ["Ana@Example.com", "ana@example.com", "nobody@example.com"]) {
    const response = await form("/status/subscribe", { kind: "email", address });
    answers.push([response.status, await response.text()]);
  }
  await form("/status/subscribe", { kind: "webhook", address: hook.url });
  await settle();
  // Whether an address is known cannot be told from the answer.
  expect(new Set(answers.map(String)).size).toBe(1);
  const questions = mail.splice(0);
  expect(questions.map(({ to }) => to)).toEqual([["ana@example.com"], ["nobody@example.com"]]);
  const unfolded = (mailText: string) => mailText.replaceAll("=\r\n", "");
  const confirm =
    /\/status\/subscribe\/[\w-]{43}/.exec(unfolded(questions[0]?.text ?? ""))?.[0] ?? "";
  const asked = hook.received.at(-1)?.body as unknown as { confirm_url: string };
  const hookConfirm = new URL(asked.confirm_url).pathname;
  // Opening a link changes nothing; a forged one is refused.
  expect(await text(confirm)).toContain("Yes, send them");
  const forged = confirm.slice(0, -1) + (confirm.endsWith("A") ? "B" : "A");
  expect((await form(forged, {})).status).toBe(404);
  expect((await form(confirm.replace("/subscribe/", "/unsubscribe/"), {})).status).toBe(404);
  expect((await form(confirm, {})).status).toBe(200);
  expect((await form(hookConfirm, {})).status).toBe(200);

  const { answer: post } = await api("POST", "/posts", {
    kind: "incident",
    title: "Mail is slow",
    state: "identified",
    body: "A queue is long.",
  });
  await settle();
  const told = mail.splice(0);
  expect(told.map(({ to }) => to)).toEqual([["ana@example.com"]]);
  expect(told[0]?.text).toContain("A queue is long.");
  expect(told[0]?.text).toMatch(/^List-Unsubscribe-Post: List-Unsubscribe=One-Click/im);
  expect(hook.received.at(-1)?.body).toMatchObject({
    type: "incident",
    incident: { name: "Mail is slow", status: "identified" },
  });
  expect((await api("GET", `/posts/${String(post["id"])}/notices`)).answer).toEqual({
    waiting: 0,
    sent: 2,
    failed: 0,
  });
  const end = /\/status\/unsubscribe\/[\w-]{43}/.exec(unfolded(told[0]?.text ?? ""))?.[0] ?? "";
  expect((await form(end, { "List-Unsubscribe": "One-Click" })).status).toBe(200);
  expect((await form(end, {})).status).toBe(200);
  await api("POST", `/posts/${String(post["id"])}/updates`, { state: "resolved", body: "Over" });
  expect(mail).toEqual([]);
  expect((await api("GET", "")).answer["subscribers"]).toEqual([
    { kind: "email", state: "pending", count: 1 },
    { kind: "webhook", state: "confirmed", count: 1 },
  ]);
});

it("does not let itself be used to send spam, and ends links with time", async () => {
  const mail = await mailbox();
  clock.set(clock.now() + HOUR);
  const ask1 = () => form("/status/subscribe", { kind: "email", address: "bob@example.com" });
  expect((await ask1()).status).toBe(202);
  await settle();
  const link = /\/status\/subscribe\/[\w=\r\n-]+/
    .exec((mail.splice(0)[0]?.text ?? "").replaceAll("=\r\n", ""))?.[0]
    .slice(0, 61);
  for (let n = 0; n < 9; n += 1) expect((await ask1()).status).toBe(202);
  expect((await ask1()).status).toBe(429);
  await settle();
  expect(mail).toEqual([]);
  clock.set(clock.now() + 49 * HOUR);
  expect((await form(link ?? "", {})).status).toBe(404);
  for (const address of ["", "a@b", "x y@example.com", "a@example.com\r\nBcc: b@example.com"]) {
    expect((await form("/status/subscribe", { kind: "email", address })).status, address).toBe(400);
  }
  const odd = await form("/status/subscribe", { kind: "webhook", address: "file:///etc/passwd" });
  expect(odd.status).toBe(400);
});

it("asks one mailbox a few times a day, however it is spelt", async () => {
  const mail = await mailbox();
  clock.set(clock.now() + 49 * HOUR);
  const given = Array.from({ length: 9 }, (_, n) => `${n % 2 ? "Eve" : "eve"}+${n}@Example.com`);
  await Promise.all(
    given.map((address) => server.statusPage.subscriptions.request({ kind: "email", address })),
  );
  await settle();
  expect(mail).toHaveLength(5);
  clock.set(clock.now() + 25 * HOUR);
  await server.statusPage.subscriptions.request({ kind: "email", address: "eve@example.com" });
  await settle();
  expect(mail).toHaveLength(6);
});

it("shows a private page to those with its password, and to nobody else", async () => {
  const version = Number((await api("GET", "")).answer["version"]);
  const given = { version, access: { kind: "password", password: "open sesame" } };
  expect((await api("PUT", "", given)).status).toBe(200);
  for (const path of ["/status", "/status/api/v2/summary.json", "/status/history.rss"]) {
    const closed = await ask(path);
    expect(closed.status).toBe(401);
    expect(closed.body.toString()).not.toContain("Shop");
  }
  expect((await form("/status/enter", { password: "wrong password" })).status).toBe(401);
  const entered = await form("/status/enter", { password: "open sesame" });
  expect(entered.status).toBe(303);
  const cookie = (entered.headers.get("set-cookie") ?? "").split(";", 1)[0] ?? "";
  const seen = await ask("/status", { cookie });
  expect(seen.body.toString()).toContain("Shop");
  expect(seen.headers["cache-control"]).toContain("private");
  expect((await ask("/status", { cookie: `${cookie}x` })).status).toBe(401);

  const { answer } = await api("PUT", "", { version: version + 1, access: { kind: "token" } });
  expect((await ask("/status", { cookie })).status).toBe(401);
  const token = String(answer["token"]);
  expect((await ask(`/status/api/v2/status.json?token=${token}`)).status).toBe(200);
  expect(
    (await ask("/status/api/v2/status.json", { authorization: `Bearer ${token}` })).status,
  ).toBe(200);
  expect((await ask("/status?token=wrong")).status).toBe(401);
  await api("PUT", "", { version: version + 2, access: { kind: "public" } });
  expect((await ask("/status")).status).toBe(200);
});

it("takes a logo that is a picture, and no other file", async () => {
  const base64 = (bytes: Buffer) => ({ base64: bytes.toString("base64") });
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>');
  expect((await api("PUT", "/logo", base64(svg))).answer["code"]).toBe("status_logo_invalid");
  const png = Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), Buffer.alloc(300_000)]);
  expect((await api("PUT", "/logo", base64(png))).status).toBe(400);
  expect((await api("PUT", "/logo", base64(png.subarray(0, 100)))).status).toBe(200);
  expect((await ask("/status/logo")).body).toEqual(png.subarray(0, 100));
});

it("says what people write, and never runs it", async () => {
  const { world } = server.statusFront;
  if (world === undefined) throw new Error("nothing was published");
  const about = { url: "https://status.example.com", hasMail: true, base: "/status" };
  const hostile = fc
    .array(
      fc.oneof(
        fc.constantFrom(
          "<zq ",
          "</title><zq>",
          "<zq/onload=",
          '"',
          "'",
          "`",
          "]]>",
          "-->",
          "&",
          "\0",
        ),
        fc.constantFrom(
          "[a](javascript:zq())",
          "![](data:zq)",
          "**",
          "<style>",
          "\u2028",
          "\ud800",
        ),
        fc.string({ maxLength: 6 }),
      ),
      { minLength: 1, maxLength: 8 },
    )
    .map((parts) => `<zq>${parts.join("")}`);
  await fc.assert(
    fc.asyncProperty(hostile, async (text) => {
      const made = await renderResources(
        {
          ...world,
          page: {
            ...world.page,
            settings: { ...world.page.settings, name: text, description: text },
          },
          components: world.components.map((one) => ({ ...one, name: text, description: text })),
          posts: world.posts.map((post) => ({
            ...post,
            title: text,
            updates: post.updates.map((update) => ({ ...update, body: text })),
          })),
        },
        about,
        new Map(),
      );
      expect(made.size).toBeGreaterThan(5);
      for (const [path, { type, plain, headers }] of made) {
        if (!/html|xml|svg/.test(type)) continue;
        const body = plain.toString("utf8");
        expect(body, path).not.toMatch(/<\/?zq|<script|href="?javascript|src="?data:zq/i);
        if (type.includes("html"))
          expect(headers["content-security-policy"], path).toMatch(/default-src 'none'/);
      }
    }),
    { numRuns: 12 },
  );
});

it("is kept on disk, whole, for a start without a database", async () => {
  const dir = await mkdtemp(join(tmpdir(), "seaworthy-status-"));
  onTestFinished(() => rm(dir, { recursive: true }));
  const file = join(dir, "status-page.json");
  expect(await readStatusSnapshot(file)).toBeUndefined();
  const { world } = server.statusFront;
  if (world === undefined) throw new Error("nothing was published");
  await writeSnapshot(file, world);
  expect(await readStatusSnapshot(file)).toEqual(world);
});
