import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { FakeSlack } from "../../test/fake-slack.ts";
import type { SlackChannel, SlackPost } from "../../test/fake-slack.ts";
import { BOOTSTRAP, testServer } from "../../test/http.ts";
import type { TestServer } from "../../test/http.ts";
import { ManualClock } from "../../test/manual-clock.ts";
import { ensureUser } from "../store/index.ts";

const HOUR = 3_600_000;
const clock = new ManualClock(Date.now());
/** What Teams and Discord are told. */
const hooked: { readonly path: string; readonly text: string }[] = [];
const webhooks = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    hooked.push({ path: request.url ?? "", text: Buffer.concat(chunks).toString("utf8") });
    response.writeHead(204).end();
  });
});

let slack: FakeSlack;
let server: TestServer;
let common: SlackChannel;

beforeAll(async () => {
  slack = await FakeSlack.start();
  await new Promise<void>((resolve) => webhooks.listen(0, "127.0.0.1", resolve));
  const hooks = `http://127.0.0.1:${(webhooks.address() as AddressInfo).port}`;
  common = slack.addChannel("C0COMMON", "incidents");
  slack.users.push(
    { id: "UANA", name: "Ana", email: "ana@sea.test" },
    { id: "UVIC", name: "Vic", email: "vic@sea.test" },
    { id: "UGUEST", name: "Gus", email: "gus@elsewhere.test" },
  );
  const { token, signingSecret, url } = slack;
  server = await testServer({
    clock,
    externalURL: "http://sw.test",
    allowedHosts: ["127.0.0.1"],
    chat: {
      slack: {
        apiUrl: url,
        token: { text: token },
        signingSecret: { text: signingSecret },
        channel: common.id,
        severities: ["P1", "P2", "P3"],
        ownChannel: ["P1"],
        prefix: "inc",
        invite: ["UVIC"],
        archiveAfter: HOUR,
      },
      teams: { url: { text: `${hooks}/teams` }, severities: ["P1"] },
      discord: { url: { text: `${hooks}/discord` }, severities: ["P1", "P3"] },
    },
  });
  for (const [email, name, role] of [
    ["ana@sea.test", "Ana", "member"],
    ["vic@sea.test", "Vic", "viewer"],
  ] as const)
    await server.records.transaction((tx) => ensureUser(tx, { email, name, role }));
  server.chat.start();
  await server.chat.settle();
});
afterAll(async () => {
  await server.close();
  slack.close();
  webhooks.close();
});
beforeEach(() => {
  slack.mishap = () => undefined;
  slack.calls.length = 0;
  hooked.length = 0;
});

/** What is due is told; a second later chats take the next message. */
async function told(ms = 1000): Promise<void> {
  clock.advance(ms);
  await server.chat.settle();
}

async function send(
  path: "events" | "commands" | "interactions",
  body: string,
  headers: Record<string, string> = slack.sign(body, clock.now()),
) {
  const response = await fetch(`${server.url}/api/chat/slack/${path}`, {
    method: "POST",
    headers: {
      "content-type": path === "events" ? "application/json" : "application/x-www-form-urlencoded",
      ...headers,
    },
    body,
  });
  const text = await response.text();
  const answer = text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
  return { status: response.status, answer };
}

const event = (inner: Record<string, unknown>) =>
  send("events", JSON.stringify({ type: "event_callback", event_id: "Ev1", event: inner }));
let asked = 0;
/** Each request is another one, as Slack's trigger ids make them. */
const form = (given: Record<string, string>) =>
  new URLSearchParams({ ...given, trigger_id: String((asked += 1)) }).toString();
const command = async (text: string, user = "UANA", channel = "C0OTHER") => {
  const body = form({ command: "/seaworthy", text, user_id: user, channel_id: channel });
  return (await send("commands", body)).answer["text"] as string;
};
const press = (action: string, incident: string, user = "UANA") =>
  send(
    "interactions",
    form({
      payload: JSON.stringify({
        type: "block_actions",
        user: { id: user },
        channel: { id: common.id },
        actions: [{ type: "button", action_id: action, value: incident }],
      }),
    }),
  );

const buttonsOf = (post: SlackPost | undefined) =>
  (post?.blocks.find(({ type }) => type === "actions")?.elements ?? []).map(
    (element) => element["action_id"],
  );
const textsOf = (posts: readonly SlackPost[]) =>
  posts.map(({ blocks }) => blocks[0]?.text?.text ?? "").join("\n");
async function open(title: string, severity: "P1" | "P3" = "P1") {
  const { incident } = await server.incidents.open("ana@sea.test", {
    title,
    severity,
    service: "shop",
  });
  await told();
  return incident;
}

describe("requests of Slack", () => {
  it("verify the URL, and are refused when they are forged, old or too large", async () => {
    const body = JSON.stringify({ type: "url_verification", token: "x", challenge: "abc" });
    expect(await send("events", body)).toEqual({ status: 200, answer: { challenge: "abc" } });
    const forged = await send("events", body, slack.sign(body, clock.now(), "guess"));
    expect(forged).toMatchObject({ status: 401, answer: { code: "chat_signature_refused" } });
    expect((await send("events", body, {})).status).toBe(401);
    const old = slack.sign(body, clock.now() - 6 * 60_000);
    expect((await send("events", body, old)).status).toBe(401);
    expect((await send("commands", "x".repeat(300_000))).status).toBe(413);
    const nonsense = await send("events", '{"type":"what"}');
    expect(nonsense).toMatchObject({ status: 400, answer: { code: "chat_request_invalid" } });
    expect((await send("interactions", "payload=%7B")).status).toBe(400);
  });

  it("are taken once", async () => {
    const body = form({ text: "incident open Once", user_id: "UANA", channel_id: "C1" });
    const headers = slack.sign(body, clock.now());
    expect((await send("commands", body, headers)).status).toBe(200);
    const again = await send("commands", body, headers);
    expect(again).toMatchObject({ status: 409, answer: { code: "chat_request_replayed" } });
    const { incidents } = await server.incidents.list({ state: "all", limit: 50 });
    expect(incidents.filter(({ title }) => title === "Once")).toHaveLength(1);
  });
});

describe("an incident", () => {
  it("has a channel of its own, with who is on it, and is announced beside others", async () => {
    const incident = await open("Checkout <fails> & more");
    const channel = slack.channel(`inc-${incident.number}-checkout-fails-more`);
    expect(channel.members).toEqual(new Set(["UBOT00001", "UVIC", "UANA"]));
    expect(channel.topic).toBe(
      `P1 #${incident.number} triggered: Checkout &lt;fails&gt; &amp; more`,
    );
    const [headline, ...updates] = channel.posts;
    expect(buttonsOf(headline)).toEqual(["acknowledge", "escalate", "resolve", "open"]);
    expect(textsOf(updates)).toContain("Opened as P1 by hand (*Ana*)");
    const announced = common.posts.at(-1);
    expect(announced?.text).toBe(
      `[P1] #${incident.number} Checkout &lt;fails&gt; &amp; more: Triggered`,
    );
    // What a person writes elsewhere is told here, once.
    await server.incidents.comment("ana@sea.test", incident.id, "Rolling back <!channel>");
    await told();
    await told();
    expect(textsOf(channel.posts).match(/Rolling back/g)).toHaveLength(1);
    expect(textsOf(channel.posts)).toContain("*Ana*: Rolling back &lt;!channel&gt;");
  });

  it("is acknowledged, escalated and resolved by its buttons, by people who may", async () => {
    const incident = await open("Buttons");
    const channel = slack.channel(`inc-${incident.number}-buttons`);
    await press("acknowledge", incident.id, "UGUEST");
    expect(slack.ephemeral.at(-1)).toMatchObject({ user: "UGUEST" });
    expect(slack.ephemeral.at(-1)?.text).toContain("does not know you, Gus");
    await press("acknowledge", incident.id, "UVIC");
    expect(slack.ephemeral.at(-1)?.text).toContain("not change them");
    expect((await server.incidents.get(incident.id)).incident.state).toBe("triggered");
    await press("escalate", incident.id);
    expect(slack.ephemeral.at(-1)?.text).toContain("Nobody else is to be paged");
    expect(await press("acknowledge", incident.id)).toMatchObject({ status: 200 });
    const { incident: taken } = await server.incidents.get(incident.id);
    expect(taken).toMatchObject({ state: "acknowledged", acknowledgedBy: "ana@sea.test" });
    await told();
    expect(buttonsOf(channel.posts[0])).not.toContain("acknowledge");
    expect(channel.topic).toContain("acknowledged");
    await press("resolve", incident.id);
    await told();
    expect(buttonsOf(channel.posts[0])).toEqual(["open"]);
    expect(channel.archived).toBe(false);
    await told(HOUR);
    expect(channel.archived).toBe(true);
  });

  it("has what people write in its channel on its timeline, once, by who they are here", async () => {
    const incident = await open("Notes");
    const channel = slack.channel(`inc-${incident.number}-notes`);
    const message = {
      type: "message",
      channel: channel.id,
      user: "UANA",
      text: "<@UVIC> looks at <https://x.test|the graph>",
      ts: "1700000100.000200",
    };
    expect((await event(message)).status).toBe(200);
    expect((await event(message)).status).toBe(200);
    await event({ ...message, ts: "1700000101.000200", bot_id: "B1", text: "from a bot" });
    await event({ ...message, ts: "1700000102.000200", subtype: "channel_join", text: "joined" });
    await event({ ...message, ts: "1700000103.000200", user: "UGUEST", text: "hello" });
    await event({ ...message, ts: "1700000104.000200", channel: "C0ELSEWHERE", text: "not here" });
    const { timeline } = await server.incidents.get(incident.id);
    const notes = timeline.filter(({ kind }) => kind === "comment");
    expect(notes.map(({ actor, text }) => [actor, text])).toEqual([
      ["ana@sea.test", "@Vic looks at the graph (https://x.test)"],
      ["slack:Gus", "hello"],
    ]);
    const before = channel.posts.length;
    await told();
    expect(channel.posts).toHaveLength(before);
  });

  it("of little weight is told in the thread of its announcement, both ways", async () => {
    const incident = await open("Small", "P3");
    const announced = common.posts.find(({ text }) => text.includes("Small"));
    const inThread = () => common.posts.filter(({ thread_ts: ts }) => ts === announced?.ts);
    expect(textsOf(inThread())).toContain("Opened as P3");
    await event({
      type: "message",
      channel: common.id,
      thread_ts: announced?.ts,
      user: "UANA",
      text: "I see it",
      ts: "1700000200.000200",
    });
    const { timeline } = await server.incidents.get(incident.id);
    expect(timeline.at(-1)).toMatchObject({ actor: "ana@sea.test", text: "I see it" });
    expect(slack.channels.map(({ name }) => name)).not.toContain(`inc-${incident.number}-small`);
  });

  it("waits as long as Slack asks, and is told once", async () => {
    slack.mishap = (method) =>
      method === "chat.postMessage" ? { kind: "limited", seconds: 30 } : undefined;
    const incident = await open("Limited");
    const channel = slack.channel(`inc-${incident.number}-limited`);
    const calls = slack.calls.length;
    slack.mishap = () => undefined;
    await told(29_000);
    expect(slack.calls).toHaveLength(calls);
    await told(2000);
    expect(channel.posts.length).toBeGreaterThan(1);
    expect(textsOf(channel.posts).match(/Opened as P1/g)).toHaveLength(1);
  });

  it("is told once, and has one channel, when Slack's answers get lost", async () => {
    const lost = new Set(["conversations.create", "chat.postMessage"]);
    slack.mishap = (method) => {
      if (!lost.has(method)) return undefined;
      lost.delete(method);
      return { kind: "done but not answered" };
    };
    const incident = await open("Doubt");
    for (let attempt = 0; attempt < 4; attempt += 1) await told(60_000);
    expect(lost.size).toBe(0);
    const own = slack.channels.filter(({ name }) => name.startsWith(`inc-${incident.number}-`));
    expect(own).toHaveLength(1);
    expect(own[0]?.posts.filter((post) => buttonsOf(post).length > 0)).toHaveLength(1);
    expect(textsOf(own[0]?.posts ?? []).match(/Opened as P1/g)).toHaveLength(1);
  });
});

it("obeys the slash command of people it knows", async () => {
  expect(await command("")).toContain("/seaworthy incident open");
  expect(await command("incident open P1 Database is away", "UVIC")).toContain("not change them");
  const opened = await command("incident open P1 service=db Database is away");
  const number = /#(\d+)/.exec(opened)?.[1] ?? "";
  await told();
  const channel = slack.channel(`inc-${number}-database-is-away`);
  expect(await command("incident list", "UVIC")).toContain("Database is away (Triggered)");
  expect(await command("incident ack", "UANA", channel.id)).toContain("You are on it");
  expect(await command("incident monitoring", "UANA", channel.id)).toContain("(Monitoring)");
  expect(await command("incident note all quiet", "UANA", channel.id)).toContain("Noted");
  expect(await command("incident resolve 99999")).toContain("There is no incident");
  expect(await command("incident escalate")).toContain("Which incident?");
  expect(await command(`incident resolve ${number} switched over`)).toContain("Resolved");
  const { incident, timeline } = await server.incidents.get(number);
  expect(incident).toMatchObject({ state: "resolved", resolvedBy: "ana@sea.test", service: "db" });
  expect(timeline.map(({ text }) => text)).toContain("switched over");
});

/** The whole answer to a slash command, as Slack shows it. */
const answerTo = async (text: string, user = "UANA") => {
  const body = form({ command: "/seaworthy", text, user_id: user, channel_id: "C0OTHER" });
  return (await send("commands", body)).answer as {
    readonly response_type: string;
    readonly text: string;
    readonly blocks?: readonly { readonly elements?: readonly { readonly value: string }[] }[];
  };
};

describe("emergency controls", () => {
  const ana = { name: "setup", personId: null, isPerson: false };
  const place = { service: "checkout", environment: "production" };
  const valueOf = async (name: string) => {
    const { services } = await server.controls.list(place);
    return services[0]?.controls.find((control) => control.name === name)?.value;
  };

  beforeAll(async () => {
    await server.records.transaction((tx) =>
      ensureUser(tx, { email: "ben@sea.test", name: "Ben", role: "member" }),
    );
    slack.users.push({ id: "UBEN", name: "Ben", email: "ben@sea.test" });
    await server.controls.addService(ana, place);
    await server.controls.define(ana, place, "max-orders", {
      range: { kind: "number", min: 0, max: 100 },
      normal: 100,
      description: "",
      dangerous: false,
      twoPerson: "away",
    });
  });

  it("are shown to people, and changed by those who may, for a time, with a reason", async () => {
    expect(await command("control list", "UGUEST")).toContain("does not know you");
    expect(await command("control", "UVIC")).toContain("checkout (production) kill-switch: off");
    const set = "control set checkout kill-switch on";
    expect(await command(`${set} confirm=checkout it burns`, "UVIC")).toContain("not change them");
    expect(await command(`${set} it burns`)).toContain("is dangerous: confirm it");
    expect(await command(set)).toContain("Say why");
    expect(await command("control set checkout kill-switch maybe it burns")).toContain(
      "takes on or off",
    );
    expect(await command("control set nothing/test x on why not")).toContain("has no controls");
    expect(await valueOf("kill-switch")).toBe(false);
    const said = await answerTo(`${set} for=30m confirm=checkout it burns &amp; &lt;hurts&gt;`);
    expect(said.response_type).toBe("ephemeral");
    expect(said.text).toContain("kill-switch: *on* · for 30 min more, then off · ana@sea.test");
    const { changes } = await server.controls.history({ ...place, limit: 1 });
    expect(changes).toMatchObject([
      { name: "kill-switch", value: true, actor: "ana@sea.test", reason: "it burns & <hurts>" },
    ]);
    expect(await command("control end checkout kill-switch over now")).toContain(
      "kill-switch: off",
    );
    expect(await valueOf("kill-switch")).toBe(false);
  });

  it("that need two people are asked for in the channel, and decided there by another", async () => {
    const asked = await answerTo("control set checkout/production max-orders 20 the queue is long");
    expect(asked).toMatchObject({
      response_type: "in_channel",
      text: expect.stringContaining("max-orders of checkout (production) → 20 waits") as string,
    });
    const id = asked.blocks?.at(-1)?.elements?.[0]?.value ?? "";
    await press("control_approve", id);
    expect(slack.ephemeral.at(-1)?.text).toContain("Nobody approves their own change");
    await press("control_approve", id, "UVIC");
    expect(slack.ephemeral.at(-1)?.text).toContain("not change them");
    await press("control_approve", "x", "UBEN");
    expect(slack.ephemeral.at(-1)?.text).toContain("no such change");
    expect(await valueOf("max-orders")).toBe(100);
    await press("control_approve", id, "UBEN");
    expect(slack.ephemeral.at(-1)?.text).toContain("max-orders: *20*");
    expect(await valueOf("max-orders")).toBe(20);
    await press("control_approve", id, "UBEN");
    expect(slack.ephemeral.at(-1)?.text).toContain("There is no change");
    const again = await answerTo("control set checkout max-orders 10 longer still");
    const second = again.blocks?.at(-1)?.elements?.[0]?.value ?? "";
    expect(await command("control list checkout", "UVIC")).toContain("→ 10 waits");
    expect(await command(`control reject ${second}`, "UBEN")).toContain("will not be made");
    expect(await valueOf("max-orders")).toBe(20);
  });
});

it("takes another configuration while it runs", async () => {
  const { config } = server.chat.slack() ?? {};
  if (config === undefined) throw new Error("Slack is gone");
  const none = { slack: undefined, teams: undefined, discord: undefined };
  await server.chat.apply(none);
  const body = form({ text: "incident list", user_id: "UANA", channel_id: "C1" });
  expect(await send("commands", body)).toMatchObject({
    status: 404,
    answer: { code: "chat_not_configured" },
  });
  expect(await server.chat.places()).toEqual([]);
  const incident = await open("While it is away");
  const hooks = `http://127.0.0.1:${(webhooks.address() as AddressInfo).port}`;
  await server.chat.apply({
    slack: { ...config, prefix: "new" },
    teams: { url: { text: `${hooks}/teams` }, severities: ["P1"] },
    discord: { url: { text: `${hooks}/discord` }, severities: ["P1", "P3"] },
  });
  await told();
  // What was opened meanwhile is told now, by the new settings.
  const channel = slack.channel(`new-${incident.number}-while-it-is-away`);
  expect(textsOf(channel.posts)).toContain("Opened as P1");
  expect(await command("incident list")).toContain("While it is away");
});

it("tells Teams and Discord, which only listen", async () => {
  const incident = await open("Everywhere");
  await server.incidents.resolve("ana@sea.test", incident.id, "gone @everyone");
  await told();
  const toldTo = (path: string) =>
    hooked.filter((one) => one.path === path && one.text.includes("Everywhere"));
  expect(toldTo("/teams").map(({ text }) => JSON.parse(text) as unknown)).toMatchObject([
    {
      type: "message",
      attachments: [
        {
          content: {
            body: [{ text: expect.stringMatching(/Everywhere: Triggered$/) as string }, {}],
          },
        },
      ],
    },
    {
      attachments: [
        {
          content: {
            body: [{ text: expect.stringMatching(/Everywhere: Resolved$/) as string }, {}, {}],
          },
        },
      ],
    },
  ]);
  const [first, last] = toldTo("/discord").map(({ text }) => JSON.parse(text) as unknown);
  expect(first).toMatchObject({ allowed_mentions: { parse: [] } });
  expect(last).toMatchObject({
    embeds: [{ description: expect.stringContaining("Ana: gone @everyone") as string }],
  });
  hooked.length = 0;
  await open("Small again", "P3");
  const small = hooked.filter(({ text }) => text.includes("Small again"));
  expect(small.map(({ path }) => path)).toEqual(["/discord"]);
});

it("says how the chat does, and tests it", async () => {
  const headers = { authorization: `Bearer ${BOOTSTRAP}` };
  const test = async (name: string) => {
    const response = await fetch(`${server.url}/api/chats/${name}/test`, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body: "{}",
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  expect(await test("slack")).toEqual({ status: 200, body: { error: null } });
  expect(common.posts.at(-1)?.text).toContain("This is a test of Seaworthy");
  slack.mishap = () => ({ kind: "error", error: "missing_scope" });
  expect((await test("slack")).body["error"]).toContain("missing_scope (the app lacks a scope");
  expect(await test("teams")).toEqual({ status: 200, body: { error: null } });
  expect((await test("irc")).status).toBe(400);
  const response = await fetch(`${server.url}/api/chats`, { headers });
  expect(await response.json()).toMatchObject({
    chats: [
      { name: "slack", channel: "C0COMMON", error: null, failing: 0 },
      { name: "teams", channel: null, heardAt: null },
      { name: "discord" },
    ],
  });
});
