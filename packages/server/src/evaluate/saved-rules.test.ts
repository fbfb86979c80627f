import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEngine } from "@seaworthy/promql";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ConfigError } from "../model/index.ts";
import { promqlRules } from "./rules/languages.ts";
import { createSavedRules } from "./saved-rules.ts";
import type { SavedRule } from "./saved-rules.ts";

let folder: string;
let file: string;
let reloads: number;
let reload: () => void;
let isRead: boolean;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "seaworthy-saved-rules-"));
  file = join(folder, "saved.yml");
  reloads = 0;
  reload = () => {};
  isRead = true;
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const engine = createEngine();
const saved = (at: string | undefined = file) =>
  createSavedRules({
    file: at,
    defaults: () => ({ interval: 60_000 }),
    language: promqlRules((query) => engine.parse(query)),
    reload: async () => {
      reloads += 1;
      reload();
    },
    isRead: () => isRead,
  });
const rule = (given: Partial<SavedRule> = {}): SavedRule => ({
  type: "alerting",
  name: "Slow",
  expression: "latency > 1",
  for: "5m",
  keepFiringFor: "",
  labels: { severity: "warning" },
  annotations: { summary: 'Slow: "{{ $value }}"' },
  ...given,
});
const version = async () => (await saved().view())?.version ?? "";

test("makes the file, and adds and replaces rules in it, with all that stands beside them", async () => {
  const first = await saved().save({ group: "shop", rule: rule(), version: await version() });
  expect(await readFile(file, "utf8")).toBe(`groups:
  - name: shop
    rules:
      - alert: Slow
        expr: latency > 1
        for: 5m
        labels:
          severity: warning
        annotations:
          summary: 'Slow: "{{ $value }}"'
`);
  await writeFile(file, `# Ours\n${await readFile(file, "utf8")}`);
  const second = await saved().save({
    group: "shop",
    rule: rule({ type: "recording", name: "latency:mean", expression: "avg(\n  latency\n)" }),
    version: await version(),
  });
  expect(second.version).not.toBe(first.version);
  await saved().save({
    group: "shop",
    rule: rule({ expression: "latency > 2", for: "", annotations: {} }),
    version: await version(),
  });
  expect(await readFile(file, "utf8")).toBe(`# Ours
groups:
  - name: shop
    rules:
      - alert: Slow
        expr: latency > 2
        labels:
          severity: warning
      - record: latency:mean
        expr: |-
          avg(
            latency
          )
        labels:
          severity: warning
`);
  expect(reloads).toBe(3);
  expect(await readdir(folder)).toEqual(["saved.yml"]);
});

test("of two changes on the same text the second is refused", async () => {
  const rules = saved();
  const same = await version();
  const [first, second] = await Promise.allSettled([
    rules.save({ group: "shop", rule: rule(), version: same }),
    rules.save({ group: "shop", rule: rule({ name: "Other" }), version: same }),
  ]);
  expect(first?.status).toBe("fulfilled");
  expect(second).toMatchObject({ reason: { code: "rule_file_changed" } });
});

test("what cannot be read as a rule is not written, and its place is told", async () => {
  await writeFile(file, "groups:\n  - name: shop\n    rules: []\n");
  const before = await readFile(file, "utf8");
  const wrong = [
    [rule({ expression: "latency >" }), /saved\.yml:\d+:\d+: .*parse error/],
    [rule({ for: "soon" }), /"soon" is not a duration/],
    [rule({ labels: { severity: "{{" } }), /saved\.yml/],
    [rule({ name: "" }), /one of 'record' or 'alert' must be set/],
  ] as const;
  for (const [broken, reason] of wrong) {
    await expect(
      saved().save({ group: "shop", rule: broken, version: await version() }),
    ).rejects.toMatchObject({ code: "rule_invalid", message: expect.stringMatching(reason) });
  }
  expect(await readFile(file, "utf8")).toBe(before);
  expect(await readdir(folder)).toEqual(["saved.yml"]);
  expect(reloads).toBe(0);
});

test("the text is put back when the files are not taken with it, or do not name it", async () => {
  const fault = { file, line: 1, column: 1, path: "", reason: "no" };
  reload = () => {
    if (reloads === 1) throw new ConfigError([fault]);
  };
  const save = async () => saved().save({ group: "shop", rule: rule(), version: await version() });
  await expect(save()).rejects.toMatchObject({ code: "rule_invalid" });
  expect([await readdir(folder), reloads]).toEqual([[], 2]);
  reload = () => {};
  isRead = false;
  await writeFile(file, "groups: []\n");
  await expect(save()).rejects.toMatchObject({ code: "rule_file_unread" });
  expect(await readFile(file, "utf8")).toBe("groups: []\n");
});

test("says when no file is set, when it is broken, and when it cannot be written", async () => {
  const given = { group: "shop", rule: rule(), version: "" };
  await expect(createUnset().save(given)).rejects.toMatchObject({ code: "rules_not_saved_here" });
  expect(await createUnset().view()).toBeUndefined();
  await writeFile(file, "groups: {\n");
  await expect(saved().save({ ...given, version: await version() })).rejects.toMatchObject({
    code: "rule_invalid",
  });
  const beyond = join(folder, "no", "such", "saved.yml");
  const there = saved(beyond);
  await expect(
    there.save({ ...given, version: (await there.view())?.version ?? "" }),
  ).rejects.toMatchObject({ code: "rule_file_unwritable" });
});

const createUnset = () =>
  createSavedRules({
    file: undefined,
    defaults: () => ({ interval: 60_000 }),
    language: promqlRules((query) => engine.parse(query)),
    reload: async () => {},
    isRead: () => true,
  });
