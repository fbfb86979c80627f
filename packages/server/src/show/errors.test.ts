import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../../../..", import.meta.url));

it("every code that the own API answers is documented, and no other", async () => {
  const documentation = await readFile(join(root, "docs", "api.md"), "utf8");
  const table = documentation.slice(documentation.indexOf("| code | status |"));
  const documented = new Set<string | undefined>();
  for (const row of table.split("\n")) {
    for (const [, code] of row.split("|")[1]?.matchAll(/`([a-z_]+)`/g) ?? []) documented.add(code);
  }

  const thrown = new Set<string | undefined>();
  const source = join(root, "packages", "server", "src");
  for (const room of ["access", "evaluate", "respond", "show"]) {
    const files = await readdir(join(source, room), { recursive: true });
    for (const file of files) {
      if (!file.endsWith(".ts") || file.endsWith(".test.ts")) continue;
      if (file.startsWith("prometheus") || file.startsWith("alertmanager")) continue;
      const text = await readFile(join(source, room, file), "utf8");
      const errors =
        /new (?:Access|Chat|Control|Incident|OnCall|Paging|PostMortem|Runbook|SavedRules|Show|StatusPage|Webhook)Error\(\s*"([a-z_]+)"/g;
      for (const [, code] of text.matchAll(errors)) thrown.add(code);
      if (file === "errors.ts" && room === "show") {
        for (const [, code] of text.matchAll(/(?:code: |code = |: \[)\s*"([a-z_]+)"/g))
          thrown.add(code);
      }
    }
  }
  // What a probe is refused for is told by the room that probes.
  const fault = await readFile(join(source, "receive", "probes", "fault.ts"), "utf8");
  for (const [, code] of fault.matchAll(/readonly code = "([a-z_]+)"/g)) thrown.add(code);
  // Why a file is no picture is told by what reads it.
  const picture = await readFile(join(source, "model", "pictures", "reading.ts"), "utf8");
  for (const [, code] of picture.matchAll(/readonly code = "([a-z_]+)"/g)) thrown.add(code);
  // These end the start or a test, and are never answered.
  for (const code of ["bootstrap_token_weak", "address_unusable", "answer_broke_contract"]) {
    expect(thrown.delete(code)).toBe(true);
  }
  expect(thrown.size).toBeGreaterThan(20);
  expect([...thrown].filter((code) => !documented.has(code))).toEqual([]);
  expect([...documented].filter((code) => !thrown.has(code))).toEqual([]);
});
