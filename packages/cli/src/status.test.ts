import { expect, test } from "vitest";
import { fakePlatform } from "../test/platform.ts";
import { fakeTerminal } from "../test/terminal.ts";
import { status } from "./status.ts";

const at = "2026-01-01T12:00:00.000Z";
const id = "00000000-0000-4000-8000-000000000001";
const component = {
  id,
  name: "Shop",
  description: "",
  group: null,
  position: 1,
  source: { kind: "manual" },
  dependsOn: [],
  showUptime: true,
  state: "partial_outage",
  note: "Cards fail",
  since: at,
  found: null,
  override: null,
  uptime: 0.99987,
  knownDays: 12,
  version: 1,
};
const post = {
  id,
  kind: "incident",
  title: "Cards fail",
  impact: "major",
  state: "investigating",
  incidentId: null,
  components: [],
  startsAt: null,
  endsAt: null,
  resolvedAt: null,
  createdAt: at,
  updatedAt: at,
  updates: [],
};
const page = {
  settings: {
    name: "Example",
    description: "",
    accent: "#1d4ed8",
    supportUrl: "",
    subscriptions: true,
  },
  access: "public",
  hasLogo: false,
  url: "https://status.example.com",
  indicator: "major",
  description: "Some systems are partly down",
  components: [component],
  posts: [post],
  subscribers: [],
  hasMail: false,
  templates: {},
  version: 1,
};
const shop = "Shop  partial_outage  99.98 % up, known for 12 of 90 days  Cards fail\n";
const cards = `${id}  incident  investigating  Cards fail  ${at}\n`;

test.each([
  [[], 0, `Example: Some systems are partly down  https://status.example.com\n${shop}${cards}`],
  [["--json"], 0, '"indicator": "major"'],
  [["set", "shop", "major_outage", "--reason", "x"], 0, shop],
  [["set", "Shop", "broken"], 2, "STATE is one of operational"],
  [["set", "Cart", "operational"], 2, 'no component "Cart"; there are Shop'],
  [["set", "Shop"], 2, "give COMPONENT STATE"],
  [["set", "Shop", "operational", "--until", "soon"], 2, "--until is a time"],
  [["unset", "Shop"], 0, shop],
  [["unset", "Shop", "--reason", "x"], 2, '"status unset" takes no --reason'],
  [["announce", "Cards fail", "--impact", "major", "--components", "Shop"], 0, cards],
  [["update", id, "resolved"], 0, cards],
  [["maintenance", "New database"], 2, "needs --from and --until"],
  [["maintenance", "x", "--from", at, "--until", at], 0, cards],
  [["shut"], 2, 'there is no command "status shut"'],
  [["--help"], 0, "Usage:"],
])("seaworthy status %j ends with %i", async (args, code, said) => {
  const url = await fakePlatform({
    "GET /api/status-page": [200, page],
    [`PUT /api/status-page/components/${id}/override`]: [200, component],
    [`DELETE /api/status-page/components/${id}/override`]: [200, component],
    "POST /api/status-page/posts": [201, post],
    [`POST /api/status-page/posts/${id}/updates`]: [201, post],
  });
  const terminal = fakeTerminal("/nowhere", {
    env: { SEAWORTHY_TOKEN: "right", SEAWORTHY_URL: url },
  });
  expect(await status([...args], terminal)).toBe(code);
  expect(terminal.written() + terminal.errors()).toContain(said);
});
