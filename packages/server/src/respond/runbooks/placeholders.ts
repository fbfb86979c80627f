import type { MarkdownBlock, MarkdownInline } from "../../model/index.ts";

/** What placeholders may name: labels, and facts of an incident by their names. */
export interface Given {
  readonly labels: Readonly<Record<string, string>>;
  /** `Number`, `Title`, `Severity`, `Service`, `URL`, `OpenedAt`; empty where there is no incident. */
  readonly incident: Readonly<Record<string, string>>;
}

/**
 * `{{ .Labels.service }}`, `{{ .Incident.Title }}`, and with something for when there is none
 * `{{ or .Labels.service "shop" }}`: Go's form, so that an editor knows it. Any other `{{` is left alone;
 * LogQL's line_format and many commands have their own.
 */
const PLACEHOLDER =
  /\{\{-? *(or +)?\.(Labels|Incident)\.([A-Za-z_]\w{0,199})(?: +"((?:[^"\\\n]|\\.){0,200})")? *-?\}\}/g;

/** What is written into: each has its own way to say something that cannot be taken for more. */
type Form = "text" | "query" | "command" | "action";

/** Names in a shell's words that mean themselves, and no option of a command. */
const PLAIN_WORD = /^[A-Za-z0-9_./:@%+=,][A-Za-z0-9_./:@%+=,-]*$/;

/** Fills in a text; `missing` are the placeholders, such as `.Labels.service`, that stay as they are. */
export function fill(
  text: string,
  form: Form,
  given: Given,
): { readonly text: string; readonly missing: readonly string[] } {
  const missing = new Set<string>();
  const filled = text.replaceAll(
    PLACEHOLDER,
    (whole: string, or: string | undefined, of: string, name: string, ...rest: unknown[]) => {
      const [spare, at] = rest as [string | undefined, number];
      const values = of === "Labels" ? given.labels : given.incident;
      const value = Object.hasOwn(values, name) ? values[name] : undefined;
      if (value !== undefined && value !== "") {
        const written = write(value, form, text.slice(0, at));
        if (written !== undefined) return written;
      } else if (or !== undefined && spare !== undefined) {
        return spare.replaceAll(/\\(.)/g, "$1");
      }
      missing.add(`.${of}.${name}`);
      return whole;
    },
  );
  return { text: filled, missing: [...missing] };
}

/** A value as it may stand there; undefined when no way to write it is safe. */
function write(value: string, form: Form, before: string): string | undefined {
  if (form === "text") return value;
  // On a line of its own; whether an action takes the value is asked when it is to run.
  if (form === "action") return /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(value) ? undefined : value;
  // A label comes from whoever sends telemetry: what a shell reads as more than a word is not written.
  if (form === "command") return PLAIN_WORD.test(value) ? value : undefined;
  // After =~ or !~ the value stands for itself, not for a pattern.
  const own = /[=!]~\s*"[^"]*$/.test(before)
    ? value.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)
    : value;
  return own.replaceAll(/["\\]/g, String.raw`\$&`).replaceAll("\n", String.raw`\n`);
}

const QUERIES = new Set(["promql", "logql"]);
const COMMANDS = new Set(["sh", "bash", "shell", "console", "zsh", "powershell"]);

/** What a block of code with this word after its fence is. */
function formOf(language: string): Form {
  if (QUERIES.has(language)) return "query";
  if (language === "action") return "action";
  return COMMANDS.has(language) ? "command" : "text";
}

/** Fills in a whole document. */
export function fillBlocks(
  blocks: readonly MarkdownBlock[],
  given: Given,
): readonly MarkdownBlock[] {
  return blocks.map((block): MarkdownBlock => {
    switch (block.type) {
      case "code":
        return { ...block, ...fill(block.text, formOf(block.language), given) };
      case "heading":
      case "paragraph":
        return { ...block, children: fillLine(block.children, given) };
      case "quote":
        return { ...block, blocks: fillBlocks(block.blocks, given) };
      case "list":
        return {
          ...block,
          items: block.items.map((item) => ({ ...item, blocks: fillBlocks(item.blocks, given) })),
        };
      case "table":
        return {
          ...block,
          head: block.head.map((cell) => fillLine(cell, given)),
          rows: block.rows.map((row) => row.map((cell) => fillLine(cell, given))),
        };
      case "rule":
        return block;
    }
  });
}

function fillLine(children: readonly MarkdownInline[], given: Given): readonly MarkdownInline[] {
  return children.map((child): MarkdownInline => {
    if (child.type === "break") return child;
    if ("children" in child) return { ...child, children: fillLine(child.children, given) };
    // Words in code between the lines of a text may be copied into a shell.
    const form = child.type === "code" ? "command" : "text";
    return { ...child, text: fill(child.text, form, given).text };
  });
}

/** The labels that a text asks for. */
export function labelsAskedFor(text: string): readonly string[] {
  const names = [...text.matchAll(PLACEHOLDER)].flatMap(([, , of, name = ""]) =>
    of === "Labels" ? [name] : [],
  );
  return [...new Set(names)];
}
