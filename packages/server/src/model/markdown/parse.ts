import { createHash } from "node:crypto";
import type { List, Nodes, PhrasingContent, RootContent } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { gfm } from "micromark-extension-gfm";
import { SeaworthyError } from "../errors.ts";
import { textOf } from "./tree.ts";
import type { MarkdownBlock, MarkdownInline, MarkdownItem } from "./tree.ts";

/** What a text may have; what people write by hand has far less. */
export const MARKDOWN_LIMITS = {
  /** Characters. */
  length: 60_000,
  lines: 1500,
  /** Lists in quotes in lists. */
  depth: 24,
  /** Marks that may open something: each may look for its end to the end of the paragraph. */
  marks: 6000,
} as const;

/** A text that is beyond what is read. */
export class MarkdownError extends SeaworthyError {
  readonly code = "markdown_refused";
  override readonly status = 400;
  /** Counts from 1. */
  readonly line: number;

  constructor(line: number, message: string) {
    super(message);
    this.name = "MarkdownError";
    this.line = line;
  }
}

/**
 * Reads CommonMark with GitHub's tables, tasks, strikes and bare links into a tree that can say no HTML:
 * tags become text, links that are neither web, mail nor of this server lose their target, pictures become
 * links. Throws MarkdownError for what is too long or nested too deep.
 */
export function parseMarkdown(
  source: string,
  /** Where a link leads that is to a file beside the text, such as `Other.md`; nowhere by default. */
  besides: (url: string) => string | undefined = () => undefined,
): readonly MarkdownBlock[] {
  refuseTooMuch(source);
  const root = fromMarkdown(source, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] });
  const definitions = new Map<string, string>();
  for (const node of root.children) {
    if (node.type === "definition") definitions.set(node.identifier, node.url);
  }
  return new Reader(definitions, besides).blocks(root.children, 0);
}

/** Before anything is parsed: the parser's time grows with these more than in proportion. */
function refuseTooMuch(source: string): void {
  const { length, depth } = MARKDOWN_LIMITS;
  if (source.length > length) {
    throw new MarkdownError(
      1,
      `has ${source.length} characters; at most ${length} are read. Split it`,
    );
  }
  let number = 0;
  let marks = 0;
  for (const line of source.split("\n")) {
    number += 1;
    const [indent = ""] = /^[\s>*+\-\d.)]*/.exec(line) ?? [];
    if (indent.replaceAll(/[^>*+\-.)]/g, "").length > depth && !/^\s*(?:-+|\*[\s*]*)$/.test(line)) {
      throw new MarkdownError(number, `is nested deeper than ${depth} levels`);
    }
    marks += line.replaceAll(/[^[\]*_~`<!|&]/g, "").length;
    if (marks > MARKDOWN_LIMITS.marks) {
      throw new MarkdownError(number, `has more than ${MARKDOWN_LIMITS.marks} marks up to here`);
    }
  }
  if (number > MARKDOWN_LIMITS.lines) {
    throw new MarkdownError(number, `has more than ${MARKDOWN_LIMITS.lines} lines. Split it`);
  }
}

class Reader {
  readonly #definitions: ReadonlyMap<string, string>;
  readonly #besides: (url: string) => string | undefined;
  readonly #ids = new Map<string, number>();
  readonly #steps = new Map<string, number>();

  constructor(
    definitions: ReadonlyMap<string, string>,
    besides: (url: string) => string | undefined,
  ) {
    this.#definitions = definitions;
    this.#besides = besides;
  }

  #link(url: string | undefined, children: MarkdownInline[]): MarkdownInline[] {
    return link(url === undefined ? undefined : (this.#besides(url) ?? url), children);
  }

  blocks(nodes: readonly RootContent[], depth: number): MarkdownBlock[] {
    const line = nodes[0]?.position?.start.line ?? 1;
    if (depth > MARKDOWN_LIMITS.depth) {
      throw new MarkdownError(line, `is nested deeper than ${MARKDOWN_LIMITS.depth} levels`);
    }
    return nodes.flatMap((node) => this.#block(node, depth));
  }

  #block(node: RootContent, depth: number): MarkdownBlock[] {
    switch (node.type) {
      case "heading": {
        const children = this.#line(node.children);
        return [{ type: "heading", depth: node.depth, id: this.#id(textOf(children)), children }];
      }
      case "paragraph":
        return [{ type: "paragraph", children: this.#line(node.children) }];
      case "blockquote":
        return [{ type: "quote", blocks: this.blocks(node.children, depth + 1) }];
      case "list":
        return [this.#list(node, depth)];
      case "table": {
        const [head = [], ...rows] = node.children.map((row) =>
          row.children.map((cell) => this.#line(cell.children)),
        );
        return [{ type: "table", head, rows }];
      }
      case "thematicBreak":
        return [{ type: "rule" }];
      case "code":
        return [
          {
            type: "code",
            language: (node.lang ?? "").toLowerCase(),
            text: node.value,
            missing: [],
            line: node.position?.start.line ?? 1,
          },
        ];
      case "html": {
        // A comment is for who edits the text.
        if (/^<!--[^]*-->$/.test(node.value)) return [];
        return [{ type: "paragraph", children: [{ type: "text", text: node.value }] }];
      }
      case "footnoteDefinition":
        return this.blocks(node.children, depth + 1);
      case "definition":
      case "yaml":
        return [];
      default:
        return [{ type: "paragraph", children: this.#line([node as PhrasingContent]) }];
    }
  }

  #list(node: List, depth: number): MarkdownBlock {
    return {
      type: "list",
      start: node.ordered === true ? (node.start ?? 1) : null,
      items: node.children.map((item): MarkdownItem => {
        const checked = item.checked ?? null;
        const own = item.children.filter((child) => child.type !== "list");
        return {
          checked,
          step: checked === null ? null : this.#step(own.map(wordsOf).join(" ")),
          blocks: this.blocks(item.children, depth + 1),
        };
      }),
    };
  }

  #line(nodes: readonly PhrasingContent[]): MarkdownInline[] {
    return nodes.flatMap((node): MarkdownInline[] => {
      switch (node.type) {
        case "text":
        case "html":
          return [{ type: "text", text: node.value }];
        case "inlineCode":
          return [{ type: "code", text: node.value }];
        case "break":
          return [{ type: "break" }];
        case "emphasis":
        case "strong":
          return [{ type: node.type, children: this.#line(node.children) }];
        case "delete":
          return [{ type: "strike", children: this.#line(node.children) }];
        case "link":
          return this.#link(node.url, this.#line(node.children));
        case "linkReference":
          return this.#link(this.#definitions.get(node.identifier), this.#line(node.children));
        // Shown at once, a picture from elsewhere would tell its server who reads.
        case "image":
          return this.#link(node.url, [{ type: "text", text: node.alt ?? node.url }]);
        case "imageReference":
          return this.#link(this.#definitions.get(node.identifier), [
            { type: "text", text: node.alt ?? node.identifier },
          ]);
        case "footnoteReference":
          return [{ type: "text", text: `[${node.identifier}]` }];
        default:
          return [];
      }
    });
  }

  /** As GitHub makes them: small letters, hyphens for spaces, a number after the second of a name. */
  #id(text: string): string {
    const base =
      text
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s-]/gu, "")
        .trim()
        .replaceAll(/\s+/g, "-") || "section";
    const before = this.#ids.get(base) ?? 0;
    this.#ids.set(base, before + 1);
    return before === 0 ? base : `${base}-${before}`;
  }

  #step(words: string): string {
    const hash = createHash("sha256")
      .update(words.replaceAll(/\s+/g, " ").trim())
      .digest("hex")
      .slice(0, 16);
    const before = this.#steps.get(hash) ?? 0;
    this.#steps.set(hash, before + 1);
    return before === 0 ? hash : `${hash}-${before}`;
  }
}

function wordsOf(node: Nodes): string {
  if ("children" in node) return node.children.map(wordsOf).join("");
  return "value" in node ? node.value : "";
}

/** A link with a target that is safe to open; else its words alone. */
function link(url: string | undefined, children: MarkdownInline[]): MarkdownInline[] {
  const href = url === undefined ? undefined : safeHref(url);
  // A link in a link is none in HTML.
  return href === undefined ? children : [{ type: "link", href, children: unlinked(children) }];
}

function unlinked(children: readonly MarkdownInline[]): MarkdownInline[] {
  return children.flatMap((child): MarkdownInline[] => {
    if (child.type === "link") return unlinked(child.children);
    return "children" in child ? [{ ...child, children: unlinked(child.children) }] : [child];
  });
}

/** The address, when it is one that a page may lead to. Browsers drop tabs and newlines within a scheme. */
function safeHref(url: string): string | undefined {
  if (/\s|\p{Cc}/u.test(url)) return undefined;
  if (/^#[\p{L}\p{N}_-]+$/u.test(url)) return url;
  if (/^\/(?![/\\])/.test(url)) return url;
  if (!/^(?:https?:\/\/|mailto:)/i.test(url)) return undefined;
  return URL.canParse(url) ? url : undefined;
}
