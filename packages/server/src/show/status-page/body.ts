import { markdownToHtml, MarkdownError, parseMarkdown } from "../../model/index.ts";
import { escapeHtml } from "../../respond/index.ts";

/** An update's text, Markdown, as HTML that can carry no script; a text that is none stands as it is. */
export function bodyHtml(text: string): string {
  try {
    return markdownToHtml(parseMarkdown(text));
  } catch (error) {
    if (!(error instanceof MarkdownError)) throw error;
    return `<p>${escapeHtml(text)}</p>`;
  }
}
