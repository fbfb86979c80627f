import { expect, test } from "vitest";
import { fakePlatform } from "../test/platform.ts";
import { fakeTerminal } from "../test/terminal.ts";
import { controls } from "./controls.ts";

const at = "2026-01-01T12:00:00.000Z";
const killSwitch = {
  service: "shop",
  environment: "production",
  name: "kill-switch",
  range: { kind: "boolean" },
  normal: false,
  description: "",
  dangerous: true,
  twoPerson: "never",
  value: true,
  revision: 7,
  changedAt: at,
  changedBy: "ana@example.com",
  reason: "double charges",
  expiry: { at, value: false },
};
const pending = {
  id: "00000000-0000-4000-8000-000000000001",
  service: "shop",
  environment: "production",
  name: "refunds",
  value: false,
  reason: "fraud",
  lastsSeconds: null,
  requestedBy: "ben@example.com",
  requestedAt: at,
  expiresAt: at,
};
const service = { service: "shop", environment: "production", revision: 7, listeners: 1 };
const change = {
  revision: 7,
  service: "shop",
  environment: "production",
  name: "kill-switch",
  was: false,
  value: true,
  at,
  by: "ana@example.com",
  approvedBy: "ben@example.com",
  reason: "double charges",
  until: null,
};
const line = `shop/production  kill-switch  on  revision 7  until ${at}, then off  ana@example.com: double charges\n`;
const value = "POST /api/controls/shop/production";
const answers = {
  "GET /api/controls": [
    200,
    { services: [{ ...service, controls: [killSwitch] }], pending: [pending] },
  ],
  "POST /api/controls": [201, { ...service, controls: [killSwitch] }],
  [`${value}/kill-switch/value`]: [200, { control: killSwitch, pending: null }],
  [`${value}/refunds/value`]: [200, { control: killSwitch, pending }],
  "GET /api/controls/history?name=kill-switch": [200, { changes: [change], next: null }],
  [`POST /api/control-requests/${pending.id}/approve`]: [200, { control: killSwitch }],
  [`POST /api/control-requests/${pending.id}/reject`]: [200, {}],
} as const;
const set = ["--service", "shop", "--reason", "why"];

test.each([
  [[], 0, `${line}waits for a second person until ${at}: refunds of shop (production) → off`],
  [["list", "--json"], 0, '"listeners": 1'],
  [["add", "--service", "shop"], 0, line],
  [["set", "kill-switch", "on", ...set, "--for", "30m", "--confirm", "shop"], 0, line],
  [["set", "refunds", "off", ...set, "--revision", "3"], 3, pending.id],
  [["set", "nothing", "off", ...set], 1, "there is no /api/controls/shop/production/nothing"],
  [["history", "kill-switch"], 0, "kill-switch: off → on  ana@example.com, approved by ben"],
  [["approve", pending.id], 0, line],
  [["reject", pending.id], 0, "it will not be made"],
  [["set", "kill-switch", "on", "--service", "shop"], 2, "needs --reason"],
  [["set", "kill-switch", "on", "--reason", "x"], 2, "needs --service"],
  [["set", "kill-switch", ...set], 2, "one control and one value"],
  [["set", "kill-switch", "on", ...set, "--for", "soon"], 2, "--for is a time such as 90s"],
  [["set", "kill-switch", "on", ...set, "--revision", "x"], 2, "--revision is a number"],
  [["list", "--reason", "x"], 2, "takes no --reason"],
  [["approve"], 2, "by its id"],
  [["stop"], 2, 'there is no command "controls stop"'],
])("seaworthy controls %j ends with %i", async (args, code, said) => {
  const terminal = fakeTerminal("/nowhere", {
    env: { SEAWORTHY_TOKEN: "right", SEAWORTHY_URL: await fakePlatform(answers) },
  });
  expect(await controls([...args], terminal)).toBe(code);
  expect(terminal.written() + terminal.errors()).toContain(said);
});
