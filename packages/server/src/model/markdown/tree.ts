/** A part of a line. There is no kind for HTML: what a tree cannot say cannot be shown. */
export type MarkdownInline =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "code"; readonly text: string }
  | { readonly type: "break" }
  | {
      readonly type: "emphasis" | "strong" | "strike";
      readonly children: readonly MarkdownInline[];
    }
  | {
      readonly type: "link";
      /** `http:`, `https:`, `mailto:`, a path of this server, or `#` with a heading's id. */
      readonly href: string;
      readonly children: readonly MarkdownInline[];
    };

export interface MarkdownItem {
  /** Whether it is ticked in the text; null where it is no task. */
  readonly checked: boolean | null;
  /** Of a task: its name, the same as long as its words are. */
  readonly step: string | null;
  readonly blocks: readonly MarkdownBlock[];
}

export type MarkdownBlock =
  | {
      readonly type: "heading";
      readonly depth: number;
      readonly id: string;
      readonly children: readonly MarkdownInline[];
    }
  | { readonly type: "paragraph"; readonly children: readonly MarkdownInline[] }
  | {
      readonly type: "list";
      /** The first number; null for a list without numbers. */
      readonly start: number | null;
      readonly items: readonly MarkdownItem[];
    }
  | { readonly type: "quote"; readonly blocks: readonly MarkdownBlock[] }
  | {
      readonly type: "table";
      readonly head: readonly (readonly MarkdownInline[])[];
      readonly rows: readonly (readonly (readonly MarkdownInline[])[])[];
    }
  | { readonly type: "rule" }
  | {
      readonly type: "code";
      /** The first word after the fence, in small letters; empty for none. */
      readonly language: string;
      readonly text: string;
      /** Names of placeholders that nothing could be put in for. */
      readonly missing: readonly string[];
      /** Counts from 1. */
      readonly line: number;
    };

/** The words of a part of a line, without what they look like. */
export function textOf(children: readonly MarkdownInline[]): string {
  return children
    .map((child) => {
      if (child.type === "break") return " ";
      return "children" in child ? textOf(child.children) : child.text;
    })
    .join("");
}
