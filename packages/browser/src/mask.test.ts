import fc from "fast-check";
import { expect, test } from "vitest";
import { createMask } from "./mask.ts";

const mask = createMask({});

test.each([
  ["write to ada.lovelace+x@example.co.uk.", "write to [masked]"],
  ["/invite/ada%40example.com/accept", "/invite/[masked]/accept"],
  ["https://ada:pw@example.com/x", "https://[masked]@example.com/x"],
  ["GET https://x.test/a/b?token=abc&page=2 failed", "GET https://x.test/a/b?[masked] failed"],
  ["?q=private", "?[masked]"],
  ["https://x.test/#access_token=abc", "https://x.test/#[masked]"],
  ["Authorization: Bearer eyJhbGciOi.eyJzdWIi.c2ln1", "Authorization: [masked] [masked]"],
  ['{"password":"hunter2"}', '{"password":"[masked]"}'],
  ["error: a=b token=abc:def", "error: a=b token=[masked]"],
  ["api_key=abc, next", "api_key=[masked], next"],
  ["key sk_live_51HxYz used", "key [masked] used"],
  ["session 3f2a9c0b4d5e6f708192a3b4c5d6e7f8 ended", "session [masked] ended"],
  ["card 4111 1111 1111 1111 refused", "card [masked] refused"],
  ['button[aria-label="Call Ada"].wide', 'button[aria-label="[masked]"].wide'],
])("masks %s", (text, expected) => {
  expect(mask.text(text)).toBe(expected);
});

test.each([
  "Cannot read properties of undefined (reading 'a?.b')",
  "What happened? Nothing",
  "https://x.test/items/42#/route",
  "node_modules/react@19.3.1/index.js of @seaworthy/browser",
  "order 8c2f6e0a-1b3d-4f5a-9c7e-0d1e2f3a4b5c",
  "at 2026-11-21 12:00:00, card 4111 1111 1111 1112",
  "a-long-name-of-a-component-without-numbers-in-it",
  "basic training is over",
])("leaves %s as it is", (text) => {
  expect(mask.text(text)).toBe(text);
});

test("knows ids and code by their names, and secrets too", () => {
  const id = "3f2a9c0b4d5e6f708192a3b4c5d6e7f8";
  const event = {
    event_id: id,
    release: `${id}00000000`,
    contexts: { trace: { trace_id: id }, state: { accessToken: "short", "api-key": "k", pin: 7 } },
    exception: { values: [{ stacktrace: { frames: [{ filename: `/assets/${id}.js?v=1` }] } }] },
    attributes: {
      "url.query": { type: "string", value: "q=private" },
      "sentry.release": { type: "string", value: id },
    },
  };
  expect(mask.value(event)).toEqual({
    event_id: id,
    release: `${id}00000000`,
    contexts: {
      trace: { trace_id: id },
      state: { accessToken: "[masked]", "api-key": "[masked]", pin: 7 },
    },
    exception: {
      values: [{ stacktrace: { frames: [{ filename: `/assets/${id}.js?[masked]` }] } }],
    },
    attributes: {
      "url.query": { type: "string", value: "[masked]" },
      "sentry.release": { type: "string", value: id },
    },
  });
});

test("keeps the parameters that are told to be harmless, and hides more when told", () => {
  const own = createMask({ keepParameters: ["page", "sort"], also: [/customer \w+/] });
  expect(own.text("/list?page=2&q=private&sort=name")).toBe("/list?page=2&sort=name&[masked]");
  expect(own.text("/list?page=2")).toBe("/list?page=2");
  expect(own.text("customer Ada and customer Bob")).toBe("[masked] and [masked]");
});

test("what is planted anywhere in what is sent does not come out", () => {
  const secret = fc.constantFrom(
    "planted@example.com",
    "https://x.test/?a=planted",
    "password=planted",
    "Bearer planted1234567890",
    "sk_live_planted123",
  );
  const place = (each: string) =>
    fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 5 },
        fc.tuple(fc.string(), fc.string()).map(([a, b]) => `${a} ${each} ${b}`),
        fc.array(tie("tree"), { minLength: 1, maxLength: 3 }),
        // Names that say that a text is an id (`id`, `release`) are the kit's own; none begins so.
        fc.dictionary(
          fc.string().map((name) => `x${name}`),
          tie("tree"),
          { minKeys: 1, maxKeys: 3 },
        ),
      ),
    })).tree;
  fc.assert(
    fc.property(secret.chain(place), (tree) => {
      const text = JSON.stringify(mask.value({ extra: tree }));
      expect(text).not.toContain("planted");
    }),
    { numRuns: 2_000 },
  );
});

test("whatever a text is, masking ends, and masking again changes nothing", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
      const once = mask.text(text);
      expect(mask.text(once)).toBe(once);
    }),
    { numRuns: 2_000 },
  );
});
