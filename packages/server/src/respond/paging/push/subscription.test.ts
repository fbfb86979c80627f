import fc from "fast-check";
import { expect, it } from "vitest";
import { pushBrowser } from "../../../../test/push-browser.ts";
import { readSubscription, subscriptionsAt, writeSubscription } from "./subscription.ts";
import { pushSender } from "./vapid.ts";

const endpoint = "https://push.example/send/abc?x=1";
const given = () => JSON.parse(pushBrowser(endpoint).subscription) as Subscribed;
interface Subscribed {
  endpoint: unknown;
  keys: Record<string, unknown>;
}

it("reads what a browser says of its subscription, and writes one as one text", () => {
  const said = given();
  const read = readSubscription(JSON.stringify(said));
  expect(read).toEqual({ subscription: { endpoint, ...said.keys } });
  if ("fault" in read) return;
  const kept = writeSubscription(read.subscription);
  expect(JSON.parse(kept)).toEqual({ endpoint, keys: said.keys });
  expect(kept.startsWith(subscriptionsAt(endpoint))).toBe(true);
  const padded = { ...said, keys: { ...said.keys, auth: `${String(said.keys["auth"])}==` } };
  expect(readSubscription(JSON.stringify(padded))).toEqual(read);
});

it.each<[string, (said: Subscribed) => unknown, string]>([
  ["no object", () => "x", "is not a subscription as JSON"],
  ["null", () => null, "is not a subscription as JSON"],
  ["no endpoint", (said) => ({ keys: said.keys }), "has no endpoint"],
  ["no URL", (said) => ({ ...said, endpoint: "push" }), "is not a URL"],
  ["a file", (said) => ({ ...said, endpoint: "file:///etc/passwd" }), "https://"],
  ["no TLS", (said) => ({ ...said, endpoint: "http://push.example/" }), "https://"],
  ["a name", (said) => ({ ...said, endpoint: "https://a:b@push.example/" }), "user name"],
  ["a line", (said) => ({ ...said, endpoint: "https://push.example/\r\nx: y" }), "not a URL"],
  ["no keys", (said) => ({ ...said, keys: null }), "keys.p256dh"],
  ["a point off the curve", (said) => withKey(said, Buffer.alloc(65, 4)), "keys.p256dh"],
  ["a short point", (said) => withKey(said, Buffer.alloc(33, 2)), "keys.p256dh"],
  ["a short secret", (said) => ({ ...said, keys: { ...said.keys, auth: "AAAA" } }), "keys.auth"],
  ["much", (said) => ({ ...said, more: "x".repeat(2000) }), "is longer than 2000"],
])("refuses %s", (_, change, fault) => {
  const read = readSubscription(JSON.stringify(change(given())));
  expect(read).toEqual({ fault: expect.stringContaining(fault) as string });
});

const withKey = (said: Subscribed, key: Buffer) => ({
  ...said,
  keys: { ...said.keys, p256dh: key.toString("base64url") },
});

it("answers whatever it is given, and keeps nothing that it would not read again", () => {
  const { keys } = given();
  const odd = fc.oneof(fc.string(), fc.constant(null), fc.constant({}));
  const nearly = fc.record({
    endpoint: fc.oneof(fc.webUrl(), fc.string(), odd),
    keys: fc.oneof(
      fc.constant(keys),
      odd,
      fc.record({ p256dh: odd, auth: fc.oneof(odd, fc.constant(keys["auth"])) }),
    ),
  });
  const text = fc.oneof(
    fc.string(),
    nearly.map((one) => JSON.stringify(one)),
  );
  fc.assert(
    fc.property(text, (said) => {
      const read = readSubscription(said);
      if ("fault" in read) return;
      expect(readSubscription(writeSubscription(read.subscription))).toEqual(read);
    }),
    { numRuns: 200 },
  );
});

it("makes the same key of the same secret, and another of another", () => {
  const keyOf = (byte: number) => pushSender(Buffer.alloc(32, byte), "mailto:a@b.test").publicKey;
  expect(keyOf(1)).toBe(keyOf(1));
  expect(keyOf(1)).not.toBe(keyOf(255));
  expect(Buffer.from(keyOf(255), "base64url")).toHaveLength(65);
});
