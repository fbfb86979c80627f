import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEngine } from "@seaworthy/promql";
import { expect, it, onTestFinished } from "vitest";
import { promqlRules } from "./languages.ts";
import { loadRuleGroups } from "./load.ts";
import { ruleFileSettings } from "./settings.ts";

const RULES = `groups:
  - name: g
    rules:
      - alert: TooMany
        expr: |
          errors > 0.05 # setting: share
          and requests > 10 # setting: least
          and other > 3 # not a setting: 4
`;

async function ruleFile(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "sw-settings-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  await writeFile(join(dir, "rules.yml"), RULES);
  return dir;
}

it("puts the numbers of the configuration in place of those of the file", async () => {
  const dir = await ruleFile();
  const engine = createEngine();
  const load = (settings: Record<string, number>) =>
    loadRuleGroups(
      ["rules.yml"],
      dir,
      { interval: 15_000, settings },
      promqlRules((query) => engine.parse(query)),
    );
  const loaded = await load({ share: 0.2 });
  expect([...loaded.settings]).toEqual(["share", "least"]);
  expect(loaded.groups[0]?.rules[0]?.query).toBe(
    "errors > 0.2\nand requests > 10\nand other > 3 # not a setting: 4\n",
  );
  const plain = await load({});
  expect(plain.groups[0]?.rules[0]?.query).toContain("errors > 0.05\n");
});

it("changes the file itself for a Prometheus, and nothing else of it", async () => {
  const file = join(await ruleFile(), "rules.yml");
  expect(await ruleFileSettings(file, {})).toEqual([
    { file, rule: "TooMany", name: "share", value: 0.05 },
    { file, rule: "TooMany", name: "least", value: 10 },
  ]);
  expect(await readFile(file, "utf8")).toBe(RULES);
  await ruleFileSettings(file, { least: 25, constructor: 1 });
  expect(await readFile(file, "utf8")).toBe(RULES.replace("> 10 #", "> 25 #"));
});
