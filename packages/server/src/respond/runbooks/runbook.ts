import { basename } from "node:path";
import { MarkdownError, messageOf, parseMarkdown, textOf } from "../../model/index.ts";
import type { Fault, MarkdownBlock, MarkdownItem } from "../../model/index.ts";
import { readActionBlock } from "./actions/block.ts";
import type { ActionBlock } from "./actions/block.ts";
import { fill, labelsAskedFor } from "./placeholders.ts";

/** What to do about one fault, as its file says. */
export interface Runbook {
  /** The file's name without `.md`: what links end with. */
  readonly name: string;
  readonly file: string;
  readonly title: string;
  /** The first paragraph. */
  readonly summary: string;
  readonly blocks: readonly MarkdownBlock[];
  readonly steps: readonly { readonly step: string; readonly text: string }[];
  /** Labels that its placeholders name. */
  readonly labels: readonly string[];
  /** What it has buttons for. */
  readonly actions: readonly ActionBlock[];
}

/** Throws when an expression is not of the language; the message says where in it. */
export type CheckQuery = (language: "promql" | "logql", expression: string) => void;

const NAME = /^[A-Za-z0-9][\w.-]{0,99}$/;
const REQUIRED = ["Signs", "Checks", "Actions"] as const;
const WANTED = ["Communication", "Escalation"] as const;
/** What placeholders know of an incident. */
const FACTS = new Set(["Number", "Title", "Severity", "Service", "OpenedAt", "URL"]);

/** `Other.md` beside a runbook is that runbook. */
const besides = (url: string) => {
  const [, name] = /^(?:\.\/)?([A-Za-z0-9][\w.-]{0,99})\.md(?:#.*)?$/.exec(url) ?? [];
  return name === undefined ? undefined : `/runbooks/${name}`;
};

/** A runbook with what is wrong with its file; without it when it cannot be shown at all. */
export interface ReadRunbook {
  readonly runbook: Runbook | undefined;
  /** Links, queries, sections that a runbook must have. */
  readonly faults: readonly Fault[];
  /** What is odd without being wrong. */
  readonly notes: readonly string[];
}

/** Reads the text of a runbook's file. `known` says whether a runbook of this name exists. */
export function readRunbook(
  file: string,
  text: string,
  checkQuery: CheckQuery,
  known: (name: string) => boolean = () => true,
): ReadRunbook {
  const faults: Fault[] = [];
  const fault = (line: number, path: string, reason: string, column = 1) =>
    faults.push({ file, line, column, path, reason });
  const name = basename(file).replace(/\.md$/, "");
  if (!NAME.test(name)) {
    fault(1, "", `"${name}" cannot be a runbook's name: use letters, digits and . _ -`);
    return { runbook: undefined, faults, notes: [] };
  }
  let blocks: readonly MarkdownBlock[];
  try {
    blocks = parseMarkdown(text, besides);
  } catch (error) {
    fault(error instanceof MarkdownError ? error.line : 1, "", messageOf(error));
    return { runbook: undefined, faults, notes: [] };
  }
  const found = collect(blocks);
  const faultAt = (offset: number, reason: string) => {
    const before = text.slice(0, Math.max(0, offset));
    fault(before.split("\n").length, "", reason, before.length - before.lastIndexOf("\n"));
  };
  if (/^---\r?\n/.test(text))
    fault(1, "", "begins with front matter, which would be shown: begin with the title");
  const [first] = blocks;
  const hasTitle = first?.type === "heading" && first.depth === 1;
  if (!hasTitle) fault(1, "", 'begins without a title: "# What is wrong"');
  for (const section of REQUIRED) {
    if (!found.sections.has(section.toLowerCase())) {
      fault(1, "", `has no section "## ${section}"`);
    }
  }
  for (const { language, text: query, line } of found.queries) {
    // A value like any other stands for what is filled in.
    const sample = fill(query, "query", {
      labels: Object.fromEntries(labelsAskedFor(query).map((label) => [label, "x"])),
      incident: {},
    });
    try {
      checkQuery(language, sample.text);
    } catch (error) {
      fault(line + 1, language, messageOf(error));
    }
  }
  for (const { block, faults: odd } of found.actions)
    for (const [below, reason] of odd) fault(block.line + below, "action", reason);
  for (const match of text.matchAll(/\{\{-? *(?:or +)?\.(?:Labels|Incident)\b[^{}\n]*\}?\}?/g)) {
    const [open] = match;
    const [, fact] = /\.Incident\.(\w+)/.exec(open) ?? [];
    if (!fillsIn(open))
      faultAt(
        match.index,
        `cannot read ${open}: write {{ .Labels.NAME }} or {{ or .Labels.NAME "…" }}`,
      );
    else if (fact !== undefined && !FACTS.has(fact))
      faultAt(match.index, `an incident has no "${fact}"; it has ${[...FACTS].join(", ")}`);
  }
  for (const href of found.links) {
    const [, other] = /^\/runbooks\/([^/?#]+)/.exec(href) ?? [];
    if (other !== undefined && !known(other)) {
      faultAt(text.indexOf(`${other}.md`), `leads to the runbook "${other}", which does not exist`);
    }
    if (href.startsWith("#") && !found.ids.has(href.slice(1))) {
      faultAt(text.indexOf(`(${href})`), `leads to ${href}, which is no heading here`);
    }
  }
  const notes = WANTED.filter((section) => !found.sections.has(section.toLowerCase())).map(
    (section) => `has no section "## ${section}"`,
  );
  if (found.queries.length === 0)
    notes.push("has no checks to be asked: blocks of promql or logql");
  if (!found.texts.has("text") && found.sections.has("communication"))
    notes.push('has no words to copy under "## Communication": a block of text');
  if (found.steps.length === 0) notes.push('has no steps to tick off: "- [ ] …"');
  const paragraph = blocks.find((block) => block.type === "paragraph");
  return {
    runbook: {
      name,
      file,
      title: hasTitle ? textOf(first.children) : name,
      summary: paragraph?.type === "paragraph" ? textOf(paragraph.children) : "",
      blocks,
      steps: found.steps,
      labels: labelsAskedFor(text),
      actions: found.actions.map(({ block }) => block),
    },
    faults,
    notes,
  };
}

const fillsIn = (placeholder: string) =>
  /^\{\{-? *(?:or +)?\.(?:Labels|Incident)\.[A-Za-z_]\w{0,199}(?: +"(?:[^"\\\n]|\\.){0,200}")? *-?\}\}$/.test(
    placeholder,
  );

function collect(blocks: readonly MarkdownBlock[]) {
  const sections = new Set<string>();
  const ids = new Set<string>();
  const links: string[] = [];
  /** The languages of its blocks of code. */
  const texts = new Set<string>();
  const actions: { block: ActionBlock; faults: readonly (readonly [number, string])[] }[] = [];
  const steps: { step: string; text: string }[] = [];
  const queries: { language: "promql" | "logql"; text: string; line: number }[] = [];
  const line = (children: Parameters<typeof textOf>[0]): void => {
    for (const child of children) {
      if (child.type === "link") links.push(child.href);
      if ("children" in child) line(child.children);
    }
  };
  const item = ({ step, blocks: own }: MarkdownItem): void => {
    if (step !== null) steps.push({ step, text: firstWords(own) });
    walk(own);
  };
  const walk = (nodes: readonly MarkdownBlock[]): void => {
    for (const node of nodes) {
      if (node.type === "heading") {
        ids.add(node.id);
        if (node.depth === 2) sections.add(textOf(node.children).trim().toLowerCase());
      }
      if (node.type === "heading" || node.type === "paragraph") line(node.children);
      if (node.type === "quote") walk(node.blocks);
      if (node.type === "list") node.items.forEach(item);
      if (node.type === "table") [node.head, ...node.rows].flat().forEach(line);
      if (node.type !== "code") continue;
      texts.add(node.language);
      if (node.language === "promql" || node.language === "logql") {
        queries.push({ language: node.language, text: node.text, line: node.line });
      }
      if (node.language === "action") actions.push(readActionBlock(node.text, node.line));
    }
  };
  walk(blocks);
  return { sections, ids, links, actions, steps, queries, texts };
}

/** The words of a task, without the commands and lists below it. */
function firstWords(blocks: readonly MarkdownBlock[]): string {
  const first = blocks.find((block) => block.type === "paragraph");
  return first?.type === "paragraph" ? textOf(first.children) : "";
}
