import type { MarkdownBlock, MarkdownInline, MarkdownItem } from "./tree.ts";

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

const escaped = (text: string) => text.replaceAll(/[&<>"']/g, (one) => ENTITIES[one] ?? one);

const TAGS = { emphasis: "em", strong: "strong", strike: "del" } as const;

/** A tree as HTML of a closed set of tags, whose only attribute is the target of a link. */
export function markdownToHtml(blocks: readonly MarkdownBlock[]): string {
  return blocks.map(block).join("\n");
}

function block(node: MarkdownBlock): string {
  switch (node.type) {
    case "heading":
      return `<h${node.depth}>${line(node.children)}</h${node.depth}>`;
    case "paragraph":
      return `<p>${line(node.children)}</p>`;
    case "quote":
      return `<blockquote>${markdownToHtml(node.blocks)}</blockquote>`;
    case "list": {
      const tag = node.start === null ? "ul" : "ol";
      return `<${tag}>${node.items.map((item) => `<li>${itemHtml(item)}</li>`).join("")}</${tag}>`;
    }
    case "table": {
      const row = (cells: readonly (readonly MarkdownInline[])[], tag: "th" | "td") =>
        `<tr>${cells.map((cell) => `<${tag}>${line(cell)}</${tag}>`).join("")}</tr>`;
      const body = node.rows.map((cells) => row(cells, "td")).join("");
      return `<table><thead>${row(node.head, "th")}</thead><tbody>${body}</tbody></table>`;
    }
    case "rule":
      return "<hr>";
    case "code":
      return `<pre><code>${escaped(node.text)}</code></pre>`;
  }
}

function itemHtml({ checked, blocks }: MarkdownItem): string {
  const [first, ...rest] = blocks;
  const mark = checked === null ? "" : checked ? "☑ " : "☐ ";
  // The one paragraph of most items stands in it bare.
  const head =
    first?.type === "paragraph"
      ? line(first.children)
      : first === undefined
        ? ""
        : markdownToHtml([first]);
  return mark + head + markdownToHtml(rest);
}

function line(children: readonly MarkdownInline[]): string {
  return children
    .map((child) => {
      switch (child.type) {
        case "text":
          return escaped(child.text);
        case "code":
          return `<code>${escaped(child.text)}</code>`;
        case "break":
          return "<br>";
        case "link":
          return `<a href="${escaped(child.href)}" rel="noreferrer">${line(child.children)}</a>`;
        default:
          return `<${TAGS[child.type]}>${line(child.children)}</${TAGS[child.type]}>`;
      }
    })
    .join("");
}
