/** Whatever a page gives the kit, and whatever is answered to it, the page goes on. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createMask } from "./mask.ts";
import { resolveOptions, type SeaworthyBrowserOptions } from "./options.ts";
import { maskingTransport } from "./transport.ts";

const fail = (): never => {
  throw new Error("from the page");
};
const trap: object = new Proxy({}, { get: fail, has: fail, ownKeys: fail, getPrototypeOf: fail });
const odds: readonly unknown[] = [
  undefined,
  null,
  trap,
  Object.create(null),
  Symbol("odd"),
  10n,
  Number.NaN,
  -1,
  0.5,
  "",
  "odd",
  "/monitoring",
  "https://key@seaworthy.test/1",
  "0.5",
  true,
  false,
  [trap, 7, "a", /a/g],
  "abc",
  /a/,
  fail,
  { sessions: 2, onError: "1", unmask: "p", block: [1], showText: "no" },
  { keepParameters: "page", also: ["secret", /x/] },
];
const odd = fc.nat({ max: odds.length - 1 });
const names = [
  "dsn",
  "endpoint",
  "service",
  "release",
  "environment",
  "traces",
  "propagateTo",
  "replay",
  "vitals",
  "route",
  "console",
  "mask",
  "ignoreErrors",
  "maxErrorsPerMinute",
];

test("options: whatever they are, there are settings that can be used, or nothing is sent", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...names), odd), odd, (chosen, whole) => {
      const given: Record<string, unknown> = { dsn: "https://key@seaworthy.test/1" };
      for (const [name, at] of Object.entries(chosen)) given[name] = odds[at];
      for (const options of [given, odds[whole]]) {
        const settings = resolveOptions(
          options as SeaworthyBrowserOptions,
          "https://shop.test/a",
          (message) => expect(message).not.toBe(""),
        );
        if (settings === undefined) continue;
        const { replay, traces = 0, maxErrorsPerMinute, mask } = settings;
        for (const share of [traces, replay?.sessions ?? 0, replay?.onError ?? 0])
          expect(share >= 0 && share <= 1).toBe(true);
        expect(Number.isInteger(maxErrorsPerMinute)).toBe(true);
        for (const list of [settings.propagateTo ?? [], settings.ignoreErrors])
          expect(list.every((each) => typeof each === "string" || each instanceof RegExp)).toBe(
            true,
          );
        expect(createMask(mask).text("a@example.com")).toContain("[masked]");
      }
    }),
    { numRuns: 400 },
  );
});

beforeAll(() => {
  vi.stubGlobal("document", { visibilityState: "visible" });
  vi.spyOn(console, "warn").mockImplementation(() => {});
});
afterAll(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

type Send = ReturnType<ReturnType<typeof maskingTransport>>["send"];
type Envelope = Parameters<Send>[0];

test("the transport: what is sent, and what is answered, may be anything", async () => {
  const header = fc.oneof(
    fc.string().map((text) => text.replaceAll(/[^\x20-\x7e]/g, "")),
    fc.constantFrom("60::organization", "-1:error:x", "9".repeat(40), "a:b:c,,:"),
  );
  const answer = fc.record({
    status: fc.integer({ min: 200, max: 599 }),
    limits: header,
    retry: header,
    way: fc.constantFrom("answers", "rejects", "throws", "no body"),
  });
  const item = fc.tuple(
    fc.record({
      type: fc.constantFrom("event", "replay_recording", "span", "session", "odd"),
    }),
    fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.string(),
      fc.uint8Array(),
      fc.constant('{"segment_id":0}\n[{"type":3}]'),
      fc.constant("trap"),
    ),
  );
  await fc.assert(
    fc.asyncProperty(answer, fc.array(item, { maxLength: 3 }), async (given, items) => {
      vi.stubGlobal("fetch", () => {
        if (given.way === "throws") return fail();
        if (given.way === "rejects") return Promise.reject(new TypeError("no network"));
        const empty = given.way === "no body" || [204, 205, 304].includes(given.status);
        return Promise.resolve(
          new Response(empty ? null : "answer", {
            status: given.status,
            headers: { "x-sentry-rate-limits": given.limits, "retry-after": given.retry },
          }),
        );
      });
      const transport = maskingTransport(createMask({}))({
        url: "https://seaworthy.test/api/1/envelope/",
        recordDroppedEvent: () => {},
      });
      const envelope = [
        { trace: { public_key: "k" } },
        items.map(([headers, payload]) => [headers, payload === "trap" ? trap : payload]),
      ] as unknown as Envelope;
      let sent: PromiseLike<unknown> = Promise.resolve();
      expect(() => (sent = transport.send(envelope))).not.toThrow();
      // The SDK deals with what is rejected; the page does not hear of it.
      await Promise.resolve(sent).catch(() => {});
      expect(await transport.flush(1_000)).toBe(true);
    }),
    { numRuns: 200 },
  );
});
