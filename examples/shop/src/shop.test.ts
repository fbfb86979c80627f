import { createHash } from "node:crypto";
import type { PGlite } from "@electric-sql/pglite";
import { createKit, type Kit } from "@seaworthy/sdk";
import type { Controls } from "@seaworthy/sdk/controls";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { demoAccount } from "./accounts.ts";
import { Database, openPGlite } from "./database.ts";
import { faultNames } from "./faults.ts";
import { createShop, type Shop } from "./shop.ts";

let kit: Kit;
let opening: Promise<PGlite>;
let shop: Shop;
let url: string;

/** What operators have switched on. */
const controlsOn = new Set<string>();

beforeAll(async () => {
  kit = createKit({ service: "shop", logs: { level: "silent" } });
  opening = openPGlite(undefined);
  shop = await createShop(opening, kit, {
    isOn: (name) => controlsOn.has(name),
    value: ((name: string) => controlsOn.has(name)) as unknown as Controls["value"],
    close: async () => {},
  });
  url = await shop.app.listen({ port: 0, host: "127.0.0.1" });
});
afterEach(() => shop.faults.clear());
afterAll(() => shop.close());

/** A visitor with a browser: keeps cookies, reads pages, does not follow redirects. */
function visitor() {
  let cookie = "";
  return async (path: string, form?: Record<string, string>): Promise<Response> => {
    const response = await fetch(url + path, {
      method: form === undefined ? "GET" : "POST",
      headers: { accept: "text/html", cookie },
      redirect: "manual",
      ...(form === undefined ? {} : { body: new URLSearchParams(form) }),
    });
    cookie = response.headers.getSetCookie()[0]?.split(";", 1)[0] ?? cookie;
    return response;
  };
}

const setFault = (name: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${url}/faults/${name}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });

test("sells: catalogue, product, cart, checkout, order", async () => {
  const visit = visitor();
  const home = await (await visit("/")).text();
  expect(home).toContain("Storm lantern");
  expect(await (await visit("/?category=Galley")).text()).not.toContain("Storm lantern");
  expect(await (await visit("/products/1")).text()).toContain("€49.00");
  for (const product of ["1", "1", "6"]) {
    const added = await visit("/cart/items", { product });
    expect(added.headers.get("location")).toBe("/cart");
  }
  const cart = await (await visit("/cart")).text();
  expect(cart).toContain("€98.00");
  expect(cart).toContain("€112.00");
  const ordered = await visit("/checkout", {});
  expect(ordered.status).toBe(303);
  const place = ordered.headers.get("location") ?? "";
  const thanks = await (await visit(place)).text();
  expect(thanks.replaceAll(/\s+/g, " ")).toContain("3 items, €112.00");
  expect(await (await visit("/cart")).text()).toContain("Your cart is empty");
  // Nobody else may look at it.
  expect((await visitor()(place)).status).toBe(404);
  expect((await visit("/checkout", {})).status).toBe(409);
});

test("answers programs in JSON, with problem details for what is wrong", async () => {
  const list = await (await fetch(url)).json();
  expect(list).toHaveLength(12);
  const missing = await fetch(`${url}/products/99999999999`);
  expect(missing.status).toBe(404);
  expect(missing.headers.get("content-type")).toContain("application/problem+json");
  const nothing = await visitor()("/cart/items", { product: "' or 1=1" });
  expect(nothing.status).toBe(404);
});

test("signs in, and counts who failed", async () => {
  const visit = visitor();
  const wrong = await visit("/sign-in", { email: demoAccount.email, password: "guess" });
  expect(wrong.status).toBe(401);
  expect(await wrong.text()).toContain("do not belong together");
  expect((await visit("/sign-in", { ...demoAccount })).status).toBe(303);
  expect(await (await visit("/")).text()).toContain("Sign out");
  await visit("/sign-out", {});
  expect(await (await visit("/")).text()).toContain("Sign in");
  const metrics = await kit.registry.metrics();
  expect(metrics).toContain('auth_attempts_total{result="failure"} 1');
  expect(metrics).toContain('auth_attempts_total{result="success"} 1');
});

test("pages load nothing from elsewhere and allow no script", async () => {
  const response = await visitor()("/");
  const policy = response.headers.get("content-security-policy");
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toContain("unsafe");
  const text = await response.text();
  const style = /<style>([^]*)<\/style>/.exec(text)?.[1] ?? "";
  const hash = createHash("sha256").update(style).digest("base64");
  expect(policy).toContain(`style-src 'sha256-${hash}'`);
  expect(text).not.toMatch(/<script|\son\w+=|\sstyle=|(?:src|href)="(?:https?:)?\/\//);
});

test("failing checkouts answer 500 with a reference and count as errors", async () => {
  expect((await setFault("errors", { on: true })).status).toBe(200);
  const visit = visitor();
  await visit("/cart/items", { product: "1" });
  const failed = await visit("/checkout", {});
  expect(failed.status).toBe(500);
  const text = await failed.text();
  expect(text).toContain(failed.headers.get("x-request-id") ?? "none");
  expect(text).not.toContain("payment provider");
  await setFault("errors", { on: false });
  // The cart survived, and the next attempt succeeds.
  expect((await visit("/checkout", {})).status).toBe(303);
  const metrics = await kit.registry.metrics();
  expect(metrics).toContain('errors_total{type="PaymentProviderError"} 1');
  expect(metrics).toMatch(
    /http_requests_total\{method="POST",path="\/checkout",status="500"\} 1\n/,
  );
});

test("a shop that is down answers nothing but its switch", async () => {
  await setFault("down", { on: true });
  for (const path of ["/", "/metrics", "/health", "/health/live", "/faultsx"])
    await expect(fetch(url + path)).rejects.toThrow();
  expect(await (await fetch(`${url}/faults`)).json()).toMatchObject({ down: true, errors: false });
  expect(await (await visitor()("/faults")).text()).toContain("Switch off");
  expect((await setFault("down", { on: false })).status).toBe(200);
  expect((await fetch(`${url}/health`)).status).toBe(200);
});

test("a slow database is seen in the queries' durations", async () => {
  const slow = async () =>
    /database_query_duration_seconds_bucket\{le="0\.5",operation="catalogue\.get",outcome="ok"\} (\d+)[^]*?le="\+Inf",operation="catalogue\.get",outcome="ok"\} (\d+)/.exec(
      await kit.registry.metrics(),
    );
  await fetch(`${url}/products/2`);
  const before = await slow();
  await setFault("slow", { on: true });
  await fetch(`${url}/products/2`);
  const after = await slow();
  expect(after?.[1]).toBe(before?.[1]);
  expect(Number(after?.[2])).toBe(Number(before?.[2]) + 1);
});

test("switches by form go back to the page", async () => {
  const visit = visitor();
  const switched = await visit("/faults/leak", { on: "true" });
  expect(switched.headers.get("location")).toBe("/faults");
  expect(shop.faults.isOn("leak")).toBe(true);
  expect(await (await visit("/")).text()).toContain("Switched on: Memory leak");
  await visit("/faults/leak", { on: "false" });
  expect(shop.faults.isOn("leak")).toBe(false);
});

test("unknown faults, other sites and unclear wishes are refused", async () => {
  const unknown = await setFault("flood", { on: true });
  expect(unknown.status).toBe(404);
  expect(await unknown.json()).toMatchObject({
    detail: `The faults are ${faultNames.join(", ")}.`,
  });
  expect((await setFault("errors", { on: true }, { "sec-fetch-site": "cross-site" })).status).toBe(
    403,
  );
  for (const body of [{}, { on: "maybe" }, { on: 1 }, [], null])
    expect((await setFault("errors", body)).status).toBe(400);
  expect(shop.faults.isOn("errors")).toBe(false);
});

test("old orders and abandoned carts are dropped", async () => {
  const db = await opening;
  await db.exec(`insert into orders (session, cents, items)
    select 'old', 100, 1 from generate_series(1, 1500)`);
  await db.exec(`insert into cart_items (session, product, quantity, added_at)
    select 's' || i, 1, 1, now() - i * interval '1 minute' from generate_series(1, 2500) i`);
  await new Database(opening, kit, () => 0).prune();
  const count = async (table: string) =>
    (await db.query<{ n: number }>(`select count(*)::integer as n from ${table}`)).rows[0]?.n;
  expect(await count("orders")).toBe(1_000);
  expect(await count("cart_items")).toBe(2_001);
});

test("stops orders and changes when operators say so, and says that it does", async () => {
  const visit = visitor();
  controlsOn.add("kill-switch");
  const stopped = await visit("/checkout", {});
  expect([stopped.status, stopped.headers.get("retry-after")]).toEqual([503, "30"]);
  expect(await (await visit("/")).text()).toContain("kill switch (no orders)");
  controlsOn.clear();
  controlsOn.add("safe-mode");
  expect((await visit("/sign-out", {})).status).toBe(503);
  expect((await setFault("errors", { on: false })).status).toBe(200);
  controlsOn.clear();
  expect((await visit("/sign-out", {})).status).toBe(303);
});
