import { createHash } from "node:crypto";
import { open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { isMap, isSeq, parseDocument, stringify } from "yaml";
import type { Document, YAMLMap } from "yaml";
import { ConfigError, formatFault, messageOf, SeaworthyError } from "../model/index.ts";
import type { Labels } from "../model/index.ts";
import type { ExpressionLanguage } from "./rules/languages.ts";
import { loadRuleFile } from "./rules/load.ts";
import type { RuleDefaults } from "./rules/rule-group.ts";

const STATUS = {
  rules_not_saved_here: 409,
  rule_file_changed: 409,
  rule_file_unread: 409,
  rule_file_unwritable: 409,
  rule_invalid: 400,
} as const;

/** Why a rule was not saved; then nothing is changed. */
export class SavedRulesError extends SeaworthyError {
  readonly code: keyof typeof STATUS;
  override readonly status: number;

  constructor(code: keyof typeof STATUS, message: string) {
    super(message);
    this.name = "SavedRulesError";
    this.code = code;
    this.status = STATUS[code];
  }
}

/** A rule as a file has it; durations as they are written there. Empty texts are left out. */
export interface SavedRule {
  readonly type: "alerting" | "recording";
  readonly name: string;
  readonly expression: string;
  readonly for: string;
  readonly keepFiringFor: string;
  readonly labels: Labels;
  readonly annotations: Labels;
}

/** The rule file that people write from the interface. */
export interface SavedRules {
  /** The file, and which text of it is there; undefined when none is configured. */
  view(): Promise<{ readonly file: string; readonly version: string } | undefined>;
  /**
   * Puts a rule into its group, in the place of the one with the same name if there is one, and has the
   * files read again. `version` is the text that the change was made on. Comments and all other rules
   * stay. Throws SavedRulesError, having changed nothing.
   */
  save(given: {
    readonly group: string;
    readonly rule: SavedRule;
    readonly version: string;
  }): Promise<{ readonly file: string; readonly version: string }>;
}

/** Makes the keeper of the file that `rules.saved_in` names. */
export function createSavedRules(deps: {
  readonly file: string | undefined;
  readonly defaults: () => RuleDefaults;
  readonly language: ExpressionLanguage;
  /** Reads all files again; throws ConfigError, having changed nothing, when one is broken. */
  readonly reload: () => Promise<void>;
  /** Whether the rules that run are from this file, too. */
  readonly isRead: (file: string) => boolean;
}): SavedRules {
  /** One after the other: two changes at once would both be made on the same text. */
  let last: Promise<unknown> = Promise.resolve();

  async function save(
    file: string,
    { group, rule, version }: Parameters<SavedRules["save"]>[0],
  ): Promise<{ readonly file: string; readonly version: string }> {
    const before = await textOf(file);
    if (versionOf(before) !== version) {
      throw new SavedRulesError(
        "rule_file_changed",
        `${file} has been changed since you looked. Load the page again and repeat your change.`,
      );
    }
    const after = withRule(file, before, group, rule);
    // Not a name that a pattern of rule_files finds.
    const draft = `${file}.new`;
    try {
      await write(draft, after);
      await check(draft, file);
      await replace(draft, file);
    } finally {
      await rm(draft, { force: true });
    }
    const back = async (): Promise<void> => {
      if (before === "") await rm(file, { force: true });
      else {
        await write(draft, before);
        await replace(draft, file);
      }
      await deps.reload();
    };
    try {
      await deps.reload();
    } catch (error) {
      await back();
      if (!(error instanceof ConfigError)) throw error;
      throw new SavedRulesError("rule_invalid", error.message);
    }
    if (!deps.isRead(file)) {
      await back();
      throw new SavedRulesError(
        "rule_file_unread",
        `No pattern of rule_files in prometheus.yml finds ${file}: add it there.`,
      );
    }
    return { file, version: versionOf(after) };
  }

  /** The draft as it would be read; its faults are told as the file's. */
  async function check(draft: string, file: string): Promise<void> {
    try {
      await loadRuleFile(draft, deps.defaults(), deps.language);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      const told = error.faults.map((fault) => formatFault({ ...fault, file })).join("\n");
      throw new SavedRulesError("rule_invalid", told);
    }
  }

  return {
    async view() {
      const { file } = deps;
      return file === undefined ? undefined : { file, version: versionOf(await textOf(file)) };
    },
    save(given) {
      const { file } = deps;
      const saving = last.then(() => {
        if (file === undefined) {
          throw new SavedRulesError(
            "rules_not_saved_here",
            "No file is set for rules that are written here: name one as rules.saved_in in seaworthy.yml, and among rule_files in prometheus.yml.",
          );
        }
        return save(file, given);
      });
      last = saving.catch(() => undefined);
      return saving;
    },
  };
}

/** The file's text; empty where there is no file yet. */
async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw unwritable(file, error);
  }
}

async function write(file: string, text: string): Promise<void> {
  try {
    const handle = await open(file, "w", 0o644);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw unwritable(file, error);
  }
}

/** One name for the other at once, also after a loss of power: the folder is synced, too. */
async function replace(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
    const folder = await open(dirname(to), "r");
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch (error) {
    throw unwritable(to, error);
  }
}

const unwritable = (file: string, error: unknown) =>
  new SavedRulesError(
    "rule_file_unwritable",
    `${file} cannot be written: ${messageOf(error)}. Copy the rule into it by hand, or let this user write there.`,
  );

const versionOf = (text: string) => createHash("sha256").update(text, "utf8").digest("hex");

/** The file's text with the rule in its group: what else stands there stays as it is. */
function withRule(file: string, text: string, groupName: string, rule: SavedRule): string {
  const document = parseDocument(text === "" ? "groups: []\n" : text);
  const broken = document.errors[0];
  if (broken !== undefined) {
    throw new SavedRulesError("rule_invalid", `${file} is broken as it is: ${broken.message}`);
  }
  const groups = document.get("groups");
  if (!isSeq(groups)) {
    throw new SavedRulesError(
      "rule_invalid",
      `${file} has no list of groups to put the rule into.`,
    );
  }
  groups.flow = false;
  const key = rule.type === "alerting" ? "alert" : "record";
  const node = document.createNode(entryOf(rule));
  const group = groups.items.find(
    (item): item is YAMLMap => isMap(item) && item.get("name") === groupName,
  );
  if (group === undefined) {
    groups.add(document.createNode({ name: groupName, rules: [entryOf(rule)] }));
    return textOfDocument(document);
  }
  const rules = group.get("rules");
  if (!isSeq(rules)) group.set("rules", document.createNode([entryOf(rule)]));
  else {
    const place = rules.items.findIndex((item) => isMap(item) && item.get(key) === rule.name);
    if (place === -1) rules.add(node);
    else rules.set(place, node);
  }
  return textOfDocument(document);
}

const textOfDocument = (document: Document): string => stringify(document, { lineWidth: 0 });

function entryOf(rule: SavedRule): Record<string, unknown> {
  const filled = (labels: Labels) => (Object.keys(labels).length === 0 ? undefined : { ...labels });
  const { name, expression } = rule;
  const entry =
    rule.type === "recording"
      ? { record: name, expr: expression, labels: filled(rule.labels) }
      : {
          alert: name,
          expr: expression,
          for: rule.for || undefined,
          keep_firing_for: rule.keepFiringFor || undefined,
          labels: filled(rule.labels),
          annotations: filled(rule.annotations),
        };
  return Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== undefined));
}
