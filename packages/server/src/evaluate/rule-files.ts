import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { RuleFileCheck, RuleFileFault, RuleTestReport } from "@seaworthy/contract";
import { createEngine } from "@seaworthy/promql";
import { ConfigError, messageOf } from "../model/index.ts";
import type { Fault, RuleLanguage } from "../model/index.ts";
import { runRuleTests } from "./rule-tests/run-rule-tests.ts";
import { logqlRules, promqlRules } from "./rules/languages.ts";
import { loadRuleFile } from "./rules/load.ts";

const INTERVAL = 60_000;
/** Longer lines are cut before they are shown. */
const MAX_SOURCE = 400;

/** Checks one rule file as it would be read at start, its expressions being of that language. */
export async function checkRuleFile(
  file: string,
  language: RuleLanguage = "promql",
): Promise<RuleFileCheck> {
  const path = resolve(file);
  const engine = createEngine();
  const rules = language === "logql" ? logqlRules : promqlRules((query) => engine.parse(query));
  const unread = await readFile(path).then(() => undefined, messageOf);
  if (unread !== undefined) {
    const reason = `cannot be read: ${unread}`;
    const fault = { file, line: 1, column: 1, reason, source: undefined };
    return { file, groups: 0, rules: 0, faults: [fault], notes: [] };
  }
  const found = await faultsOf(() => loadRuleFile(path, { interval: INTERVAL }, rules));
  const groups = found.result?.groups ?? [];
  return {
    file,
    groups: groups.length,
    rules: groups.reduce((sum, { rules }) => sum + rules.length, 0),
    faults: found.faults.map((fault) => (fault.file === path ? { ...fault, file } : fault)),
    notes: found.result?.notes ?? [],
  };
}

/** Runs one file of rule tests; `wanted` chooses test groups by name. */
export async function testRuleFile(
  file: string,
  wanted?: (name: string) => boolean,
): Promise<RuleTestReport> {
  const { result, faults } = await faultsOf(() => runRuleTests(file, wanted));
  return { file, tests: result ?? [], faults };
}

async function faultsOf<T>(
  work: () => Promise<T>,
): Promise<{ readonly result: T | undefined; readonly faults: readonly RuleFileFault[] }> {
  try {
    return { result: await work(), faults: [] };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { result: undefined, faults: await Promise.all(error.faults.map(withSource)) };
  }
}

async function withSource({ file, line, column, path, reason }: Fault): Promise<RuleFileFault> {
  const text = await readFile(file, "utf8").catch(() => "");
  const source = text.split("\n")[line - 1]?.trimEnd().slice(0, MAX_SOURCE);
  return { file, line, column, reason: path === "" ? reason : `${path}: ${reason}`, source };
}
