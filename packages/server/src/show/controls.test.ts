import { afterAll, beforeAll, describe, expect, it } from "vitest";
import pino from "pino";
import { ensureUser, listAudit } from "../store/index.ts";
import { createControls } from "../respond/index.ts";
import type { Operator } from "../respond/index.ts";
import { BOOTSTRAP, testServer } from "../../test/http.ts";
import type { TestServer } from "../../test/http.ts";
import { ManualClock } from "../../test/manual-clock.ts";

const MINUTE = 60_000;
const clock = new ManualClock(Date.now());
let server: TestServer;
let ana: Operator;
let ben: Operator;
let places = 0;
beforeAll(async () => {
  server = await testServer({ clock, limits: { controlStreamsPerToken: 3, controlStreams: 4 } });
  server.controls.start();
  const person = async (name: string): Promise<Operator> => {
    const email = `${name}@sea.test`;
    const { id } = await server.records.transaction((tx) =>
      ensureUser(tx, { email, name, role: "member" }),
    );
    return { name: email, personId: id, isPerson: true };
  };
  ana = await person("ana");
  ben = await person("ben");
});
afterAll(async () => {
  const closing = server.http.close();
  // Connections that the tests left behind are given time, which only the test lets pass.
  clock.advance(MINUTE);
  await closing;
  await server.close();
});

/** A service with controls of its own for each test. */
async function newPlace() {
  places += 1;
  const place = { service: `shop-${places}`, environment: "production" };
  await server.controls.addService(ana, place);
  return place;
}

const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` });
const call = (method: string, path: string, body?: unknown, secret = BOOTSTRAP) =>
  fetch(server.url + path, {
    method,
    headers: {
      ...bearer(secret),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code;
const valueOf = async (place: { service: string; environment: string }, name: string) =>
  (await server.controls.list(place)).services[0]?.controls.find((each) => each.name === name);

/** Reads a stream event by event; undefined at its end. */
async function listen(query: string, headers: Record<string, string> = bearer(BOOTSTRAP)) {
  const stop = new AbortController();
  const response = await fetch(`${server.url}/api/controls/stream?${query}`, {
    headers,
    signal: stop.signal,
  });
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  let text = "";
  return {
    response,
    stop: () => stop.abort(),
    async next(): Promise<string | undefined> {
      for (;;) {
        const end = text.indexOf("\n\n");
        if (end !== -1) {
          const event = text.slice(0, end);
          text = text.slice(end + 2);
          if (!event.startsWith("retry:")) return event;
          continue;
        }
        const { done, value } = await reader.read();
        if (done) return undefined;
        text += decoder.decode(value, { stream: true });
      }
    },
  };
}

describe("changing controls", () => {
  it("is versioned, told to the service's incidents, and audited", async () => {
    const place = await newPlace();
    const opened = await server.incidents.open("ana", {
      title: "Down",
      severity: "P1",
      service: place.service,
    });
    const path = `/api/controls/${place.service}/production/kill-switch/value`;
    const wanted = { value: true, reason: "cards are charged twice", confirm: place.service };
    const missing = await call("POST", path, { ...wanted, confirm: undefined });
    expect([missing.status, await codeOf(missing)]).toEqual([400, "control_confirmation_missing"]);
    const set = await call("POST", path, wanted);
    expect(set.status).toBe(200);
    const { control } = (await set.json()) as { control: { revision: number; changedBy: string } };
    expect(control).toMatchObject({ value: true, changedBy: "token:SEAWORTHY_TOKEN" });

    const stale = await call("POST", path, {
      value: false,
      reason: "over again",
      revision: control.revision - 1,
    });
    expect([stale.status, await codeOf(stale)]).toEqual([409, "control_changed"]);
    const again = await call("POST", path, wanted);
    expect(((await again.json()) as typeof set & { control: object }).control).toEqual(control);

    const { timeline } = await server.incidents.get(opened.incident.id);
    expect(timeline.filter(({ kind }) => kind === "control")).toMatchObject([
      {
        actor: "token:SEAWORTHY_TOKEN",
        text: `kill-switch of ${place.service} (production): off → on. cards are charged twice`,
      },
    ]);
    const { entries } = await listAudit(server.records.db, { limit: 1 });
    expect(entries[0]).toMatchObject({
      action: "control.set",
      subject: `${place.service}/production/kill-switch`,
      detail: { was: false, value: true, reason: "cards are charged twice" },
    });
    const history = await call("GET", `/api/controls/history?service=${place.service}&limit=1`);
    expect(await history.json()).toMatchObject({
      changes: [{ was: false, value: true, by: "token:SEAWORTHY_TOKEN", until: null }],
      next: null,
    });
  });

  it.each([
    [
      "shop-none/production/kill-switch",
      { value: true, reason: "why not" },
      404,
      "control_not_found",
    ],
    ["PLACE/production/kill-siwtch", { value: true, reason: "why not" }, 404, "control_not_found"],
    [
      "PLACE/production/safe-mode",
      { value: "on", reason: "why not" },
      400,
      "control_value_invalid",
    ],
    ["PLACE/production/rate", { value: 11, reason: "why not" }, 400, "control_value_invalid"],
    ["PLACE/production/plan", { value: "c", reason: "why not" }, 400, "control_value_invalid"],
    ["PLACE/production/rate", { value: 1, reason: "x".repeat(501) }, 400, "request_invalid"],
    ["PLACE/production/rate", { value: 1, reason: "" }, 400, "request_invalid"],
    ["PLACE/production/rate", { value: {}, reason: "why not" }, 400, "request_invalid"],
  ])("refuses %s with %j", async (path, body, status, code) => {
    const place = await newPlace();
    const base = `/api/controls/${place.service}/production`;
    const rate = { range: { kind: "number", min: 0, max: 10 }, normal: 5 };
    const plan = { range: { kind: "choice", options: ["a", "b"] }, normal: "a" };
    expect((await call("PUT", `${base}/rate`, rate)).status).toBe(200);
    expect((await call("PUT", `${base}/plan`, plan)).status).toBe(200);
    const wrong = await call("PUT", `${base}/rate`, { ...rate, normal: 11 });
    expect(await codeOf(wrong)).toBe("control_definition_invalid");
    const where = path.replace("PLACE", place.service);
    const answer = await call("POST", `/api/controls/${where}/value`, body);
    expect([answer.status, await codeOf(answer)]).toEqual([status, code]);
  });

  it("goes back to the value before when its time is over, once, with two servers", async () => {
    const place = await newPlace();
    const other = createControls({
      records: server.records,
      clock,
      log: pino({ level: "silent" }),
      announce: () => {},
    });
    other.start();
    const mode = { value: true, reason: "the disk is full", lastsMs: 10 * MINUTE };
    const wanted = { ...mode, confirm: place.service };
    await server.controls.set(ana, place, "safe-mode", wanted);
    clock.advance(5 * MINUTE);
    // Longer: what it goes back to is still the value before all of it.
    await server.controls.set(ben, place, "safe-mode", wanted);
    clock.advance(6 * MINUTE);
    await Promise.all([server.controls.settle(), other.settle()]);
    expect(await valueOf(place, "safe-mode")).toMatchObject({ value: true });
    clock.advance(4 * MINUTE);
    await Promise.all([server.controls.settle(), other.settle()]);
    expect(await valueOf(place, "safe-mode")).toMatchObject({
      value: false,
      expiry: null,
      changedBy: "system",
    });
    await other.stop();
    const { changes } = await server.controls.history({ ...place, limit: 10 });
    expect(changes.map(({ actor, value }) => [actor, value])).toEqual([
      ["system", false],
      ["ben@sea.test", true],
      ["ana@sea.test", true],
    ]);
  });

  it("waits for a second person where it is so set", async () => {
    const place = await newPlace();
    await server.controls.define(ana, place, "refunds", {
      range: { kind: "boolean" },
      normal: true,
      description: "",
      dangerous: false,
      twoPerson: "away",
    });
    const wanted = { value: false, reason: "fraud is suspected" };
    const { control, pending } = await server.controls.set(ana, place, "refunds", wanted);
    expect(control.value).toBe(true);
    const id = pending?.id ?? "";
    await expect(server.controls.set(ben, place, "refunds", wanted)).rejects.toMatchObject({
      code: "control_request_waits",
    });
    await expect(server.controls.approve(ana, id)).rejects.toMatchObject({
      code: "control_own_request",
    });
    const token: Operator = { name: "token:ben", personId: ben.personId, isPerson: false };
    await expect(server.controls.approve(token, id)).rejects.toMatchObject({
      code: "control_person_required",
    });
    const two = await Promise.allSettled([
      server.controls.approve(ben, id),
      server.controls.approve(ben, id),
    ]);
    expect(two.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(await valueOf(place, "refunds")).toMatchObject({
      value: false,
      changedBy: "ana@sea.test",
    });
    // Back to normal nobody is waited for.
    const back = await server.controls.set(ana, place, "refunds", { ...wanted, value: true });
    expect(back).toMatchObject({ control: { value: true }, pending: null });

    // What a token asks for, its owner asks for.
    const owned: Operator = { name: "token:ana", personId: ana.personId, isPerson: false };
    const asked = await server.controls.set(owned, place, "refunds", wanted);
    await expect(server.controls.approve(ana, asked.pending?.id ?? "")).rejects.toMatchObject({
      code: "control_own_request",
    });
    await server.controls.reject(ben, asked.pending?.id ?? "");
    const nobody: Operator = { name: "token:old", personId: null, isPerson: false };
    await expect(server.controls.set(nobody, place, "refunds", wanted)).rejects.toMatchObject({
      code: "control_person_required",
    });

    const late = await server.controls.set(ana, place, "refunds", wanted);
    clock.advance(31 * MINUTE);
    await expect(server.controls.approve(ben, late.pending?.id ?? "")).rejects.toMatchObject({
      code: "control_request_not_found",
    });
    await server.controls.settle();
    expect((await server.controls.list(place)).pending).toEqual([]);
    expect(await valueOf(place, "refunds")).toMatchObject({ value: true });
  });
});

describe("reading controls", () => {
  it("answers values with a tag, and 304 while nothing has changed", async () => {
    const place = await newPlace();
    const query = `service=${place.service}&environment=production`;
    const first = await call("GET", `/api/controls/values?${query}`);
    expect(await first.json()).toMatchObject({
      ...place,
      controls: { "kill-switch": false, "safe-mode": false, "operator-takeover": false },
    });
    const tag = { "if-none-match": first.headers.get("etag") ?? "", ...bearer(BOOTSTRAP) };
    const url = `${server.url}/api/controls/values?${query}`;
    expect((await fetch(url, { headers: tag })).status).toBe(304);
    await server.controls.set(ana, place, "operator-takeover", { value: true, reason: "by hand" });
    await expect.poll(async () => (await fetch(url, { headers: tag })).status).toBe(200);
    const unknown = await call("GET", "/api/controls/values?service=new&environment=e");
    expect(await unknown.json()).toMatchObject({ revision: 0, controls: {} });
    expect((await call("GET", "/api/controls/values")).status).toBe(400);
  });

  it("streams every change, whichever server made it, and resumes by revision", async () => {
    const place = await newPlace();
    const query = `service=${place.service}&environment=production`;
    const stream = await listen(query);
    expect(stream.response.headers.get("content-type")).toBe("text/event-stream");
    expect(await stream.next()).toContain('"operator-takeover":false');
    // It has told nobody of its own: what arrives comes by way of PostgreSQL.
    const other = createControls({
      records: server.records,
      clock,
      log: pino({ level: "silent" }),
      announce: () => {},
    });
    const { control } = await other.set(ana, place, "operator-takeover", {
      value: true,
      reason: "by hand",
    });
    const event = await stream.next();
    expect(event).toContain('"operator-takeover":true');
    expect(event).toContain(`id: ${control.revision}\n`);
    stream.stop();

    const resumed = await listen(query, {
      ...bearer(BOOTSTRAP),
      "last-event-id": String(control.revision),
    });
    clock.advance(16_000);
    expect(await resumed.next()).toBe(":");
    await other.set(ana, place, "operator-takeover", { value: false, reason: "over" });
    expect(await resumed.next()).toContain('"operator-takeover":false');
    resumed.stop();
  });

  it("keeps a service's token to its service", async () => {
    const admin = { kind: "bootstrap" } as const;
    const make = (scope: "controls" | "ingest" | "read", controls?: object) =>
      call("POST", "/api/tokens", { name: "t", scope, ...(controls && { controls }) });
    const controls = await newPlace();
    for (const scope of ["controls", "ingest"] as const) {
      const { secret } = await server.access.createToken(admin, {
        name: scope,
        scope,
        expiresAt: null,
        controls,
      });
      expect((await call("GET", "/api/controls/values", undefined, secret)).status).toBe(200);
      const elsewhere = "/api/controls/values?service=other";
      const refused = await call("GET", elsewhere, undefined, secret);
      expect([refused.status, await codeOf(refused)]).toEqual([403, "controls_of_other_service"]);
      expect((await call("GET", "/api/controls", undefined, secret)).status).toBe(403);
    }
    expect(await codeOf(await make("controls"))).toBe("token_controls_misplaced");
    expect(await codeOf(await make("read", controls))).toBe("token_controls_misplaced");
    const plain = await server.token("ingest");
    const query = "/api/controls/values?service=a&environment=b";
    expect(await codeOf(await call("GET", query, undefined, plain))).toBe(
      "controls_of_other_service",
    );
  });

  it("takes so many streams of one token, and so many in all", async () => {
    const query = "service=many&environment=e";
    const streams = [await listen(query), await listen(query), await listen(query)];
    const fourth = await call("GET", `/api/controls/stream?${query}`);
    expect([fourth.status, fourth.headers.get("retry-after")]).toEqual([429, "5"]);
    const token = bearer(await server.token("read"));
    streams.push(await listen(query, token));
    const fifth = await fetch(`${server.url}/api/controls/stream?${query}`, { headers: token });
    expect([fifth.status, await codeOf(fifth)]).toEqual([503, "too_many_control_streams"]);
    for (const stream of streams) stream.stop();
    await expect
      .poll(() => server.controls.feed.listeners({ service: "many", environment: "e" }))
      .toBe(0);
  });
});
