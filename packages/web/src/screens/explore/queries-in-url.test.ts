import { expect, it } from "vitest";
import { readExploration, writeExploration } from "./queries-in-url.ts";

it("reads what stands in the URL", () => {
  expect(readExploration(new URLSearchParams("q=up&q=down&tab=table&only=x"))).toEqual({
    queries: ["up", "down"],
    tab: "table",
    only: "x",
  });
  expect(readExploration(new URLSearchParams(""))).toEqual({
    queries: [""],
    tab: "graph",
    only: null,
  });
});

it("writes it back and keeps the rest", () => {
  const changed = writeExploration(new URLSearchParams("from=now-1h&to=now&q=a&only=x"), {
    queries: ["b", "c"],
    tab: "table",
  });
  expect(changed.toString()).toBe("from=now-1h&to=now&q=b&q=c&tab=table");
  expect(writeExploration(changed, { queries: [""], tab: "graph" }).toString()).toBe(
    "from=now-1h&to=now",
  );
});
