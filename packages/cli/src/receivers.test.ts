import { expect, test } from "vitest";
import { fakePlatform } from "../test/platform.ts";
import { fakeTerminal } from "../test/terminal.ts";
import { receivers } from "./receivers.ts";

const at = "2026-01-01T12:00:00.000Z";
const good = { integration: "slack", index: 0, succeededAt: at, failedAt: null, testedAt: null };

/** A platform with one receiver that works and one that does not. */
const platform = () =>
  fakePlatform({
    "GET /api/receivers": [
      200,
      {
        receivers: [
          { name: "on call", integrations: [{ ...good, error: null }] },
          { name: "chat", integrations: [{ ...good, succeededAt: null, error: "refused" }] },
        ],
      },
    ],
    "POST /api/receivers/on%20call/test": [
      200,
      { results: [{ integration: "slack", index: 0, error: null }] },
    ],
    "POST /api/receivers/chat/test": [
      200,
      { results: [{ integration: "slack", index: 0, error: "refused" }] },
    ],
    "POST /api/receivers/x/test": [404, { detail: 'alertmanager.yml has no receiver "x"' }],
  });

test.each([
  [["test", "on call"], 0, "works  slack[0]  the test page arrived\n"],
  [["test", "chat"], 1, "fails  slack[0]  refused\n"],
  [["test", "x"], 1, 'alertmanager.yml has no receiver "x"'],
  [["test"], 2, "name one receiver"],
  [["tset", "chat"], 2, 'there is no command "receivers tset"'],
  [
    [],
    1,
    `works  on call  slack[0]  last reached ${at}\nfails  chat  slack[0]  never reached: refused`,
  ],
  [["--help"], 0, "Usage:"],
])("seaworthy receivers %j ends with %i", async (args, code, said) => {
  const env = { SEAWORTHY_TOKEN: "right", SEAWORTHY_URL: await platform() };
  const terminal = fakeTerminal("/nowhere", { env });
  expect(await receivers([...args], terminal)).toBe(code);
  expect(terminal.written() + terminal.errors()).toContain(said);
});

test("says that the token is not taken, and that nobody is there", async () => {
  const wrong = fakeTerminal("/nowhere", { env: { SEAWORTHY_URL: await platform() } });
  expect(await receivers(["--json"], wrong)).toBe(1);
  expect(wrong.errors()).toContain("sign in");
  const nobody = fakeTerminal("/nowhere", { env: {} });
  expect(await receivers(["--url", "http://127.0.0.1:1"], nobody)).toBe(1);
  expect(nobody.errors()).toContain("http://127.0.0.1:1: ");
});
