import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import { z } from "zod";
import { ConfigError, messageOf, readConfigFile } from "../../model/index.ts";
import type { Fault } from "../../model/index.ts";
import { runbooksBelow } from "./files.ts";
import { readRunbook } from "./runbook.ts";
import type { CheckQuery } from "./runbook.ts";
import { runbookNamed } from "./runbooks.ts";

/** What is wrong with one file, and what is odd about it. */
export interface CheckedFile {
  readonly file: string;
  /** Steps to tick off, and checks; of a file of rules, its alerting rules. */
  readonly parts: number;
  readonly faults: readonly Fault[];
  readonly warnings: readonly Fault[];
}

/** Of a file of rules, only what leads to runbooks; `seaworthy rules check` reads the rest. */
const ruleFile = z.looseObject({
  groups: z.array(
    z.looseObject({
      rules: z.array(
        z.looseObject({
          alert: z.string().optional(),
          annotations: z.record(z.string(), z.unknown()).nullish(),
        }),
      ),
    }),
  ),
});

/** Checks runbooks, and the rules that lead to them, as they are read and shown. */
export async function checkRunbooks(given: {
  /** Files of runbooks, and folders with them. */
  readonly paths: readonly string[];
  readonly ruleFiles: readonly string[];
  /** Names of the actions that the configuration has; undefined: it is not known. */
  readonly actions: ReadonlySet<string> | undefined;
  /** Runbooks that are there beside these: the shipped ones. */
  readonly others: readonly string[];
  readonly checkQuery: CheckQuery;
}): Promise<readonly CheckedFile[]> {
  const checked: CheckedFile[] = [];
  const files: string[] = [];
  for (const path of given.paths) {
    try {
      if ((await stat(path)).isDirectory()) files.push(...(await runbooksBelow(path)));
      else files.push(path);
    } catch (error) {
      checked.push(unread(path, error));
    }
  }
  const known = new Set([...given.others, ...files.map((file) => basename(file, ".md"))]);
  for (const file of files) checked.push(await checkOne(file, known, given));
  for (const file of given.ruleFiles) checked.push(await checkRules(file, known));
  return checked;
}

async function checkOne(
  file: string,
  known: ReadonlySet<string>,
  { actions, checkQuery }: Parameters<typeof checkRunbooks>[0],
): Promise<CheckedFile> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    return unread(file, error);
  }
  const { runbook, faults, notes } = readRunbook(file, text, checkQuery, (name) => known.has(name));
  const lacking = (runbook?.actions ?? [])
    .filter(({ name }) => actions !== undefined && !actions.has(name))
    .map(({ name, line }) => faultAt(file, line, `the configuration has no action "${name}"`));
  return {
    file,
    parts: runbook?.steps.length ?? 0,
    faults: [...faults, ...lacking],
    warnings: notes.map((reason) => faultAt(file, 1, reason)),
  };
}

async function checkRules(file: string, known: ReadonlySet<string>): Promise<CheckedFile> {
  try {
    const read = await readConfigFile(file, ruleFile);
    const faults: Fault[] = [];
    const warnings: Fault[] = [];
    let parts = 0;
    for (const [group, { rules }] of read.value.groups.entries()) {
      for (const [place, { alert, annotations }] of rules.entries()) {
        if (alert === undefined) continue;
        parts += 1;
        const path = ["groups", group, "rules", place];
        const [key = "", url] =
          Object.entries(annotations ?? {}).find(
            ([name]) => name === "runbook_url" || name === "runbook",
          ) ?? [];
        const named = typeof url === "string" ? runbookNamed(url) : undefined;
        // A template is filled in when it fires, and a link elsewhere is not ours to follow.
        if (named !== undefined && !named.includes("{{") && !known.has(named)) {
          const reason = `"${alert}" leads to the runbook "${named}", which does not exist`;
          faults.push(read.fault([...path, "annotations", key], reason));
        } else if (url === undefined && !known.has(alert)) {
          warnings.push(read.fault([...path, "alert"], `"${alert}" leads to no runbook`));
        }
      }
    }
    return { file, parts, faults, warnings };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { file, parts: 0, faults: error.faults, warnings: [] };
  }
}

const faultAt = (file: string, line: number, reason: string): Fault => ({
  file,
  line,
  column: 1,
  path: "",
  reason,
});

const unread = (file: string, error: unknown): CheckedFile => ({
  file,
  parts: 0,
  faults: [faultAt(file, 1, `cannot be read: ${messageOf(error)}`)],
  warnings: [],
});
