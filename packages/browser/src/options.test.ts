import { expect, test } from "vitest";
import { seaworthy } from "./index.ts";
import { resolveOptions, type SeaworthyBrowserOptions } from "./options.ts";

function resolve(options: SeaworthyBrowserOptions) {
  const said: string[] = [];
  const settings = resolveOptions(options, "https://shop.test/a/b", (text) => said.push(text));
  return { settings, said };
}

test("an address is enough", () => {
  const { settings, said } = resolve({ dsn: "https://key@seaworthy.test/1" });
  expect(said).toEqual([]);
  expect(settings).toMatchObject({
    dsn: "https://key@seaworthy.test/1",
    endpoint: undefined,
    environment: "production",
    traces: 0.1,
    replay: { sessions: 0, onError: 1 },
    vitals: true,
    console: false,
  });
});

test("an endpoint of one's own is below the page's origin, and needs no dsn", () => {
  expect(resolve({ endpoint: "/monitoring" }).settings).toMatchObject({
    endpoint: "https://shop.test/monitoring",
    dsn: "https://browser@shop.test/1",
  });
});

test.each([
  [{}, "neither dsn nor endpoint is given"],
  [{ dsn: "seaworthy.test" }, "dsn has not the form https://KEY@HOST/PROJECT"],
  [{ endpoint: "javascript:alert(1)" }, "endpoint is not an address: javascript:alert(1)"],
])("without an address nothing is sent, and that is said: %j", (options, message) => {
  const { settings, said } = resolve(options);
  expect(settings).toBeUndefined();
  expect(said[0]).toBe(message);
});

test("wrong numbers are replaced by their defaults, and said", () => {
  const { settings, said } = resolve({
    dsn: "https://key@seaworthy.test/1",
    traces: Number.NaN,
    replay: { onError: 2 },
    maxErrorsPerMinute: 1.5,
  });
  expect(settings).toMatchObject({ traces: 0.1, replay: { onError: 1 }, maxErrorsPerMinute: 100 });
  expect(said).toHaveLength(3);
});

test("options that there are none of are said", () => {
  const { said } = resolve({
    dsn: "https://key@seaworthy.test/1",
    replays: false,
    replay: { maskAllText: true },
    mask: { keepParams: ["page"] },
  } as object);
  expect(said).toEqual([
    "there is no option replays; left out",
    "there is no option replay.maskAllText; left out",
    "there is no option mask.keepParams; left out",
  ]);
});

test("where there is no page, nothing happens", () => {
  expect(() => seaworthy({ dsn: "https://key@seaworthy.test/1" })).not.toThrow();
});
