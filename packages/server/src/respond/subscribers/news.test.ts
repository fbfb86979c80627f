import { randomUUID } from "node:crypto";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished } from "vitest";
import { startMailServer } from "../../../test/mail-server.ts";
import { ManualClock } from "../../../test/manual-clock.ts";
import { startReceiver } from "../../../test/receiver.ts";
import { testRecords } from "../../../test/records.ts";
import type { ContactKind, ContactMethod } from "../../model/index.ts";
import { addPersonPages, ensureUser, listAudit } from "../../store/index.ts";
import type { Records, UserRecord } from "../../store/index.ts";
import { createIncidents } from "../incidents/incidents.ts";
import type { Incidents } from "../incidents/incidents.ts";
import { createNews } from "./news.ts";
import type { News } from "./news.ts";

/** A Tuesday, 13:00 in Berlin. */
const START = Date.parse("2026-01-06T12:00:00Z");
const MINUTE = 60_000;
const ann = "ann@example.com";
const ben = "ben@example.com";

let records: Records;
let clock: ManualClock;
let incidents: Incidents;
let people: Readonly<Record<string, UserRecord>>;

beforeAll(async () => {
  records = await testRecords();
  people = await records.transaction(async (tx) => ({
    ann: await ensureUser(tx, { email: ann, name: "Ann", role: "admin" }),
    ben: await ensureUser(tx, { email: ben, name: "Ben", role: "member" }),
  }));
});
afterAll(() => records.close());
beforeEach(async () => {
  await records.db.updateTable("incidents").set({ merged_into: null, split_from: null }).execute();
  await records.db.deleteFrom("incidents").execute();
  await records.db.deleteFrom("contact_methods").execute();
  clock = new ManualClock(START);
  incidents = createIncidents({ records, clock, announce: () => {} });
});

const idOf = (name: string) => people[name]?.id ?? "";
const open = (title = "Checkout fails") =>
  incidents.open(ann, { title, severity: "P2", service: "shop" });
const informed = async (number = "1") =>
  (await incidents.get(number)).work.subscribers.map(({ name }) => name);

/** A way of Ben's. */
async function way(kind: ContactKind, address: string, quiet: ContactMethod["quiet"] = null) {
  await records.db
    .insertInto("contact_methods")
    .values({
      id: randomUUID(),
      user_id: idOf("ben"),
      kind,
      address,
      severities: JSON.stringify(["P3"]),
      quiet: quiet === null ? null : JSON.stringify(quiet),
      created_at: new Date(clock.now()),
    })
    .execute();
}

/** A server that tells; `pass` lets time go by, and what comes due be sent by all of these. */
function tellers(count: number, port?: number) {
  const email = port === undefined ? undefined : account(port);
  const all: News[] = Array.from({ length: count }, () =>
    createNews({
      records,
      clock,
      log: pino({ level: "silent" }),
      config: { email, telephone: undefined, allowPrivateAddresses: true },
      externalURL: "http://sea.test",
    }),
  );
  for (const news of all) {
    news.start();
    onTestFinished(() => news.stop());
  }
  const settle = () => Promise.all(all.map((news) => news.settle()));
  const pass = async (ms: number) => {
    clock.sleep(ms);
    await settle();
  };
  return { pass, stop: () => Promise.all(all.map((news) => news.stop())) };
}

const account = (port: number) => ({
  host: "127.0.0.1",
  port,
  from: "Seaworthy <news@sea.test>",
  username: "",
  password: { text: "" },
  requireTls: false,
});

/** A mail server, and what the mails that came to it say; lines are folded in quoted-printable. */
async function mailbox() {
  const { address, received } = await startMailServer();
  return {
    port: Number(address.split(":")[1]),
    sent: () =>
      received.map(({ to, text }) => ({
        to: to[0],
        text: text.replaceAll("=\r\n", ""),
        changes: [...text.replaceAll("=\r\n", "").matchAll(/^\d\d:\d\d UTC {2}(.*)\r$/gm)].map(
          ([, line]) => line,
        ),
      })),
  };
}

interface NewsBody {
  readonly changes: readonly { readonly text: string }[];
}
const textsOf = (body: unknown) => (body as NewsBody).changes.map(({ text }) => text);

it("subscribes who acts and who is paged, but nobody who has ended it", async () => {
  const { incident } = await open();
  expect(await informed()).toEqual(["Ann"]);
  const page = { incidentId: incident.id, personId: idOf("ben"), run: 1, round: 1, step: 0 };
  const paged = () =>
    records.transaction((tx) =>
      addPersonPages(
        tx,
        ["one@example.com", "two@example.com"].map((address) => ({
          ...page,
          id: randomUUID(),
          kind: "email" as const,
          address,
          createdAt: new Date(clock.now()),
        })),
      ),
    );
  await paged();
  expect(await informed()).toEqual(["Ann", "Ben"]);
  await incidents.subscribe(ann, "1", idOf("ben"), false);
  await paged();
  await incidents.comment(ben, "1", "On it all the same");
  expect(await informed()).toEqual(["Ann"]);
  await incidents.subscribe(ben, "1", idOf("ben"), true);
  expect(await informed()).toEqual(["Ann", "Ben"]);
  // Who says so beforehand is not subscribed either; there is nothing to tell about it.
  await open("Search fails");
  const before = (await incidents.get("2")).timeline.length;
  await incidents.subscribe(ann, "2", idOf("ben"), false);
  await incidents.comment(ben, "2", "Not mine");
  expect(await informed("2")).toEqual(["Ann"]);
  expect((await incidents.get("2")).timeline).toHaveLength(before + 1);
});

it("tells half a minute after the first change, then at most once in five minutes, and nobody of what they did", async () => {
  const mail = await mailbox();
  await open();
  await incidents.comment(ann, "1", "Older than the subscription");
  await incidents.subscribe(ann, "1", idOf("ben"), true);
  const { pass } = tellers(1, mail.port);
  await pass(10 * MINUTE);
  await incidents.acknowledge(ann, "1");
  await pass(20_000);
  await incidents.moveTo(ann, "1", "identified", "A bad deploy");
  expect(mail.sent()).toEqual([]);
  await pass(10_000);
  expect(mail.sent()).toEqual([
    {
      to: ben,
      changes: [
        `Acknowledged (${ann})`,
        `A bad deploy (${ann})`,
        expect.stringMatching(/dentified/),
      ],
      text: expect.stringMatching(
        /^List-Unsubscribe:\s+<http:\/\/sea\.test\/informed\/[\w-]+>\r$/im,
      ) as string,
    },
  ]);
  expect(mail.sent()[0]?.text).toMatch(/^List-Unsubscribe-Post: List-Unsubscribe=One-Click\r$/im);
  expect(mail.sent()[0]?.text).toContain("http://sea.test/incidents/1");

  // Soon again: it waits until five minutes have gone by. Notes are no reason to write.
  await pass(MINUTE);
  await incidents.comment(ann, "1", "Rolled back");
  await pass(10 * MINUTE);
  expect(mail.sent()).toHaveLength(1);
  await incidents.moveTo(ann, "1", "monitoring");
  await pass(30_000);
  await pass(MINUTE);
  await incidents.resolve(ann, "1");
  await pass(4 * MINUTE - 1000);
  expect(mail.sent()).toHaveLength(2);
  expect(mail.sent()[1]?.changes[0]).toBe(`Rolled back (${ann})`);
  await pass(1000);
  expect(mail.sent()).toHaveLength(3);
  expect(mail.sent()[2]?.text).toContain("[P2] #1 Checkout fails: resolved");
  expect(mail.sent()[2]?.changes).toHaveLength(1);

  // What Ben does is told to Ann alone.
  await pass(10 * MINUTE);
  await incidents.reopen(ben, "1", "It is back");
  await pass(10 * MINUTE);
  expect(mail.sent().map(({ to }) => to)).toEqual([ben, ben, ben, ann]);
});

it("waits for the end of quiet hours, then tells all of it", async () => {
  const hook = await startReceiver();
  await way("webhook", hook.url, { from: "12:00", to: "14:00", timeZone: "Europe/Berlin" });
  await open();
  await incidents.subscribe(ann, "1", idOf("ben"), true);
  const { pass } = tellers(1);
  await incidents.acknowledge(ann, "1");
  await pass(30 * MINUTE);
  await incidents.moveTo(ann, "1", "monitoring");
  await pass(30 * MINUTE - 1000);
  expect(hook.received).toEqual([]);
  await pass(MINUTE);
  expect(hook.received.map(({ body }) => textsOf(body).length)).toEqual([2]);
});

it("takes mail before other ways, and gives up on who has none", async () => {
  const mail = await mailbox();
  const hook = await startReceiver();
  await way("webhook", hook.url);
  await way("email", "ben@phone.example");
  await way("sms", "+4930123456");
  await open();
  await incidents.subscribe(ann, "1", idOf("ben"), true);
  await incidents.acknowledge(ann, "1");
  const first = tellers(1, mail.port);
  await first.pass(MINUTE);
  await first.stop();
  expect(mail.sent().map(({ to }) => to)).toEqual(["ben@phone.example"]);
  expect(hook.received).toEqual([]);

  await records.db.deleteFrom("contact_methods").execute();
  await incidents.moveTo(ann, "1", "monitoring");
  await tellers(1).pass(10 * MINUTE);
  const last = await records.db
    .selectFrom("incident_news")
    .select(["state", "error"])
    .orderBy("created_at", "desc")
    .executeTakeFirst();
  expect(last).toMatchObject({ state: "failed", error: expect.stringContaining("no mail server") });
});

it("says the same under the same key when it tries again; what came meanwhile is told later", async () => {
  const hook = await startReceiver(503);
  await way("webhook", hook.url);
  await open();
  await incidents.subscribe(ann, "1", idOf("ben"), true);
  const { pass } = tellers(1);
  await incidents.acknowledge(ann, "1");
  await pass(30_000);
  expect(hook.received).toHaveLength(1);
  await incidents.moveTo(ann, "1", "monitoring");
  hook.answer = 200;
  await pass(MINUTE);
  const [first, second] = hook.received;
  expect(hook.received).toHaveLength(2);
  expect(second?.headers["idempotency-key"]).toBe(first?.headers["idempotency-key"]);
  expect(textsOf(second?.body)).toEqual(["Acknowledged"]);
  await pass(5 * MINUTE);
  expect(hook.received).toHaveLength(3);
  expect(hook.received[2]?.headers["idempotency-key"]).not.toBe(first?.headers["idempotency-key"]);
  expect(textsOf(hook.received[2]?.body)).toHaveLength(1);
  await pass(60 * MINUTE);
  expect(hook.received).toHaveLength(3);
});

it("is told once by several servers, and what a killed one had in hand under its key", async () => {
  const hook = await startReceiver();
  await way("webhook", hook.url);
  const titles = ["One", "Two", "Three", "Four"];
  for (const title of titles) {
    const { incident } = await open(title);
    await incidents.subscribe(ann, incident.id, idOf("ben"), true);
    await incidents.acknowledge(ann, incident.id);
  }
  const { pass } = tellers(3);
  await pass(30_000);
  expect(hook.received).toHaveLength(titles.length);
  await pass(30 * MINUTE);
  expect(hook.received).toHaveLength(titles.length);

  // A server died after it had sent one, before it could say so.
  const sent = String(hook.received[0]?.headers["idempotency-key"]);
  await records.db
    .updateTable("incident_news")
    .set({ state: "waiting", claimed_until: new Date(clock.now() + MINUTE) })
    .where("id", "=", sent)
    .execute();
  await records.db.updateTable("incident_subscribers").set({ told_entry: "0" }).execute();
  await pass(MINUTE - 1000);
  expect(hook.received).toHaveLength(titles.length);
  await pass(20_000);
  expect(
    hook.received.slice(titles.length).map(({ headers }) => headers["idempotency-key"]),
  ).toEqual([sent]);
});

it("goes on after a merge, in the incident that took it in", async () => {
  const mail = await mailbox();
  await open("One");
  await open("Two");
  await incidents.subscribe(ann, "2", idOf("ben"), true);
  await incidents.merge(ann, "2", "1");
  expect(await informed("1")).toEqual(["Ann", "Ben"]);
  const { pass } = tellers(1, mail.port);
  await pass(MINUTE);
  expect(mail.sent()).toHaveLength(1);
  expect(mail.sent()[0]?.text).toContain("Took in #2 Two");
});

it("ends by its link, once, and by no other", async () => {
  const mail = await mailbox();
  const { incident } = await open();
  await incidents.subscribe(ann, "1", idOf("ben"), true);
  await incidents.acknowledge(ann, "1");
  const { pass } = tellers(1, mail.port);
  await pass(30_000);
  const token = /\/informed\/([\w-]+)/.exec(mail.sent()[0]?.text ?? "")?.[1] ?? "";
  const news = createNews({
    records,
    clock,
    log: pino({ level: "silent" }),
    config: { email: undefined, telephone: undefined, allowPrivateAddresses: true },
    externalURL: "http://sea.test",
  });
  onTestFinished(() => news.stop());
  const refused = { code: "informed_link_invalid", status: 404 };
  const forged = token.slice(0, -2) + (token.at(-2) === "A" ? "B" : "A") + (token.at(-1) ?? "");
  for (const wrong of [forged, "", "x", token.slice(1), `${token}A`, "\u0000", "../.."]) {
    await expect(news.link(wrong), wrong).rejects.toMatchObject(refused);
    await expect(news.end(wrong), wrong).rejects.toMatchObject(refused);
  }
  expect(await news.link(token)).toMatchObject({ muted: false, person: { email: ben } });
  await incidents.moveTo(ann, "1", "monitoring");
  for (const _ of [1, 2]) expect(await news.end(token)).toMatchObject({ muted: true });
  expect(await informed()).toEqual(["Ann"]);
  const { entries } = await listAudit(records.db, { limit: 100 });
  const ended = entries.filter(
    ({ action, subject }) => action === "incident.unsubscribe" && subject === incident.id,
  );
  expect(ended.map(({ actor }) => actor)).toEqual([ben]);
  await pass(30 * MINUTE);
  expect(mail.sent()).toHaveLength(1);

  await records.db.deleteFrom("incidents").execute();
  await expect(news.link(token)).rejects.toMatchObject(refused);
});
