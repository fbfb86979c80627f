import { expect, test } from "vitest";
import { fakePlatform } from "../test/platform.ts";
import { fakeTerminal } from "../test/terminal.ts";
import { change } from "./changes.ts";

const at = "2026-01-01T12:00:00.000Z";
const recorded = {
  id: "a",
  at,
  kind: "deploy",
  title: "Release 2031",
  service: "shop",
  environment: null,
  version: "2031",
  url: null,
  actor: "token:ci",
};
const line = `${at}  deploy  shop  Release 2031  2031  by token:ci\n`;

test.each([
  [["record", "Release 2031", "--service", "shop", "--at", "2026-01-01"], 0, line],
  [["record", "Release 2031", "--json"], 0, '"version": "2031"'],
  [["record"], 2, "give one title"],
  [["record", "x", "--kind", "party"], 2, "--kind is one of deploy, release, flag, migration"],
  [["record", "x", "--at", "soon"], 2, "--at is a time such as"],
  [["record", "x", "--hours", "2"], 2, '"change record" takes no --hours'],
  [["list", "--hours", "none"], 2, "--hours is a number"],
  [["undo", "x"], 2, 'there is no command "change undo"'],
  [["--help"], 0, "Usage:"],
])("seaworthy change %j ends with %i", async (args, code, said) => {
  const url = await fakePlatform({ "POST /api/changes": [201, recorded] });
  const terminal = fakeTerminal("/nowhere", {
    env: { SEAWORTHY_TOKEN: "right", SEAWORTHY_URL: url },
  });
  expect(await change([...args], terminal)).toBe(code);
  expect(terminal.written() + terminal.errors()).toContain(said);
});
