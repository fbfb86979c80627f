import { inspect } from "node:util";
import { expect, it } from "vitest";
import { Secret } from "./secret.ts";

it("is shown by nothing but reveal", () => {
  const secret = new Secret("hunter2");
  const config = { basicAuth: { password: secret } };
  for (const shown of [
    String(secret),
    ["", secret].join(""),
    JSON.stringify(config),
    inspect(config, { depth: null, showHidden: true }),
    Object.values(secret).join(""),
  ]) {
    expect(shown).not.toContain("hunter2");
  }
  expect(secret.reveal()).toBe("hunter2");
});
