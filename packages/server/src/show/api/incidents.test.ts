import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { alertmanagerWebhook, incident as incidentSchema } from "@seaworthy/contract";
import type { Incident } from "@seaworthy/contract";
import { BOOTSTRAP, testServer } from "../../../test/http.ts";
import { SECRET, gif, jpeg, png } from "../../../test/pictures.ts";
import { systemClock } from "../../model/index.ts";
import { createIncidents } from "../../respond/index.ts";
import type { TestServer } from "../../../test/http.ts";

const ADMIN = { authorization: `Bearer ${BOOTSTRAP}`, "content-type": "application/json" };

let server: TestServer;
let key: Record<string, string>;
beforeAll(async () => {
  server = await testServer();
  key = {
    authorization: `Bearer ${await server.token("ingest")}`,
    "content-type": "application/json",
  };
});
afterAll(() => server.close());
beforeEach(async () => {
  await server.records.db.deleteFrom("incidents").execute();
});

async function call(method: string, path: string, body?: unknown) {
  const response = await fetch(server.url + path, {
    method,
    headers: ADMIN,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Incident };
}

/** What Alertmanager 0.25 sends, to the letter. */
function webhook(status: "firing" | "resolved", labels: Record<string, string> = {}) {
  return {
    receiver: "seaworthy",
    status,
    alerts: [
      {
        status,
        labels: { alertname: "HighErrorRate", service: "shop", severity: "critical", ...labels },
        annotations: { summary: "A tenth of the checkouts fail" },
        startsAt: "2026-01-01T00:00:00.123456789Z",
        endsAt: status === "firing" ? "0001-01-01T00:00:00Z" : "2026-01-01T00:01:00Z",
        generatorURL: "http://prom:9090/graph?g0.expr=rate%28errors%5B1m%5D%29+%3E+0.1&g0.tab=1",
        fingerprint: "0123456789abcdef",
      },
    ],
    groupLabels: { alertname: "HighErrorRate" },
    commonLabels: {},
    commonAnnotations: {},
    externalURL: "http://alertmanager:9093",
    version: "4",
    groupKey: '{}:{alertname="HighErrorRate"}',
    truncatedAlerts: 0,
  };
}
async function send(body: unknown) {
  const response = await fetch(`${server.url}/api/webhooks/alertmanager`, {
    method: "POST",
    headers: key,
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as { incidents: string[] } };
}

describe("incidents over HTTP", () => {
  it("are opened, acknowledged, commented and resolved by people", async () => {
    const opened = await call("POST", "/api/incidents", {
      title: "The till is slow",
      severity: "P2",
      comment: "Three customers called",
    });
    expect(opened.status).toBe(201);
    expect(opened.body).toMatchObject({
      number: 1,
      state: "triggered",
      service: null,
      alerts: [],
      timeline: [
        { kind: "opened", actor: "token:SEAWORTHY_TOKEN" },
        { kind: "comment", text: "Three customers called" },
      ],
    });
    const { id } = opened.body;
    expect((await call("POST", "/api/incidents/1/acknowledge", {})).body.state).toBe(
      "acknowledged",
    );
    // A POST without a body is what curl sends, and as good.
    expect((await call("POST", `/api/incidents/${id}/acknowledge`)).status).toBe(200);
    const commented = await call("POST", `/api/incidents/${id}/comments`, { text: "On it" });
    expect(commented.status).toBe(201);
    const resolved = await call("POST", `/api/incidents/${id}/resolve`, { comment: "Fixed" });
    expect(resolved.body.state).toBe("resolved");
    expect(resolved.body.timeline.map((entry) => entry.kind)).toEqual([
      "opened",
      "comment",
      "acknowledged",
      "comment",
      "comment",
      "resolved",
    ]);
    const conflict = await call("POST", `/api/incidents/${id}/acknowledge`, {});
    expect([conflict.status, conflict.body]).toMatchObject([409, { code: "incident_resolved" }]);
    expect(incidentSchema.safeParse(resolved.body).success).toBe(true);
  });

  it.each(["9", "x", "00000000-0000-4000-8000-000000000000", "%00", "1%27", "-1"])(
    "are not found by %s",
    async (id) => {
      const { status, body } = await call("GET", `/api/incidents/${id}`);
      expect([status, body]).toMatchObject([404, { code: "incident_not_found" }]);
    },
  );

  it("come in pages", async () => {
    for (let n = 1; n <= 5; n += 1) {
      await call("POST", "/api/incidents", { title: `no. ${n}`, severity: "P3" });
    }
    const numbers: number[] = [];
    let before: number | null = null;
    do {
      const suffix: string = before === null ? "" : `&before=${before}`;
      const response = await fetch(`${server.url}/api/incidents?limit=2${suffix}`, {
        headers: ADMIN,
      });
      const page = (await response.json()) as {
        incidents: { number: number }[];
        next: number | null;
      };
      numbers.push(...page.incidents.map((one) => one.number));
      before = page.next;
    } while (before !== null);
    expect(numbers).toEqual([5, 4, 3, 2, 1]);
  });
});

describe("Alertmanager's webhook", () => {
  it("opens an incident with its evidence, joins repeats and resolves it", async () => {
    const first = await send(webhook("firing"));
    expect(first.status).toBe(200);
    const again = await send(webhook("firing"));
    expect(again.body).toEqual(first.body);
    const [id] = first.body.incidents;
    const { body } = await call("GET", `/api/incidents/${id}`);
    expect(body).toMatchObject({
      title: "A tenth of the checkouts fail",
      severity: "P1",
      service: "shop",
      firingAlerts: 1,
      alerts: [
        {
          expression: "rate(errors[1m]) > 0.1",
          startsAt: "2026-01-01T00:00:00.123Z",
          endsAt: null,
        },
      ],
    });
    expect(body.timeline).toHaveLength(2);
    await send(webhook("resolved"));
    const after = await call("GET", `/api/incidents/${id}`);
    expect(after.body).toMatchObject({
      state: "resolved",
      alerts: [{ status: "resolved", endsAt: "2026-01-01T00:01:00.000Z" }],
    });
  });

  it("answers very many alerts page by page", async () => {
    const many = webhook("firing");
    const [one] = many.alerts;
    const alerts = Array.from({ length: 130 }, (_, n) => ({
      ...one,
      labels: { ...one?.labels, instance: String(n) },
      startsAt: `2026-01-01T00:00:0${n % 3}.5Z`,
    }));
    await send({ ...many, alerts });
    const { incidents } = (await call("GET", "/api/incidents")).body as unknown as {
      incidents: { number: number }[];
    };
    const path = `/api/incidents/${incidents[0]?.number}`;
    const { body: whole } = await call("GET", path);
    expect(whole).toMatchObject({ alertCount: 130 });
    const read = whole.alerts.map(({ fingerprint }) => fingerprint);
    const begun = whole.alerts.map(({ startsAt }) => startsAt);
    let next = whole.moreAlerts;
    while (next !== null) {
      const query = `${path}/alerts?limit=30&after=${next}`;
      const page = (await call("GET", query)).body as unknown as {
        alerts: Incident["alerts"];
        next: string | null;
      };
      read.push(...page.alerts.map(({ fingerprint }) => fingerprint));
      begun.push(...page.alerts.map(({ startsAt }) => startsAt));
      next = page.next;
    }
    expect(new Set(read).size).toBe(130);
    expect(read).toHaveLength(130);
    expect(begun).toEqual([...begun].sort());
    for (const wrong of ["x", "firing.1.", "firing.999999999999999999.ab", "open.1.ab"])
      expect((await call("GET", `${path}/alerts?after=${wrong}`)).status, wrong).toBe(400);
    expect((await call("GET", `${path}/alerts?after=firing.999999999999999.ab`)).body).toEqual({
      alerts: [],
      next: null,
    });
    expect((await call("GET", "/api/incidents/999/alerts")).status).toBe(404);
  });

  it("opens one incident when two replicas send at once", async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => send(webhook("firing", { replica: String(n % 2) }))),
    );
    expect(new Set(answers.flatMap(({ body }) => body.incidents)).size).toBe(1);
  });

  it.each([
    ["another version", { ...webhook("firing"), version: "3" }, "body.version"],
    ["no alerts", { ...webhook("firing"), alerts: undefined }, "body.alerts"],
    [
      "labels that are no text",
      { ...webhook("firing"), alerts: [{ ...webhook("firing").alerts[0], labels: { a: 1 } }] },
      "body.alerts.0.labels.a",
    ],
    [
      "a time that is none",
      { ...webhook("firing"), alerts: [{ ...webhook("firing").alerts[0], startsAt: "now" }] },
      "body.alerts.0.startsAt",
    ],
  ])("names what is wrong with %s", async (_, body, field) => {
    const { status, body: problem } = await send(body);
    expect([status, problem]).toMatchObject([400, { errors: [{ field }] }]);
  });

  it("refuses a body that is too large, or deeper than any alert", async () => {
    const large = await send(`{"version":"4","x":"${"x".repeat(9 * 1024 * 1024)}"}`);
    expect([large.status, large.body]).toMatchObject([413, { code: "body_too_large" }]);
    const deep = await send(`${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`);
    expect(deep.status).toBe(400);
    const deepInside = JSON.stringify(webhook("firing")).replace(
      '"truncatedAlerts":0',
      `"extra":${"[".repeat(50_000)}${"]".repeat(50_000)}`,
    );
    expect([200, 400]).toContain((await send(deepInside)).status);
  });

  it("takes what the schema takes, whatever is in it, and refuses the rest", async () => {
    const text = fc.string({ unit: "binary", maxLength: 20 });
    const labels = fc.dictionary(text, text, { maxKeys: 4 });
    const time = fc
      .date({ min: new Date(0), max: new Date("9999-01-01"), noInvalidDate: true })
      .map((date) => date.toISOString());
    const alert = fc.record({
      status: fc.constantFrom("firing", "resolved"),
      labels: fc.oneof(
        labels,
        labels.map((some) => ({ ...some, severity: "critical" })),
      ),
      annotations: labels,
      startsAt: time,
      endsAt: time,
      generatorURL: text,
    });
    const sane = fc.record({
      version: fc.constant("4"),
      groupKey: text,
      status: fc.constantFrom("firing", "resolved"),
      alerts: fc.array(alert, { maxLength: 5 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.oneof(sane, fc.object(), fc.jsonValue()), async (body) => {
        const json = JSON.stringify(body);
        // Names that poison objects are refused before any schema sees them.
        fc.pre(!/__proto__|constructor/.test(json));
        const valid = alertmanagerWebhook.body.safeParse(JSON.parse(json)).success;
        expect((await send(json)).status).toBe(valid ? 200 : 400);
      }),
      { numRuns: 250 },
    );
    expect(server.logged).toEqual([]);
  });
});

describe("notes", () => {
  const open = async () =>
    (await call("POST", "/api/incidents", { title: "The till is slow", severity: "P2" })).body;

  async function send(incidentId: string, bytes: Buffer, type = "image/png", query = "") {
    const response = await fetch(`${server.url}/api/incidents/${incidentId}/pictures${query}`, {
      method: "POST",
      headers: { authorization: ADMIN.authorization, "content-type": type },
      body: new Uint8Array(bytes),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }
  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(server.url + path, { headers: { authorization: ADMIN.authorization, ...headers } });

  it("are Markdown, without what a page must not have", async () => {
    const { id } = await open();
    const text = "**Look** at <img src=x onerror=alert(1)> [it](javascript:alert(1))\n\n- `ls`";
    const { status, body } = await call("POST", `/api/incidents/${id}/comments`, { text });
    expect(status).toBe(201);
    const note = body.timeline.at(-1);
    expect(note).toMatchObject({ kind: "comment", text });
    const shown = JSON.stringify(note?.blocks);
    expect(shown).toContain('"type":"strong"');
    expect(shown).toContain('"type":"list"');
    expect(shown).not.toContain("javascript:");
    expect(shown).not.toContain('"type":"link"');
    // What is beyond Markdown's limits stays the text that it is.
    const deep = ">".repeat(200);
    const after = await call("POST", `/api/incidents/${id}/comments`, { text: deep });
    expect(after.body.timeline.at(-1)).toEqual(
      expect.not.objectContaining({ blocks: expect.anything() }),
    );
    expect(after.body.timeline.at(-1)?.text).toBe(deep);
  });

  it("have pictures, which are told apart by what is in them and kept without secrets", async () => {
    const { id } = await open();
    const sent = await send(id, jpeg(6), "image/png");
    expect(sent).toMatchObject({
      status: 201,
      body: { type: "image/jpeg", width: 8, height: 12 },
    });
    const picture = String(sent.body["id"]);
    const moving = await send(id, gif(), "application/octet-stream");
    const pictures = [
      { id: picture, alt: "The till" },
      { id: String(moving.body["id"]), alt: "" },
    ];
    const noted = await call("POST", `/api/incidents/${id}/comments`, { pictures });
    expect(noted.status).toBe(201);
    expect(noted.body.timeline.at(-1)).toMatchObject({
      kind: "picture",
      text: "2 pictures: The till",
      pictures: [
        { id: picture, alt: "The till", width: 8, height: 12 },
        { alt: "", width: 1, height: 1 },
      ],
    });
    const shown = await get(`/api/pictures/${picture}`);
    expect(shown.headers.get("content-type")).toBe("image/jpeg");
    expect(shown.headers.get("x-content-type-options")).toBe("nosniff");
    expect(shown.headers.get("content-security-policy")).toContain("sandbox");
    expect(shown.headers.get("cache-control")).toBe("private, max-age=86400");
    expect(shown.headers.get("cross-origin-resource-policy")).toBe("same-origin");
    expect(Buffer.from(await shown.arrayBuffer()).toString("latin1")).not.toContain(SECRET);
    const tag = shown.headers.get("etag") ?? "";
    expect((await get(`/api/pictures/${picture}`, { "if-none-match": tag })).status).toBe(304);
    expect((await fetch(`${server.url}/api/pictures/${picture}`)).status).toBe(401);
    // Once it stands below a note it stands there alone.
    const again = await call("POST", `/api/incidents/${id}/comments`, { pictures });
    expect(again).toMatchObject({ status: 404, body: { code: "picture_not_found" } });
    const other = await open();
    const moved = await call("POST", `/api/incidents/${id}/merge`, { into: String(other.number) });
    expect(moved.status).toBe(200);
    expect(moved.body.timeline.some(({ kind }) => kind === "picture")).toBe(true);

    const entry = moved.body.timeline.find(({ kind }) => kind === "picture")?.id ?? "";
    const removed = await call("DELETE", `/api/incidents/${other.id}/comments/${entry}`);
    expect(removed.status).toBe(200);
    expect(removed.body.timeline.at(-1)).toMatchObject({ kind: "edited" });
    expect((await get(`/api/pictures/${picture}`)).status).toBe(404);
    const audited = await server.records.db.selectFrom("audit_log").select("action").execute();
    const actions = audited.map(({ action }) => action);
    expect(actions).toEqual(
      expect.arrayContaining(["incident.add_picture", "incident.comment", "incident.remove_note"]),
    );
  });

  it("are removed by whoever wrote them, or by an administrator", async () => {
    const { id, timeline } = await open();
    const { incident } = await server.incidents.open("ben@x.org", {
      title: "Ben's",
      severity: "P3",
      service: null,
      comment: "mine",
    });
    const detail = await server.incidents.get(incident.id);
    const own = detail.timeline.find(({ kind }) => kind === "comment")?.id ?? "";
    const remove = (actor: string, entry: string, any: boolean) =>
      server.incidents.removeNote(actor, incident.id, entry, any);
    await expect(remove("ann@x.org", own, false)).rejects.toMatchObject({
      code: "note_of_another",
    });
    await remove("ben@x.org", own, false);
    await expect(remove("ben@x.org", own, true)).rejects.toMatchObject({
      code: "incident_part_not_found",
    });
    // What is no note stays.
    const opened = timeline[0]?.id ?? "";
    expect(await call("DELETE", `/api/incidents/${id}/comments/${opened}`)).toMatchObject({
      status: 404,
    });
    expect(await call("POST", `/api/incidents/${id}/comments`, { text: "" })).toMatchObject({
      status: 400,
      body: { code: "note_empty" },
    });
  });

  it("refuse what is no picture, and too many", async () => {
    const { id } = await open();
    const svg = Buffer.from("<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>");
    expect(await send(id, svg)).toMatchObject({ status: 400, body: { code: "picture_refused" } });
    expect(await send(id, svg, "image/svg+xml")).toMatchObject({ status: 415 });
    expect(await send(id, png(4, 4, { width: 65_535, height: 65_535 }))).toMatchObject({
      status: 400,
      body: { code: "picture_refused" },
    });
    expect(await send(id, png().subarray(0, 60))).toMatchObject({ status: 400 });
    expect(await send(id, Buffer.alloc(10 * 1024 * 1024 + 1))).toMatchObject({
      status: 413,
      body: { code: "body_too_large" },
    });
    expect(await send("4711", png())).toMatchObject({ status: 404 });
    for (const path of ["../../etc/passwd", "%2e%2e%2fx", "00000000-0000-4000-8000-000000000000"])
      expect((await get(`/api/pictures/${path}`)).status).toBe(404);

    const key = randomUUID();
    const first = await send(id, png(), "image/png", `?id=${key}`);
    expect(await send(id, png(), "image/png", `?id=${key}`)).toEqual(first);
    const other = await open();
    expect(await send(other.id, png(), "image/png", `?id=${key}`)).toMatchObject({
      status: 409,
      body: { code: "picture_taken" },
    });
    const limited = createIncidents({
      records: server.records,
      clock: systemClock,
      announce: () => {},
      pictures: { size: 1000, perIncident: 2, total: 100_000 },
    });
    const actor = "ann@x.org";
    await limited.addPicture(actor, id, { bytes: gif() });
    await expect(limited.addPicture(actor, id, { bytes: gif() })).rejects.toMatchObject({
      code: "incident_full",
    });
    await expect(limited.dropPicture(actor, id, key)).rejects.toMatchObject({
      code: "picture_not_found",
    });
    expect(await call("DELETE", `/api/incidents/${id}/pictures/${key}`)).toMatchObject({
      status: 200,
    });
    const { bytes } = await limited.picture(
      (await limited.addPicture(actor, id, { bytes: gif() })).id,
    );
    expect(bytes.length).toBeGreaterThan(20);
    const full = createIncidents({
      records: server.records,
      clock: systemClock,
      announce: () => {},
      pictures: { size: 1000, perIncident: 9, total: 1 },
    });
    await expect(full.addPicture(actor, id, { bytes: gif() })).rejects.toThrow(/no more room/);
    // What was never sent is forgotten after a day.
    const later = createIncidents({
      records: server.records,
      clock: { ...systemClock, now: () => Date.now() + 25 * 3_600_000 },
      announce: () => {},
    });
    await later.addPicture(actor, id, { bytes: gif() });
    const kept = await server.records.db.selectFrom("incident_pictures").select("id").execute();
    expect(kept).toHaveLength(1);
  });
});
