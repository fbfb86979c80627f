import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { BOOTSTRAP, testServer } from "../../test/http.ts";
import type { TestServer } from "../../test/http.ts";
import { startMailServer } from "../../test/mail-server.ts";
import { ManualClock } from "../../test/manual-clock.ts";
import { pushBrowser, vapidClaims } from "../../test/push-browser.ts";

/** A Tuesday, 13:00 in Berlin. */
const NOW = Date.parse("2026-01-06T12:00:00Z");
const MINUTE = 60_000;

interface Call {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: string;
  readonly bytes: Buffer;
  readonly headers: IncomingHttpHeaders;
}

let clock: ManualClock;
let server: TestServer;
let calls: Call[];
let outside: ReturnType<typeof createServer>;
let outsideUrl: string;
let status: number;
let people: Record<string, { id: string; cookie: string }>;
let mail: Awaited<ReturnType<typeof startMailServer>>;

beforeEach(async () => {
  clock = new ManualClock(NOW);
  calls = [];
  status = 200;
  outside = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { headers } = request;
      const bytes = Buffer.concat(chunks);
      const { authorization } = headers;
      calls.push({
        path: request.url ?? "",
        authorization,
        body: bytes.toString(),
        bytes,
        headers,
      });
      response.writeHead(status).end("{}");
    });
  });
  await new Promise<void>((resolve) => outside.listen(0, "127.0.0.1", resolve));
  outsideUrl = `http://127.0.0.1:${(outside.address() as AddressInfo).port}`;
  mail = await startMailServer();
  const [host = "", port = ""] = mail.address.split(":");
  server = await testServer({
    clock,
    externalURL: "http://sea.test",
    allowedHosts: ["sea.test"],
    paging: {
      email: {
        host,
        port: Number(port),
        from: "Seaworthy <pages@sea.test>",
        username: "",
        password: { text: "" },
        requireTls: false,
      },
      telephone: { url: outsideUrl, account: "AC1", token: { text: "t0k" }, from: "+15550001" },
      allowPrivateAddresses: true,
    },
  });
  people = {};
  for (const name of ["Ana", "Ben", "Cleo"]) {
    const { body } = await api("POST", "/api/people", { email: `${name}@sea.test`, name });
    const link = String(body["signInLink"]);
    const signedIn = await fetch(`${server.url}/api/session/link`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ token: link.slice(link.indexOf("=") + 1) }),
    });
    const cookie = signedIn.headers.get("set-cookie")?.split(";")[0] ?? "";
    people[name] = { id: (body["person"] as { id: string }).id, cookie };
  }
  server.paging.start();
});

afterEach(async () => {
  await server.close();
  outside.closeAllConnections();
  outside.close();
});

async function api(method: string, path: string, body?: unknown, as?: string) {
  const who = as === undefined ? undefined : people[as];
  const response = await fetch(server.url + path, {
    method,
    headers: {
      ...(who === undefined
        ? { authorization: `Bearer ${BOOTSTRAP}` }
        : { cookie: who.cookie, "sec-fetch-site": "same-origin" }),
      "content-type": "application/json",
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const person = (name: string) => ({ kind: "person", id: people[name]?.id });
const policy = (steps: unknown[], more: Record<string, unknown> = {}) =>
  api("POST", "/api/escalation-policies", { name: "Default", steps, ...more });
const step = (waitSeconds: number, ...targets: unknown[]) => ({ targets, waitSeconds });
const contact = (as: string, given: Record<string, unknown>) =>
  api("POST", "/api/account/contact-methods", given, as);
const incident = async (severity = "P1") => {
  const opened = await api("POST", "/api/incidents", { title: "Checkout fails", severity });
  await server.paging.settle();
  return opened.body as { id: string; number: number };
};
/** Lets time pass, and everything that comes due meanwhile be done. */
const pass = (ms: number) => clock.advanceSettled(ms, () => server.paging.settle());
const recipients = () => mail.received.map(({ to }) => to[0]);
const linkIn = (text: string) => {
  // Long lines of a mail are folded by quoted-printable.
  const [link] = /http:\/\/sea\.test\/acknowledge\/[\w-]+/.exec(text.replaceAll("=\r\n", "")) ?? [];
  return server.url + new URL(link ?? "").pathname;
};
const texts = async (id: string) =>
  ((await api("GET", `/api/incidents/${id}`)).body["timeline"] as { text: string }[]).map(
    ({ text }) => text,
  );

it("pages one step after the other until somebody answers by the link in the mail", async () => {
  await policy([step(300, person("Ana")), step(600, person("Ben"))], { repeats: 1 });
  const { id, number } = await incident();
  expect(recipients()).toEqual(["Ana@sea.test"]);
  await pass(5 * MINUTE - 1000);
  expect(recipients()).toHaveLength(1);
  await pass(1000);
  expect(recipients()).toEqual(["Ana@sea.test", "Ben@sea.test"]);
  const { body } = await api("GET", `/api/incidents/${number}/paging`);
  expect(body["paging"]).toMatchObject({
    policy: "Default",
    state: "waiting",
    next: "step 1 of 2, round 2",
    nextAt: new Date(NOW + 15 * MINUTE).toISOString(),
    pages: [
      { person: "Ana", kind: "email", step: "step 1 of 2", state: "sent" },
      { person: "Ben", kind: "email", step: "step 2 of 2", state: "sent" },
    ],
  });

  // Opening the link changes nothing: mail programs do that by themselves.
  const link = linkIn(mail.received[1]?.text ?? "");
  const shown = await fetch(link);
  expect(shown.headers.get("content-security-policy")).toContain("default-src 'none'");
  expect(await shown.text()).toContain("Take it on as Ben");
  expect((await api("GET", `/api/incidents/${id}`)).body).toMatchObject({ state: "triggered" });

  const form = { "content-type": "application/x-www-form-urlencoded" };
  const answered = await fetch(link, { method: "POST", headers: form });
  expect(await answered.text()).toContain("You are on it.");
  expect((await api("GET", `/api/incidents/${id}`)).body).toMatchObject({
    state: "acknowledged",
    acknowledgedBy: "Ben@sea.test",
  });
  await pass(60 * MINUTE);
  expect(mail.received).toHaveLength(2);
  expect(await texts(id)).toEqual([
    "Opened as P1 by hand",
    "Paged Ana by e-mail (step 1 of 2)",
    "Paged Ben by e-mail (step 2 of 2)",
    "Acknowledged",
  ]);

  const span = "from=2026-01-06T00:00:00Z&to=2026-01-07T00:00:00Z";
  const { body: load } = await api("GET", `/api/on-call/load?${span}`);
  const asked = { onDutySeconds: 0, interruptions: 1, nights: 0, incidents: 1 };
  expect(load["people"]).toEqual([
    expect.objectContaining({ ...asked, answered: 0, medianAnswerSeconds: null }),
    expect.objectContaining({ ...asked, answered: 1, medianAnswerSeconds: 0 }),
  ]);

  // Ana is later: she sees who is on it, and takes nothing away.
  const late = await fetch(linkIn(mail.received[0]?.text ?? ""), { method: "POST", headers: form });
  expect(await late.text()).toContain("Ben@sea.test is on it.");
});

it("goes through the steps again, then pages everybody, then says that nobody is left", async () => {
  await policy([step(60, person("Ana"))], { repeats: 1 });
  const { id } = await incident();
  await pass(10 * MINUTE);
  expect(recipients().slice(0, 2)).toEqual(["Ana@sea.test", "Ana@sea.test"]);
  const everybody = recipients().slice(2).sort();
  expect(everybody).toEqual(
    expect.arrayContaining(["Ana@sea.test", "Ben@sea.test", "Cleo@sea.test"]),
  );
  const { body } = await api("GET", `/api/incidents/${id}/paging`);
  expect(body["paging"]).toMatchObject({ state: "exhausted", next: null });
  expect(await api("POST", `/api/incidents/${id}/escalate`)).toMatchObject({
    status: 409,
    body: { code: "escalation_over" },
  });
});

it("pages who is on call by a schedule, and goes on at once where nobody is", async () => {
  const layer = (windows: unknown[]) => ({
    name: "Primary",
    timeZone: "Europe/Berlin",
    people: [people["Cleo"]?.id],
    startsAt: "2026-01-01T00:00",
    turn: { unit: "week", length: 1 },
    windows,
  });
  const schedule = async (name: string, windows: unknown[]) => {
    const draft = { name, timeZone: "Europe/Berlin", layers: [layer(windows)] };
    const { body } = await api("POST", "/api/schedules", draft);
    return { kind: "schedule", id: body["id"] };
  };
  const night = await schedule("Night", [
    { days: [1, 2, 3, 4, 5, 6, 7], from: "22:00", to: "06:00" },
  ]);
  await policy([step(300, night), step(300, await schedule("Always", []))]);
  const { id } = await incident();
  expect(recipients()).toEqual(["Cleo@sea.test"]);
  expect(await texts(id)).toEqual([
    "Opened as P1 by hand",
    "Nobody is on call by Night (step 1 of 2)",
    "Paged Cleo by e-mail (step 2 of 2)",
  ]);
});

it("reaches people by what they named, and calls and texts by Twilio's form", async () => {
  const hook = `${outsideUrl}/hook`;
  await contact("Ana", { kind: "sms", address: "+4930123456" });
  await contact("Ana", { kind: "voice", address: "+4930123456" });
  await contact("Ana", { kind: "webhook", address: hook });
  await contact("Ana", { kind: "slack", address: `${outsideUrl}/slack` });
  await policy([step(300, person("Ana"))]);
  const { id, number } = await incident();
  expect(recipients()).toEqual([]);
  expect(calls.map(({ path }) => path).sort()).toEqual([
    "/2010-04-01/Accounts/AC1/Calls.json",
    "/2010-04-01/Accounts/AC1/Messages.json",
    "/hook",
    "/slack",
  ]);
  const bodyOf = (path: string) => calls.find((call) => call.path.endsWith(path))?.body ?? "";
  expect(calls.find(({ path }) => path.endsWith("Calls.json"))?.authorization).toBe(
    `Basic ${Buffer.from("AC1:t0k").toString("base64")}`,
  );
  const sms = new URLSearchParams(bodyOf("Messages.json"));
  expect([sms.get("To"), sms.get("From")]).toEqual(["+4930123456", "+15550001"]);
  expect(sms.get("Body")?.length).toBeLessThanOrEqual(160);
  expect(sms.get("Body")).toContain(`[P1] #${number} Checkout fails`);
  expect(JSON.parse(bodyOf("/hook"))).toMatchObject({
    type: "page",
    incident: { number, severity: "P1", url: `http://sea.test/incidents/${number}` },
  });
  const call = new URLSearchParams(bodyOf("Calls.json"));
  const [action] =
    /http:\/\/sea\.test\/acknowledge\/[\w-]+\/voice/.exec(call.get("Twiml") ?? "") ?? [];
  const press = (digits: string) =>
    fetch(server.url + new URL(action ?? "").pathname, {
      method: "POST",
      body: new URLSearchParams({ Digits: digits }),
    }).then((response) => response.text());
  expect(await press("2")).toContain("Nothing was changed");
  expect(await press("1")).toContain(`Incident ${number} is yours`);
  expect((await api("GET", `/api/incidents/${id}`)).body).toMatchObject({
    acknowledgedBy: "Ana@sea.test",
  });
  await api("POST", `/api/incidents/${id}/resolve`, {});
  expect(await press("1")).toMatch(/It is over: resolved by .+ Good bye\./);
});

it("is answered by a text message, if the telephone service signed it", async () => {
  await contact("Ana", { kind: "sms", address: "+4930123456" });
  await policy([step(300, person("Ana"))]);
  const first = await incident();
  await pass(MINUTE);
  const second = await incident("P2");
  const reply = async (text: string, signedWith = "t0k", from = "+4930123456") => {
    const fields = { Body: text, From: from, To: "+15550001" };
    const signed = Object.entries(fields).flat().join("");
    const response = await fetch(`${server.url}/telephone/texts`, {
      method: "POST",
      headers: {
        "x-twilio-signature": createHmac("sha1", signedWith)
          .update(`http://sea.test/telephone/texts${signed}`)
          .digest("base64"),
      },
      body: new URLSearchParams(fields),
    });
    return [response.status, await response.text()];
  };
  const said = (text: string) => [200, `<Response><Message>${text}</Message></Response>`];
  expect((await reply("ok", "forged"))[0]).toBe(403);
  expect(await reply("who is this?")).toEqual(
    said("Reply OK, or OK #42 with an incident&#39;s number."),
  );
  expect(await reply("ok", "t0k", "+4930999999")).toEqual(
    said("No page to this number waits for an answer."),
  );
  expect(await reply(`OK #${first.number}`)).toEqual(said(`#${first.number} is yours, Ana.`));
  expect(await reply("ok")).toEqual(said(`#${second.number} is yours, Ana.`));
  expect(await reply("ok")).toEqual(said("No page to this number waits for an answer."));
  for (const { id } of [first, second]) {
    expect((await api("GET", `/api/incidents/${id}`)).body).toMatchObject({
      acknowledgedBy: "Ana@sea.test",
    });
  }
});

it("tries again what failed for the moment, and goes to the next step when all is in vain", async () => {
  await contact("Ana", { kind: "webhook", address: `${outsideUrl}/hook` });
  const steps = [step(3600, person("Ana")), step(300, person("Ben"))];
  await policy(steps, { everyoneInTheEnd: false });
  status = 503;
  const { id } = await incident();
  expect(calls).toHaveLength(1);
  await pass(30_000);
  expect(calls.length).toBeGreaterThan(1);
  expect(recipients()).toEqual([]);
  await pass(15 * MINUTE);
  expect(calls).toHaveLength(5);
  expect(recipients()).toEqual(["Ben@sea.test"]);
  expect((await texts(id))[1]).toMatch(/^Could not page Ana by webhook \(step 1 of 2\): .*503/);
});

it("ends with the incident, and begins anew, with new links, when it is reopened", async () => {
  await policy([step(300, person("Ana")), step(300, person("Ben"))]);
  const group = (state: "firing" | "resolved", startsAt: number) => ({
    groupKey: "g",
    status: state,
    groupLabels: {},
    commonLabels: {},
    commonAnnotations: {},
    alerts: [
      {
        labels: { alertname: "Down", severity: "critical", service: "shop" },
        annotations: {},
        startsAt,
        endsAt: clock.now(),
        generatorURL: "",
        fingerprint: "f",
        status: state,
      },
    ],
  });
  const tell = async (state: "firing" | "resolved", startsAt: number) => {
    const [id = ""] = await server.incidents.takeGroup(group(state, startsAt));
    await server.paging.settle();
    return id;
  };
  const id = await tell("firing", NOW);
  expect(recipients()).toEqual(["Ana@sea.test"]);
  clock.advance(MINUTE);
  await tell("resolved", NOW);
  await pass(2 * MINUTE);
  expect(recipients()).toEqual(["Ana@sea.test"]);
  expect(await tell("firing", clock.now())).toBe(id);
  expect(recipients()).toEqual(["Ana@sea.test", "Ana@sea.test"]);
  const [first, second] = mail.received.map(({ text }) => linkIn(text));
  expect((await fetch(first ?? "", { method: "POST" })).status).toBe(404);
  expect((await fetch(second ?? "", { method: "POST" })).status).toBe(200);
  expect((await fetch(`${server.url}/acknowledge/${"A".repeat(43)}`)).status).toBe(404);
  clock.advance(25 * 60 * MINUTE);
  expect((await fetch(second ?? "")).status).toBe(404);
});

it("pages the next ones at once when somebody escalates, and nobody about a P3", async () => {
  await policy([step(3600, person("Ana")), step(3600, person("Ben"))]);
  const { id } = await incident();
  expect((await api("POST", `/api/incidents/${id}/escalate`)).status).toBe(200);
  await server.paging.settle();
  expect(recipients()).toEqual(["Ana@sea.test", "Ben@sea.test"]);
  await incident("P3");
  expect(mail.received).toHaveLength(2);
});

it("keeps everybody's ways to themselves, and refuses what is none", async () => {
  const added = await contact("Ana", { kind: "email", address: "ana@home.test" });
  expect(added.status).toBe(201);
  expect(await contact("Ana", { kind: "email", address: "ana@home.test" })).toMatchObject({
    status: 409,
    body: { code: "contact_taken" },
  });
  expect(await contact("Ana", { kind: "sms", address: "12" })).toMatchObject({
    status: 400,
    body: { code: "contact_invalid" },
  });
  const path = `/api/account/contact-methods/${String(added.body["id"])}`;
  expect((await api("POST", `${path}/test`, {}, "Ana")).body).toEqual({ error: null });
  expect(recipients()).toEqual(["ana@home.test"]);
  expect((await api("DELETE", path, undefined, "Ben")).status).toBe(404);
  expect((await api("GET", "/api/account/contact-methods", undefined, "Ben")).body).toEqual({
    methods: [],
  });
  expect(await api("GET", "/api/account/contact-methods")).toMatchObject({
    status: 403,
    body: { code: "person_required" },
  });
  expect((await api("DELETE", path, undefined, "Ana")).status).toBe(200);
});

const browserOf = async (as: string, path = "/push/1") => {
  const browser = pushBrowser(outsideUrl + path);
  const added = await contact(as, {
    kind: "push",
    address: browser.subscription,
    name: `${as}'s telephone`,
  });
  expect(added.status).toBe(201);
  return browser;
};
interface Notice {
  readonly acknowledge: string;
  readonly escalate: string;
}
const press = (path: string) =>
  fetch(server.url + path, { method: "POST", headers: { accept: "application/json" } });

it("pages a browser by a push that it alone can read, and takes its buttons as an answer", async () => {
  const browser = await browserOf("Ana");
  await policy([step(300, person("Ana")), step(300, person("Ben"))]);
  const { id, number } = await incident();
  expect(recipients()).toEqual([]);
  const [sent] = calls;
  const { publicKey } = (await api("GET", "/api/account/push-key", undefined, "Ana")).body;
  expect(vapidClaims(sent?.headers ?? {}, String(publicKey))).toEqual({
    aud: outsideUrl,
    exp: NOW / 1000 + 12 * 3600,
    sub: "mailto:pages@sea.test",
  });
  expect(sent?.headers).toMatchObject({
    "content-encoding": "aes128gcm",
    ttl: "14400",
    urgency: "high",
    topic: expect.stringMatching(/^[\w-]{32}$/) as string,
  });
  const notice = browser.read(sent?.bytes ?? Buffer.of()) as Notice;
  expect(notice).toEqual({
    title: "P1 · Checkout fails",
    body: `#${number}\nPaged by Default, step 1 of 2`,
    tag: `incident-${number}`,
    at: NOW,
    see: `/incidents/${number}`,
    acknowledge: expect.stringMatching(/^\/acknowledge\/[\w-]{43}$/) as string,
    escalate: expect.stringMatching(/^\/escalate\/[\w-]{43}$/) as string,
  });
  expect(() => pushBrowser(outsideUrl).read(sent?.bytes ?? Buffer.of())).toThrow();

  const swapped = notice.escalate.replace("escalate", "acknowledge");
  expect((await press(swapped)).status).toBe(404);
  expect((await press(notice.acknowledge.replace("acknowledge", "escalate"))).status).toBe(404);
  expect((await press(notice.escalate)).status).toBe(200);
  await server.paging.settle();
  expect(recipients()).toEqual(["Ben@sea.test"]);
  const answered = await press(notice.acknowledge);
  expect(await answered.json()).toEqual({
    title: `#${number} Checkout fails`,
    text: "You are on it.",
  });
  expect((await api("GET", `/api/incidents/${id}`)).body).toMatchObject({
    acknowledgedBy: "Ana@sea.test",
  });
  const late = (await (await press(notice.escalate)).json()) as { text: string };
  expect(late.text).toBe("You are on it.");
  expect(await texts(id)).toEqual([
    "Opened as P1 by hand",
    "Paged Ana by notification (step 1 of 2)",
    "Escalated: the next ones are paged",
    "Paged Ben by e-mail (step 2 of 2)",
    "Acknowledged",
  ]);
});

it("keeps a notice below what push services take, whatever the incident is called", async () => {
  const browser = await browserOf("Ana");
  await policy([step(300, person("Ana"))]);
  const opened = { title: "𝄞".repeat(150), severity: "P1", service: "€".repeat(150) };
  expect((await api("POST", "/api/incidents", opened)).status).toBe(201);
  await server.paging.settle();
  const bytes = calls[0]?.bytes ?? Buffer.of();
  expect(bytes.length).toBeLessThan(4096);
  expect(browser.read(bytes)).toMatchObject({ title: expect.stringContaining("𝄞…") as string });
});

it("tries a push service again that is busy, and gives up a browser that is gone", async () => {
  const browser = await browserOf("Ana");
  await policy([step(3600, person("Ana")), step(3600, person("Ben"))]);
  status = 429;
  const { id } = await incident();
  expect(calls).toHaveLength(1);
  status = 201;
  await pass(30_000);
  expect(calls).toHaveLength(2);
  expect(new Set(calls.map(({ headers }) => headers["topic"])).size).toBe(1);
  expect((await texts(id)).at(-1)).toBe("Paged Ana by notification (step 1 of 2)");

  status = 410;
  const second = await incident();
  expect(await texts(second.id)).toEqual([
    "Opened as P1 by hand",
    "Could not page Ana by notification (step 1 of 2): the browser has ended its subscription; its person has to add it again there",
    "Paged Ben by e-mail (step 2 of 2)",
  ]);
  expect(recipients().sort()).toEqual(["Ana@sea.test", "Ben@sea.test"]);
  const told = mail.received.find(({ to }) => to[0] === "Ana@sea.test")?.text ?? "";
  expect(told).toContain("You are no longer paged by Ana's telephone");
  const own = async (as: string) => {
    const { body } = await api("GET", "/api/account/contact-methods", undefined, as);
    return body["methods"] as { name: string; endedAt: string | null }[];
  };
  expect(await own("Ana")).toMatchObject([
    { kind: "push", address: `${outsideUrl}/push/1`, endedAt: new Date(clock.now()).toISOString() },
  ]);
  // Whoever has nothing else is reached by mail again; the browser is not asked once more.
  const asked = calls.length;
  const third = await incident();
  expect((await texts(third.id)).at(-1)).toBe("Paged Ana by e-mail (step 1 of 2)");
  expect(calls).toHaveLength(asked);

  // Somebody else signs in there and adds it: it is theirs alone.
  status = 201;
  const added = { kind: "push", address: browser.subscription, name: "Ours" };
  expect(await contact("Ben", added)).toMatchObject({ status: 201, body: { endedAt: null } });
  expect(await own("Ana")).toEqual([]);
  expect(await own("Ben")).toMatchObject([{ name: "Ours", endedAt: null }]);
  const forged = { kind: "push", address: browser.subscription.replace("p256dh", "p") };
  const refused = await contact("Ana", forged);
  expect(refused).toMatchObject({ status: 400, body: { code: "contact_invalid" } });
  expect(JSON.stringify(refused.body)).not.toContain("/push/1");
});

it("refuses policies that name nobody, and notices two editors at once", async () => {
  const nobody = { kind: "person", id: "7c1c9c1e-8d7a-4d5e-9a53-7f9f6bd5b1c0" };
  expect(await policy([step(300, nobody)])).toMatchObject({
    status: 400,
    body: { code: "policy_invalid" },
  });
  expect(await policy([])).toMatchObject({ status: 400, body: { code: "request_invalid" } });
  const { body } = await policy([step(300, person("Ana"))]);
  expect(await policy([step(300, person("Ana"))])).toMatchObject({
    status: 409,
    body: { code: "policy_name_taken" },
  });
  const path = `/api/escalation-policies/${String(body["id"])}`;
  const change = { ...body, name: "Other" };
  expect((await api("PUT", path, change)).body).toMatchObject({ version: 2, name: "Other" });
  expect(await api("PUT", path, change)).toMatchObject({
    status: 409,
    body: { code: "policy_changed" },
  });
  expect((await api("DELETE", path)).status).toBe(200);
  expect((await api("DELETE", path)).status).toBe(404);
});

it("keeps informed who was paged, until they press the button behind the link", async () => {
  await policy([step(300, person("Ben"))]);
  const { id } = await incident();
  server.news.start();
  await api("POST", `/api/incidents/${id}/acknowledge`, {}, "Ana");
  await clock.advanceSettled(MINUTE, () => server.news.settle());
  expect(recipients()).toEqual(["Ben@sea.test", "Ben@sea.test"]);
  const unfolded = (mail.received[1]?.text ?? "").replaceAll("=\r\n", "");
  const [path = ""] = /\/informed\/[\w-]+/.exec(unfolded) ?? [];
  const informed = async () => {
    const { body } = await api("GET", `/api/incidents/${id}`);
    return (body["subscribers"] as { name: string }[]).map(({ name }) => name);
  };
  const shown = await fetch(server.url + path);
  expect(shown.headers.get("content-security-policy")).toContain("default-src 'none'");
  expect(await shown.text()).toContain("Be told no longer</button>");
  const page = linkIn(mail.received[0]?.text ?? "").replace("/acknowledge/", "/informed/");
  expect((await fetch(page, { method: "POST" })).status).toBe(404);
  expect(await informed()).toEqual(["Ana", "Ben"]);
  // As mail programs press it (RFC 8058), in both forms.
  const oneClick = new FormData();
  oneClick.set("List-Unsubscribe", "One-Click");
  for (const body of [oneClick, new URLSearchParams({ "List-Unsubscribe": "One-Click" })]) {
    const ended = await fetch(server.url + path, { method: "POST", body });
    expect(await ended.text()).toContain("You are told of it no longer.");
  }
  expect(await informed()).toEqual(["Ana"]);
});
