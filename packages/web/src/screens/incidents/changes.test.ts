import type { RecordedChange } from "@seaworthy/contract";
import { expect, it } from "vitest";
import { byCloseness, changeMarks } from "./changes.ts";

const change = (id: string, service: string | null): RecordedChange => ({
  id,
  service,
  at: new Date(Number(id) * 60_000).toISOString(),
  kind: "deploy",
  title: id,
  environment: null,
  version: id === "1" ? "v1" : null,
  url: null,
  actor: "ci",
});
const changes = [change("3", "mail"), change("2", null), change("1", "shop")];

it("puts those of the incident's service first, and marks them alone", () => {
  expect(byCloseness(changes, "shop").map(({ id }) => id)).toEqual(["2", "1", "3"]);
  expect(changeMarks(changes, "shop")).toEqual([
    { at: 120_000, label: "deploy" },
    { at: 60_000, label: "deploy v1" },
  ]);
});
