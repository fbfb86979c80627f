import { expect, test } from "vitest";
import { fakePlatform } from "../test/platform.ts";
import { fakeTerminal } from "../test/terminal.ts";
import { onCall } from "./on-call.ts";

const at = "2026-01-01T12:00:00.000Z";
const ana = { id: "1", name: "Ana", email: "ana@example.com" };
const ben = { id: "2", name: "Ben", email: "ben@example.com" };
const schedules = [
  {
    schedule: { id: "a", name: "Backend", timeZone: "Europe/Berlin" },
    now: { person: ana, since: at, until: at },
    next: { person: ben, from: at },
  },
  {
    schedule: { id: "b", name: "Data", timeZone: "Europe/Berlin" },
    now: null,
    next: null,
  },
];

test.each([
  [[], 1, `Backend  Ana <ana@example.com> until ${at}, then Ben from ${at}\nData  nobody\n`],
  [["backend"], 0, `Backend  Ana <ana@example.com> until ${at}, then Ben from ${at}\n`],
  [["--json", "data"], 1, '"name": "Data"'],
  [["x"], 1, 'there is no schedule "x"'],
  [["a", "b"], 2, "name one schedule"],
  [["--help"], 0, "Usage:"],
])("seaworthy on-call %j ends with %i", async (args, code, said) => {
  const url = await fakePlatform({ "GET /api/on-call": [200, { schedules }] });
  const terminal = fakeTerminal("/nowhere", {
    env: { SEAWORTHY_TOKEN: "right", SEAWORTHY_URL: url },
  });
  expect(await onCall([...args], terminal)).toBe(code);
  expect(terminal.written() + terminal.errors()).toContain(said);
});
