import { expect, test } from "vitest";
import { fakePlatform } from "../test/platform.ts";
import { fakeTerminal } from "../test/terminal.ts";
import { alerts } from "./alerts.ts";

const since = "2026-01-01T12:00:00.000Z";
const rule = { file: "a.yml", group: "g", type: "alerting", labels: {}, expression: "up == 0" };
const platform = () =>
  fakePlatform({
    "GET /api/noise": [
      200,
      {
        since,
        pages: 9,
        actedOn: 2,
        alerts: [
          {
            name: "Slow",
            labelSets: 1,
            firings: 12,
            firingSeconds: 1380,
            pages: 9,
            actedOn: 2,
            ignored: 7,
            receivers: ["on call"],
          },
        ],
      },
    ],
    "GET /api/rules/unused": [
      200,
      {
        since,
        neverFired: [{ ...rule, name: "Never", lastFiredAt: null }],
        withoutSeries: [{ ...rule, name: "Blind", missing: ["gone"], blind: true }],
        truncated: false,
      },
    ],
  });

test.each([
  [["noise"], 0, "Slow  fired 12, 23 min in all, 9 pages, 2 acted on  (on call)\n"],
  [["unused"], 0, "has not fired  Never  g in a.yml\ncannot fire  Blind  g in a.yml: gone\n"],
  [["noise", "--json"], 0, '"ignored": 7'],
  [["noise", "soon"], 2, '"soon" is not a number of days'],
  [[], 2, "say noise or unused"],
  [["loud"], 2, 'there is no command "alerts loud"'],
  [["--help"], 0, "Usage:"],
])("seaworthy alerts %j ends with %i", async (args, code, said) => {
  const terminal = fakeTerminal("/nowhere", {
    env: { SEAWORTHY_TOKEN: "right", SEAWORTHY_URL: await platform() },
  });
  expect(await alerts([...args], terminal)).toBe(code);
  expect(terminal.written() + terminal.errors()).toContain(said);
});
