import { expect, it } from "vitest";
import { paths, safeNext, withSharedParameters } from "./paths.ts";

it("builds addresses", () => {
  expect(paths.incident(42)).toBe("/incidents/42");
  expect(paths.explore(["a", 'b{c="d"}'])).toBe("/explore/metrics?q=a&q=b%7Bc%3D%22d%22%7D");
  expect(paths.alerts({ label: "service=shop" })).toBe("/alerts?label=service%3Dshop");
  expect(paths.signIn("/")).toBe("/sign-in");
  expect(paths.rule("a/b", "Too slow")).toBe("/alerts/rules/a%2Fb/Too%20slow");
  expect(paths.routing({ a: "b c", d: "" })).toBe("/alerts/routing?label=a%3Db+c&label=d%3D");
});

it.each([
  ["/incidents/4?tz=utc", "/incidents/4?tz=utc"],
  ["https://elsewhere.example", "/"],
  ["//elsewhere.example", "/"],
  ["/\\elsewhere.example", "/"],
  ["/sign-in?next=/sign-in", "/"],
  ["javascript:alert(1)", "/"],
  [null, "/"],
])("after signing in, %s leads to %s", (next, path) => {
  expect(safeNext(next)).toBe(path);
});

it("carries the range and the zone over, and nothing else", () => {
  const present = new URLSearchParams("from=now-6h&to=now&tz=utc&q=up&open=1");
  expect(withSharedParameters("/alerts?label=a", present)).toBe(
    "/alerts?label=a&from=now-6h&to=now&tz=utc",
  );
  expect(withSharedParameters("/explore/metrics?from=now-5m&to=now", present)).toBe(
    "/explore/metrics?from=now-5m&to=now&tz=utc",
  );
  expect(withSharedParameters("/", new URLSearchParams())).toBe("/");
});
