import ICAL from "ical.js";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { BOOTSTRAP, testServer } from "../../../test/http.ts";
import type { TestServer } from "../../../test/http.ts";
import { systemClock } from "../../model/index.ts";

/** A Tuesday. */
const NOW = Date.parse("2026-01-06T12:00:00Z");
let now = NOW;
let server: TestServer;
const ids: Record<string, string> = {};

beforeAll(async () => {
  const clock = {
    now: () => now,
    after: (ms: number, run: () => void) => systemClock.after(ms, run),
  };
  server = await testServer({ clock, externalURL: "http://sea.test" });
  for (const name of ["Ana", "Ben", "Cleo"]) {
    const { body } = await call("POST", "/api/people", { email: `${name}@example.com`, name });
    ids[name] = (body["person"] as { id: string }).id;
  }
});
afterAll(() => server.close());
beforeEach(() => {
  now = NOW;
});

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

async function call(
  method: string,
  path: string,
  body?: unknown,
  token: string = BOOTSTRAP,
): Promise<Answer> {
  const response = await fetch(server.url + path, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Answer["body"] };
}

const weekly = (name: string, more: Record<string, unknown> = {}) => ({
  name,
  timeZone: "Europe/Berlin",
  layers: [
    {
      name: "Primary",
      timeZone: "Europe/Berlin",
      people: [ids["Ana"], ids["Ben"]],
      startsAt: "2026-01-05T09:00",
      turn: { unit: "week", length: 1 },
      ...more,
    },
  ],
});

it("says who is on call now, until when, and who is next, with overrides as they come", async () => {
  const made = await call("POST", "/api/schedules", weekly("Backend"));
  expect(made).toMatchObject({ status: 201, body: { name: "Backend", version: 1 } });
  const id = String(made.body["id"]);
  const onCall = async () => {
    const { body } = await call("GET", "/api/on-call");
    return (body["schedules"] as { schedule: { name: string } }[]).find(
      ({ schedule }) => schedule.name === "Backend",
    );
  };
  expect(await onCall()).toMatchObject({
    now: {
      person: { name: "Ana" },
      since: "2026-01-05T08:00:00.000Z",
      until: "2026-01-12T08:00:00.000Z",
    },
    next: { person: { name: "Ben" }, from: "2026-01-12T08:00:00.000Z" },
  });

  const override = {
    personId: ids["Cleo"],
    from: "2026-01-06T10:00:00Z",
    to: "2026-01-06T18:00:00Z",
  };
  const { body } = await call("POST", `/api/schedules/${id}/overrides`, { overrides: [override] });
  expect(await onCall()).toMatchObject({
    now: { person: { name: "Cleo" }, until: "2026-01-06T18:00:00.000Z" },
    next: { person: { name: "Ana" } },
  });
  now = Date.parse("2026-01-06T18:00:00Z");
  expect(await onCall()).toMatchObject({ now: { person: { name: "Ana" } } });

  now = NOW;
  const [overrideId] = body["ids"] as string[];
  const removed = await call("DELETE", `/api/schedules/${id}/overrides/${overrideId}`);
  expect(removed.status).toBe(200);
  expect(await onCall()).toMatchObject({ now: { person: { name: "Ana" } } });
  expect(await call("DELETE", `/api/schedules/${id}/overrides/${overrideId}`)).toMatchObject({
    status: 404,
    body: { code: "override_not_found" },
  });
});

it("shows duties with what each layer and override says", async () => {
  const { body } = await call("POST", "/api/schedules", weekly("Duties"));
  const id = String(body["id"]);
  const path = `/api/schedules/${id}/duties?from=2026-01-05T00:00:00Z&to=2026-01-19T00:00:00Z`;
  expect((await call("GET", path)).body).toMatchObject({
    duties: [
      { personId: ids["Ana"], from: "2026-01-05T08:00:00.000Z", layer: 0, override: null },
      { personId: ids["Ben"], from: "2026-01-12T08:00:00.000Z", layer: 0, override: null },
    ],
    layers: [[{ personId: ids["Ana"] }, { personId: ids["Ben"] }]],
    overrides: [],
  });
  const far = `/api/schedules/${id}/duties?from=2026-01-05T00:00:00Z&to=2028-01-19T00:00:00Z`;
  expect(await call("GET", far)).toMatchObject({
    status: 400,
    body: { code: "duties_span_invalid" },
  });
});

it("notices two editors at once, and a name that is taken", async () => {
  const { body } = await call("POST", "/api/schedules", weekly("Frontend"));
  const id = String(body["id"]);
  const change = { ...weekly("Frontend and apps"), version: 1 };
  expect(await call("PUT", `/api/schedules/${id}`, change)).toMatchObject({
    status: 200,
    body: { name: "Frontend and apps", version: 2 },
  });
  expect(await call("PUT", `/api/schedules/${id}`, change)).toMatchObject({
    status: 409,
    body: { code: "schedule_changed" },
  });
  await call("POST", "/api/schedules", weekly("Data"));
  for (const answer of [
    await call("POST", "/api/schedules", weekly("data")),
    await call("PUT", `/api/schedules/${id}`, { ...weekly("DATA"), version: 2 }),
  ]) {
    expect(answer).toMatchObject({ status: 409, body: { code: "schedule_name_taken" } });
  }
  expect((await call("DELETE", `/api/schedules/${id}`)).status).toBe(200);
  expect(await call("DELETE", `/api/schedules/${id}`)).toMatchObject({
    status: 404,
    body: { code: "schedule_not_found" },
  });
});

it("refuses what makes no schedule, and says where", async () => {
  const refused = [
    [weekly("x", { timeZone: "Europe/Berlín" }), "layers[0].timeZone"],
    [weekly("x", { timeZone: "+02:00" }), "layers[0].timeZone"],
    [weekly("x", { people: ["7c1c9c1e-8d7a-4d5e-9a53-7f9f6bd5b1c0"] }), "layers[0].people[0]"],
    [weekly("x", { endsAt: "2026-01-05T09:00" }), "layers[0].endsAt"],
  ] as const;
  for (const [draft, where] of refused) {
    const { status, body } = await call("POST", "/api/schedules", draft);
    expect([status, body["code"]], where).toEqual([400, "schedule_invalid"]);
    expect(body["detail"]).toContain(where);
  }
  const malformed = [
    weekly("x", { startsAt: "2026-02-30T09:00" }),
    weekly("x", { startsAt: "2026-02-20T09:00Z" }),
    weekly("x", { turn: { unit: "week", length: 0 } }),
    weekly("x", { windows: [{ days: [1, 1], from: "09:00", to: "17:00" }] }),
    weekly("x", { windows: [{ days: [1], from: "9:00", to: "24:00" }] }),
    weekly("x", { people: [] }),
    { ...weekly("x"), layers: [] },
  ];
  for (const draft of malformed) {
    const { status, body } = await call("POST", "/api/schedules", draft);
    expect([status, body["code"]], JSON.stringify(draft)).toEqual([400, "request_invalid"]);
  }
  const backwards = {
    personId: ids["Ana"],
    from: "2026-01-07T00:00:00Z",
    to: "2026-01-06T00:00:00Z",
  };
  const { body } = await call("POST", "/api/schedules", weekly("Refusals"));
  const path = `/api/schedules/${String(body["id"])}/overrides`;
  expect(await call("POST", path, { overrides: [backwards] })).toMatchObject({ status: 400 });
});

it("previews what is not saved", async () => {
  const preview = {
    schedule: weekly("Idea", { windows: [{ days: [2], from: "22:00", to: "06:00" }] }),
    from: "2026-01-05T00:00:00Z",
    to: "2026-01-12T00:00:00Z",
  };
  const answer = await call("POST", "/api/schedules/preview", preview);
  expect(answer.body["duties"]).toMatchObject([
    { from: "2026-01-06T21:00:00.000Z", to: "2026-01-07T05:00:00.000Z", personId: ids["Ana"] },
  ]);
  const { body } = await call("GET", "/api/schedules");
  expect((body["schedules"] as { name: string }[]).map(({ name }) => name)).not.toContain("Idea");
});

it("gives a calendar that calendars read, hostile names included, until its link is ended", async () => {
  const name =
    "Ops; BEGIN:VEVENT, \\n\r\nX-EVIL:1 Ünïcödé 🚨 with a name that is longer than one line";
  const { body } = await call("POST", "/api/schedules", weekly(name));
  const id = String(body["id"]);
  const link = await call("POST", `/api/schedules/${id}/calendar-links`, {
    personId: ids["Ben"],
  });
  const url = new URL(String(link.body["url"]));
  expect(url.origin).toBe("http://sea.test");
  const response = await fetch(server.url + url.pathname);
  expect(response.headers.get("content-type")).toBe("text/calendar; charset=utf-8");
  const text = await response.text();
  for (const line of text.split("\r\n")) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75);
  const calendar = new ICAL.Component(ICAL.parse(text) as unknown[]);
  const events = calendar.getAllSubcomponents("vevent").map((event) => new ICAL.Event(event));
  expect(events.length).toBeGreaterThan(10);
  expect(calendar.getAllProperties().map((property) => property.name)).not.toContain("x-evil");
  expect(events[0]?.summary).toBe(`Ben on call: ${name.replace("\r\n", "\n")}`);
  expect(events[0]?.startDate.toJSDate().toISOString()).toBe("2026-01-12T08:00:00.000Z");
  expect(new Set(events.map((event) => event.uid)).size).toBe(events.length);

  // A day later, the same duties are the same events.
  now += 86_400_000;
  const again = await (await fetch(server.url + url.pathname)).text();
  expect(again).toContain(events[0]?.uid);

  expect((await call("DELETE", `/api/schedules/${id}/calendar-links`)).body).toEqual({ ended: 1 });
  expect((await fetch(server.url + url.pathname)).status).toBe(404);
});

it("lets readers see and only writers change", async () => {
  const reader = await server.token("read");
  expect((await call("GET", "/api/on-call", undefined, reader)).status).toBe(200);
  expect((await call("POST", "/api/schedules", weekly("Nope"), reader)).status).toBe(403);
  const writer = await server.token("write");
  const person = { email: "x@example.com", name: "X" };
  expect((await call("POST", "/api/people", person, writer)).status).toBe(403);
});

it("invites a person, who signs in by the link; the link before stops working", async () => {
  const invite = () => call("POST", "/api/people", { email: "dora@example.com", name: "Dora" });
  const first = await invite();
  const second = await invite();
  expect(second.body["person"]).toMatchObject({ name: "Dora", role: "member", hasPassword: false });
  const signIn = (answer: Answer) => {
    const link = new URL(String(answer.body["signInLink"]));
    return call("POST", "/api/session/link", { token: link.hash.replace("#token=", "") });
  };
  expect((await signIn(first)).status).toBe(401);
  expect(await signIn(second)).toMatchObject({ status: 200, body: { user: { name: "Dora" } } });
  const { body } = await call("GET", "/api/people");
  expect((body["people"] as { name: string }[]).map(({ name }) => name)).toContain("Dora");
});

it("hands a shift over with the notes and incidents since the one before", async () => {
  const made = await call("POST", "/api/schedules", weekly("Handed over"));
  const id = String(made.body["id"]);
  const note = (text: string) => call("POST", `/api/schedules/${id}/handover-notes`, { text });
  const handover = async () => (await call("GET", `/api/schedules/${id}/handover`)).body;
  expect((await note("The cache is slow since the release.")).status).toBe(201);
  await call("POST", "/api/incidents", { title: "Slow cache", severity: "P2" });
  // In the next week it is Ben's turn, and Ana's was the shift before.
  now = Date.parse("2026-01-12T08:00:00Z");
  await note("Nothing new.");
  expect(await handover()).toMatchObject({
    previous: { person: { name: "Ana" }, to: "2026-01-12T08:00:00.000Z" },
    present: { person: { name: "Ben" }, from: "2026-01-12T08:00:00.000Z" },
    since: "2026-01-05T08:00:00.000Z",
    incidents: [{ title: "Slow cache", severity: "P2" }],
    notes: [{ text: "Nothing new." }, { text: "The cache is slow since the release." }],
  });
  // Two turns later what was before the shift before is no longer shown.
  now = Date.parse("2026-01-26T08:00:00Z");
  expect(await handover()).toMatchObject({ notes: [], previous: { person: { name: "Ana" } } });
  expect((await note("")).status).toBe(400);
  const unknown = crypto.randomUUID();
  expect((await call("GET", `/api/schedules/${unknown}/handover`)).status).toBe(404);

  const load = (span: string) => call("GET", `/api/on-call/load?${span}`);
  now = Date.parse("2026-01-14T08:00:00Z");
  const { body } = await load("from=2026-01-12T08:00:00Z&to=2026-01-19T08:00:00Z");
  // Two days until now, although the report asks for a week.
  expect(body["people"]).toContainEqual(
    expect.objectContaining({
      person: expect.objectContaining({ name: "Ben" }),
      timeZone: "Europe/Berlin",
      onDutySeconds: 2 * 86_400,
      interruptions: 0,
    }),
  );
  expect(await load("from=2026-01-19T08:00:00Z&to=2026-01-12T08:00:00Z")).toMatchObject({
    status: 400,
  });
});
