import { expect, it } from "vitest";
import { makeWorld } from "../../test/fixture/worlds.ts";
import { findCommands } from "./commands.ts";

const { incidents, alerts } = makeWorld("burning");

it("offers what is open and where to go", () => {
  const groups = new Set(findCommands("", incidents, alerts).map(({ group }) => group));
  expect([...groups]).toEqual(["Incidents", "Alerts", "Go to", "Do"]);
});

it("finds an incident by its number", () => {
  expect(findCommands("#42", incidents, alerts)[0]).toMatchObject({
    go: "/incidents/42",
    keepRange: false,
  });
});

it("runs what it does not know as a query", () => {
  expect(findCommands("sum(up)", incidents, alerts)).toEqual([
    expect.objectContaining({ group: "Ask", go: "/explore/metrics?q=sum%28up%29" }),
  ]);
});
