import { basename, dirname, relative } from "node:path";
import {
  ConfigError,
  labelsKey,
  messageOf,
  METRIC_NAME,
  readConfigFile,
} from "../../model/index.ts";
import type { ConfigDocument, Fault, Labels } from "../../model/index.ts";
import type { ExpressionLanguage } from "./languages.ts";
import { LabelTemplates, TemplateFault } from "./label-templates.ts";
import { ruleFile } from "./rule-file.ts";
import type { GroupSection, RuleFile, RuleSection } from "./rule-file.ts";
import { filesOfPattern, PatternFault } from "./rule-file-paths.ts";
import type { Rule, RuleDefaults, RuleGroup } from "./rule-group.ts";
import type { MetricsRead } from "./metrics-read.ts";
import { settingsIn, withSettings } from "./settings.ts";

type Path = readonly (string | number)[];

export interface LoadedRules {
  readonly groups: readonly RuleGroup[];
  /** What is odd without being wrong, for the log: duplicate rules. */
  readonly notes: readonly string[];
  /** The names of all settings that the rules have. */
  readonly settings: ReadonlySet<string>;
}

/**
 * Reads the rule files that the patterns name and checks everything in them: structure, expressions,
 * names, templates. What `promtool check rules` refuses is refused. Throws ConfigError with every fault
 * that was found. `baseDir` is the folder of the file that the patterns are from.
 */
export async function loadRuleGroups(
  patterns: readonly string[],
  baseDir: string,
  defaults: RuleDefaults,
  language: ExpressionLanguage,
): Promise<LoadedRules> {
  const faults: Fault[] = [];
  const files = new Set<string>();
  for (const pattern of patterns) {
    try {
      for (const file of await filesOfPattern(pattern, baseDir, language.setting)) files.add(file);
    } catch (error) {
      if (!(error instanceof PatternFault)) throw error;
      const path = language.setting;
      faults.push({ file: baseDir, line: 1, column: 1, path, reason: error.message });
    }
  }
  const groups: RuleGroup[] = [];
  const settings = new Set<string>();
  for (const file of files) {
    try {
      const document = await readConfigFile(file, ruleFile, { exactText: true });
      const reader = new FileReader(document, relative(baseDir, file), defaults, language);
      groups.push(...reader.groups());
      faults.push(...reader.faults);
      for (const name of reader.settings) settings.add(name);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      faults.push(...error.faults);
    }
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return { groups, notes: duplicates(groups), settings };
}

/** Reads one rule file by its path, in which brackets and stars are no pattern. */
export function loadRuleFile(
  path: string,
  defaults: RuleDefaults,
  language: ExpressionLanguage,
): Promise<LoadedRules> {
  const literal = basename(path).replaceAll(/[*?[]/g, "[$&]");
  return loadRuleGroups([literal], dirname(path), defaults, language);
}

/** Any text is a name, as in Prometheus 3, if it can be written in UTF-8. */
const NAME = /^\P{Surrogate}+$/u;

class FileReader {
  readonly faults: Fault[] = [];
  readonly settings = new Set<string>();
  readonly #document: ConfigDocument<RuleFile>;
  readonly #source: string;
  readonly #defaults: RuleDefaults;
  readonly #language: ExpressionLanguage;

  constructor(
    document: ConfigDocument<RuleFile>,
    source: string,
    defaults: RuleDefaults,
    language: ExpressionLanguage,
  ) {
    this.#document = document;
    this.#source = source;
    this.#defaults = defaults;
    this.#language = language;
  }

  groups(): RuleGroup[] {
    const seen = new Set<string>();
    return (this.#document.value.groups ?? []).map((section, index) => {
      const path = ["groups", index];
      const name = section.name ?? "";
      if (name === "") this.#report(path, "the group's name must not be empty");
      else if (seen.has(name))
        this.#report([...path, "name"], `groupname: "${name}" is repeated in the same file`);
      seen.add(name);
      return this.#group(section, name, path);
    });
  }

  #group(section: GroupSection, name: string, path: Path): RuleGroup {
    const labels = section.labels ?? {};
    this.#checkLabelNames(labels, [...path, "labels"]);
    const rules = (section.rules ?? []).flatMap((rule, index) => {
      const at = [...path, "rules", index];
      return this.#rule(rule, labels, at) ?? [];
    });
    return {
      name,
      file: this.#document.file,
      source: this.#source,
      language: this.#language.name,
      interval: section.interval || this.#defaults.interval,
      queryOffset: section.query_offset ?? this.#defaults.queryOffset ?? 0,
      limit: section.limit ?? 0,
      rules,
      externalLabels: this.#defaults.externalLabels ?? {},
    };
  }

  #rule(section: RuleSection, groupLabels: Labels, path: Path): Rule | undefined {
    const record = section.record ?? "";
    const alert = section.alert ?? "";
    const before = this.faults.length;
    if (record !== "" && alert !== "")
      this.#report(path, "only one of 'record' and 'alert' must be set");
    if (record === "" && alert === "") this.#report(path, "one of 'record' or 'alert' must be set");
    const written = section.expr ?? "";
    for (const { name } of settingsIn(written)) this.settings.add(name);
    const query = withSettings(written, this.#defaults.settings ?? {});
    const reads = this.#expression(query, path);
    const own = section.labels ?? {};
    this.#checkLabelNames(own, [...path, "labels"]);
    const labels = { ...groupLabels, ...own };
    if (record !== "") {
      this.#checkRecording(section, record, path);
      if (this.faults.length > before || reads === undefined) return undefined;
      return { type: "recording", name: record, query, reads, labels };
    }
    const annotations = section.annotations ?? {};
    for (const name of Object.keys(annotations)) {
      if (NAME.test(name)) continue;
      this.#report([...path, "annotations", name], `invalid annotation name: ${name}`);
    }
    const templates = {
      labels: this.#templates(alert, labels, "label", [...path, "labels"]),
      annotations: this.#templates(alert, annotations, "annotation", [...path, "annotations"]),
    };
    if (this.faults.length > before || reads === undefined) return undefined;
    return {
      type: "alerting",
      name: alert,
      query,
      reads,
      labels,
      annotations,
      holdFor: section.for ?? 0,
      keepFiringFor: section.keep_firing_for ?? 0,
      templates,
    };
  }

  #expression(query: string, path: Path): MetricsRead | undefined {
    if (query === "") {
      this.#report(path, "field 'expr' must be set in rule");
      return undefined;
    }
    try {
      return this.#language.check(query);
    } catch (error) {
      this.#report([...path, "expr"], `could not parse expression: ${messageOf(error)}`);
      return undefined;
    }
  }

  #checkRecording(section: RuleSection, record: string, path: Path): void {
    for (const field of ["annotations", "for", "keep_firing_for"] as const) {
      const value = section[field];
      const isSet =
        typeof value === "object" ? Object.keys(value ?? {}).length > 0 : Boolean(value);
      if (isSet) this.#report([...path, field], `invalid field '${field}' in recording rule`);
    }
    if (!NAME.test(record))
      this.#report([...path, "record"], `invalid recording rule name: ${record}`);
    if (/[{}]/.test(record))
      this.#report(
        [...path, "record"],
        `braces present in the recording rule name; should it be in expr?: ${record}`,
      );
  }

  #checkLabelNames(labels: Labels, path: Path): void {
    for (const name of Object.keys(labels)) {
      if (NAME.test(name) && name !== METRIC_NAME) continue;
      this.#report([...path, name], `invalid label name: ${name}`);
    }
  }

  #templates(
    rule: string,
    texts: Labels,
    kind: "label" | "annotation",
    path: Path,
  ): LabelTemplates {
    try {
      return new LabelTemplates(rule, texts);
    } catch (error) {
      if (!(error instanceof TemplateFault)) throw error;
      this.#report([...path, error.label], `${kind} "${error.label}": ${error.message}`);
      return new LabelTemplates(rule, {});
    }
  }

  #report(path: Path, reason: string): void {
    this.faults.push(this.#document.fault(path, reason));
  }
}

/** Rules that make the same series twice: usually a copy that was meant to be edited. */
function duplicates(groups: readonly RuleGroup[]): string[] {
  const seen = new Map<string, string>();
  const notes: string[] = [];
  for (const group of groups) {
    for (const rule of group.rules) {
      const key = `${rule.type} ${rule.name} ${labelsKey(rule.labels)}`;
      const first = seen.get(key);
      const place = `group "${group.name}" of ${group.source}`;
      if (first !== undefined)
        notes.push(
          `${rule.name} with the same labels is in ${first} and in ${place}: give one of them another label`,
        );
      else seen.set(key, place);
    }
  }
  return notes;
}
