import { expect, test } from "vitest";
import { fakePlatform } from "../test/platform.ts";
import { fakeTerminal } from "../test/terminal.ts";
import { incident } from "./incidents.ts";

const at = "2026-01-01T12:00:00.000Z";
const summary = {
  id: "a",
  number: 12,
  title: "Checkout is slow",
  severity: "P2",
  state: "acknowledged",
  service: "checkout",
  openedAt: at,
  acknowledgedAt: at,
  acknowledgedBy: "ana@example.com",
  resolvedAt: null,
  firingAlerts: 0,
  alertCount: 0,
};
const whole = {
  ...summary,
  links: null,
  nextStates: ["investigating", "resolved"],
  respondBy: null,
  beganAt: null,
  roles: [],
  tasks: [],
  resources: [],
  services: [],
  subscribers: [],
  blast: [],
  mergedInto: null,
  splitFrom: null,
  alerts: [],
  moreAlerts: null,
  timeline: [{ id: "1", at, kind: "opened", actor: "ana@example.com", text: "Opened by hand" }],
};
const times = { incidents: 2, mttdSeconds: 30, mttaSeconds: 240, mttrSeconds: 9000, repeats: 1 };
const report = {
  from: at,
  to: at,
  all: times,
  bySeverity: [{ severity: "P1", ...times }],
  byService: [{ service: "=shop", ...times }],
  byMonth: [{ month: "2026-01", ...times }],
  followUp: { due: 2, inTime: 1, actions: 3, actionsDone: 2 },
};
const line = `#12  P2  acknowledged  Checkout is slow  checkout  since ${at}  ana@example.com is on it\n`;

test.each([
  [[], 0, line],
  [["list", "--state", "resolved"], 0, "there is no such incident"],
  [["list", "--state", "shut"], 2, '--state is one of open, resolved, all, not "shut"'],
  [["show", "#12"], 0, `${line}${at}  ana@example.com  Opened by hand\n`],
  [["open", "Checkout is slow", "--severity", "P1"], 0, line],
  [["open"], 2, "give one title, in quotes"],
  [["open", "x", "--severity", "P9"], 2, '--severity is one of P2, P1, P3, maintenance, not "P9"'],
  [["state", "12", "identified"], 0, line],
  [["state", "12", "over"], 2, "the state is one of acknowledged, investigating"],
  [["reopen", "12"], 0, line],
  [["merge", "12", "#11"], 0, line],
  [["merge", "12"], 2, "merge takes a number and another"],
  [["figures"], 0, "post-mortems within 48 h: 1 of 2"],
  [["figures"], 0, "severity P1                      2      30 s     4 min     2.5 h        1"],
  [["figures", "--format", "csv"], 0, "service,'=shop,2,30,240,9000,1\r\n"],
  [["figures", "--json"], 0, '"mttrSeconds": 9000'],
  [["figures", "--days", "all"], 2, "--days is a number"],
  [["acknowledge", "12"], 0, line],
  [["acknowledge", "12", "--comment", "x"], 2, '"incident acknowledge" takes no --comment'],
  [["escalate", "12"], 1, "nobody is left"],
  [["resolve", "12", "--comment", "over"], 0, line],
  [["resolve"], 2, "name one incident"],
  [["shut", "12"], 2, 'there is no command "incident shut"'],
  [["--json"], 0, '"number": 12'],
  [["--help"], 0, "Usage:"],
])("seaworthy incident %j ends with %i", async (args, code, said) => {
  const url = await fakePlatform({
    "GET /api/incidents?state=open": [200, { incidents: [summary], next: null }],
    "GET /api/incidents?state=resolved": [200, { incidents: [], next: null }],
    "GET /api/incidents/12": [200, whole],
    "POST /api/incidents": [201, whole],
    "POST /api/incidents/12/state": [200, whole],
    "POST /api/incidents/12/reopen": [200, whole],
    "POST /api/incidents/12/merge": [200, whole],
    "GET /api/incident-figures?days=90": [200, report],
    "POST /api/incidents/12/acknowledge": [200, whole],
    "POST /api/incidents/12/escalate": [409, { detail: "nobody is left" }],
    "POST /api/incidents/12/resolve": [200, whole],
  });
  const terminal = fakeTerminal("/nowhere", {
    env: { SEAWORTHY_TOKEN: "right", SEAWORTHY_URL: url },
  });
  expect(await incident([...args], terminal)).toBe(code);
  expect(terminal.written() + terminal.errors()).toContain(said);
});
