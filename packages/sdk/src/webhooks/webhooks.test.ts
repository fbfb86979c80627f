import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import fc from "fast-check";
import Fastify from "fastify";
import { expect, onTestFinished, test } from "vitest";
import { MemoryReplays } from "./replays.ts";
import { forms, type Sender } from "./signatures.ts";
import { Webhooks } from "./webhooks.ts";

interface Example {
  readonly secret: string;
  readonly seconds: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

// GitHub's, Slack's and Svix's are those that their documentation publishes.
const examples: Record<Sender, Example> = {
  github: {
    secret: "It's a Secret to Everybody",
    seconds: 0,
    headers: {
      "x-hub-signature-256":
        "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
    },
    body: "Hello, World!",
  },
  slack: {
    secret: "8f742231b10e8888abcd99yyyzzz85a5",
    seconds: 1_531_420_618,
    headers: {
      "x-slack-signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
      "x-slack-request-timestamp": "1531420618",
    },
    body: "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c",
  },
  stripe: {
    secret: "whsec_test_secret",
    seconds: 1_700_000_000,
    headers: {
      "stripe-signature":
        "t=1700000000,v1=248a374f50f943a28b0f6ab50faf9a7e7e29b710fa26df9fb1618b9bf8ea9c9a,v0=ignored",
    },
    body: '{"id":"evt_1"}',
  },
  svix: {
    secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    seconds: 1_614_265_330,
    headers: {
      "svix-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
      "svix-timestamp": "1614265330",
      "svix-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    },
    body: '{"test": 2432232314}',
  },
};
const senders = Object.keys(examples) as Sender[];

function webhooksOf(sender: Sender, more: Partial<ConstructorParameters<typeof Webhooks>[0]> = {}) {
  const { secret, seconds } = examples[sender];
  return new Webhooks({ sender, secret, now: () => new Date(seconds * 1000), ...more });
}

test.each(senders)(
  "%s: the published example is believed, changed ones are not",
  async (sender) => {
    const { headers, body, secret } = examples[sender];
    const fresh = () => webhooksOf(sender);
    expect(await fresh().verify(headers, body)).toEqual({ ok: true });
    expect(await fresh().verify(headers, Buffer.from(body))).toEqual({ ok: true });
    const wrong = { ok: false, reason: "wrong-signature" };
    expect(await fresh().verify(headers, `${body} `)).toEqual(wrong);
    const other = "whsec_bm90IHRoZSBzZWNyZXQgb2YgYW55Ym9keQ==";
    expect(await webhooksOf(sender, { secret: other }).verify(headers, body)).toEqual(wrong);
    expect(await webhooksOf(sender, { secret: [other, secret] }).verify(headers, body)).toEqual({
      ok: true,
    });
    for (const name of Object.keys(headers)) {
      const without = Object.fromEntries(Object.entries(headers).filter(([key]) => key !== name));
      expect(await fresh().verify(without, body)).toEqual({ ok: false, reason: "missing-header" });
      expect(await fresh().verify({ ...headers, [name]: ["a", "b"] }, body)).toMatchObject({
        reason: "missing-header",
      });
      expect((await fresh().verify({ ...headers, [name]: "x" }, body)).ok).toBe(false);
    }
  },
);

test.each(["slack", "stripe", "svix"] as const)(
  "%s: only within the tolerance, and only once",
  async (sender) => {
    const { headers, body, seconds } = examples[sender];
    const at = (offset: number) =>
      webhooksOf(sender, { now: () => new Date((seconds + offset) * 1000) }).verify(headers, body);
    expect(await at(300)).toEqual({ ok: true });
    expect(await at(-300)).toEqual({ ok: true });
    expect(await at(301)).toEqual({ ok: false, reason: "too-old" });
    expect(await at(-301)).toEqual({ ok: false, reason: "too-new" });
    const webhooks = webhooksOf(sender);
    await webhooks.verify(headers, body);
    expect(await webhooks.verify(headers, body)).toEqual({ ok: false, reason: "replayed" });
  },
);

test.each([
  ["stripe", "stripe-signature", (value: string) => `${value},v0=another`],
  ["stripe", "stripe-signature", (value: string) => value.replace("v1=248a", "v1=248A")],
  ["slack", "x-slack-signature", (value: string) => value.replace("a2114d", "A2114D")],
  ["svix", "svix-signature", (value: string) => `v1a,xx ${value}`],
] as const)(
  "%s: a copy is known whatever is written around its signature",
  async (sender, name, change) => {
    const { headers, body } = examples[sender];
    const webhooks = webhooksOf(sender);
    expect(await webhooks.verify(headers, body)).toEqual({ ok: true });
    const copy = { ...headers, [name]: change(headers[name] ?? "") };
    expect(copy).not.toEqual(headers);
    expect(await webhooks.verify(copy, body)).toEqual({ ok: false, reason: "replayed" });
  },
);

test("a retry of Svix's has the delivery's id and a time of its own, and is taken", async () => {
  const { headers, body, seconds, secret } = examples.svix;
  const webhooks = webhooksOf("svix");
  expect(await webhooks.verify(headers, body)).toEqual({ ok: true });
  const time = String(seconds + 5);
  const signature = createHmac("sha256", forms.svix.key(secret))
    .update(`${headers["svix-id"]}.${time}.${body}`)
    .digest("base64");
  const retry = { ...headers, "svix-timestamp": time, "svix-signature": `v1,${signature}` };
  expect(await webhooks.verify(retry, body)).toEqual({ ok: true });
});

test.each(senders)("%s: the headers of a Request will do", async (sender) => {
  const { headers, body } = examples[sender];
  expect(await webhooksOf(sender).verify(new Headers(headers), body)).toEqual({ ok: true });
});

test("options that would let everything in are refused", () => {
  for (const toleranceSeconds of [Number.NaN, -1, Number.POSITIVE_INFINITY, "5m" as never])
    expect(() => webhooksOf("stripe", { toleranceSeconds })).toThrow("toleranceSeconds");
  expect(() => webhooksOf("stripe", { maxBytes: Number.NaN })).toThrow("maxBytes");
  expect(() => webhooksOf("stripe", { tolerance: 60 } as object)).toThrow(
    'webhooks: there is no option "tolerance"; there are sender, secret, toleranceSeconds',
  );
});

test("GitHub's retries are signed like the first delivery and are taken", async () => {
  const webhooks = webhooksOf("github");
  const { headers, body } = examples.github;
  await webhooks.verify(headers, body);
  expect(await webhooks.verify(headers, body)).toEqual({ ok: true });
});

test("Standard Webhooks' names of the headers are taken too, and one right signature of several", async () => {
  const { headers, body } = examples.svix;
  const standard = {
    "webhook-id": headers["svix-id"],
    "webhook-timestamp": headers["svix-timestamp"],
    "webhook-signature": `v1a,xx v1,${"A".repeat(43)}= ${headers["svix-signature"]}`,
  };
  expect(await webhooksOf("svix").verify(standard, body)).toEqual({ ok: true });
});

test("what was not signed is never believed, and nothing throws", async () => {
  const names = [...new Set(senders.flatMap((sender) => Object.keys(examples[sender].headers)))];
  const pieces = fc.oneof(
    fc.string({ unit: "binary", maxLength: 80 }),
    fc.constantFrom("t=1700000000", ",v1=", "sha256=", "v0=", "v1,", "a".repeat(64), "=", " "),
    fc.nat().map(String),
  );
  const value = fc.array(pieces, { maxLength: 6 }).map((parts) => parts.join(""));
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...senders),
      fc.dictionary(fc.constantFrom(...names), value),
      fc.uint8Array({ maxLength: 50 }),
      async (sender, headers, body) => {
        expect((await webhooksOf(sender).verify(headers, body)).ok).toBe(false);
        const read = forms[sender].read(headers, body);
        if (typeof read !== "string") expect(read.signatures.length).toBeLessThanOrEqual(11);
      },
    ),
    { numRuns: 1_000 },
  );
});

test.each(["", undefined, "short", []])("the secret %j is refused", (secret) => {
  expect(() => new Webhooks({ sender: "stripe", secret })).toThrow("secret");
  expect(() => new Webhooks({ sender: "paypal" as never, secret: "x".repeat(20) })).toThrow(
    'no sender "paypal"',
  );
});

test("replays are remembered for their time and no more of them than asked", async () => {
  let now = 0;
  const replays = new MemoryReplays(3, () => now);
  expect(await replays.claim("a", 1_000)).toBe(true);
  expect(await replays.claim("a", 1_000)).toBe(false);
  now = 1_000;
  expect(await replays.claim("a", 1_000)).toBe(true);
  for (const id of ["b", "c", "d"]) await replays.claim(id, 1_000);
  expect(await replays.claim("d", 1_000)).toBe(false);
  expect(await replays.claim("a", 1_000)).toBe(true);
});

const sign = (body: string) =>
  `sha256=${createHmac("sha256", "a long enough secret").update(body).digest("hex")}`;
const webhooks = () =>
  new Webhooks({ sender: "github", secret: "a long enough secret", maxBytes: 1_000 });

const frameworks = {
  Express: async () => {
    const app = express();
    app.post("/hook", webhooks().express(), (request, response) => {
      const { rawBody } = request as { rawBody?: Buffer };
      response.json({ body: request.body, raw: rawBody?.toString() });
    });
    const server = createServer(app as RequestListener).listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  },
  Fastify: async () => {
    const app = Fastify();
    app.post("/hook", { preParsing: webhooks().fastify() }, (request) => ({ body: request.body }));
    onTestFinished(() => app.close());
    return `${await app.listen({ port: 0, host: "127.0.0.1" })}/hook`;
  },
};

test.each(Object.entries(frameworks))("%s: handlers get what was signed", async (_, start) => {
  const url = await start();
  const post = (body: string, signature: string) =>
    fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", "x-hub-signature-256": signature },
      body,
    });
  const body = '{ "action":"opened", "text":"ü" }';
  const taken = await post(body, sign(body));
  expect(taken.status).toBe(200);
  expect(await taken.json()).toMatchObject({ body: { action: "opened", text: "ü" } });
  expect((await post(body, sign("{}"))).status).toBe(401);
  expect((await post(body, "nonsense")).status).toBe(401);
  const large = JSON.stringify("x".repeat(2_000));
  expect((await post(large, sign(large))).status).toBe(413);
});
