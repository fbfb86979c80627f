import type { Pair, RuleDraft } from "./rule-draft.ts";

/** A rule as a rule file has it, in its group. */
export function ruleYaml(draft: RuleDraft, group: string): string {
  const isAlert = draft.type === "alerting";
  const filled = (list: readonly Pair[]) =>
    list.filter(([name, value]) => name !== "" && value !== "");
  const labels = filled(draft.labels);
  const annotations = isAlert ? filled(draft.annotations) : [];
  return [
    "groups:",
    `  - name: ${scalar(group)}`,
    "    rules:",
    `      - ${isAlert ? "alert" : "record"}: ${scalar(draft.name)}`,
    `        expr: ${expression(draft.expression.trim(), 10)}`,
    ...(isAlert && draft.hold.trim() !== "" ? [`        for: ${draft.hold.trim()}`] : []),
    ...(isAlert && draft.keep.trim() !== ""
      ? [`        keep_firing_for: ${draft.keep.trim()}`]
      : []),
    ...mapping("labels", labels),
    ...mapping("annotations", annotations),
    "",
  ].join("\n");
}

function mapping(name: string, list: readonly Pair[]): string[] {
  if (list.length === 0) return [];
  return [
    `        ${name}:`,
    ...list.map(([key, value]) => `          ${scalar(key)}: ${scalar(value)}`),
  ];
}

/** Words that YAML, or an older YAML, reads as something else than text. */
const reserved = /^(?:true|false|yes|no|on|off|null|nil|y|n)$/i;
const plain = /^[A-Za-z_/](?:[\w ./%+()-]*[\w./%+()-])?$/;

/** Text as YAML: plain where that can be read in one way only, else in quotes. */
function scalar(text: string): string {
  return plain.test(text) && !reserved.test(text) ? text : JSON.stringify(text);
}

/** Of several lines a block, which needs no quotes around quotes; what a block cannot hold is quoted. */
function expression(text: string, indent: number): string {
  const lines = text.split("\n");
  if (text === "" || lines.some((line) => /[^\x20-\x7e]/.test(line))) return JSON.stringify(text);
  const isSimple = lines.length === 1 && plain.test(text) && !reserved.test(text);
  if (isSimple) return text;
  return ["|-", ...lines.map((line) => (line === "" ? "" : " ".repeat(indent) + line))].join("\n");
}
