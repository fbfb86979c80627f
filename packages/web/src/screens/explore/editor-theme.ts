import { HighlightStyle } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

/** The editor in the page's own tokens, so that it follows the theme by itself. */
export const editorTheme = EditorView.theme({
  "&": { fontSize: "14px", backgroundColor: "transparent", color: "var(--text)" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--font-code)", lineHeight: "20px" },
  ".cm-content": { padding: "10px 0", caretColor: "var(--text)" },
  ".cm-line": { padding: "0 12px" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  ".cm-placeholder": { color: "var(--text-faint)" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--accent-soft) !important",
  },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "var(--selected)", outline: "none" },
  ".cm-tooltip": {
    border: "1px solid var(--border)",
    borderRadius: "8px",
    backgroundColor: "var(--surface)",
    color: "var(--text)",
    boxShadow: "var(--float-shadow)",
    overflow: "hidden",
  },
  ".cm-tooltip-autocomplete > ul": { fontFamily: "var(--font-code)", fontSize: "13px" },
  ".cm-tooltip-autocomplete > ul > li": { padding: "4px 10px" },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": {
    backgroundColor: "var(--accent-soft)",
    color: "var(--text)",
  },
  ".cm-completionMatchedText": {
    textDecoration: "none",
    fontWeight: "700",
    color: "var(--accent)",
  },
  ".cm-completionDetail": { color: "var(--text-muted)", fontStyle: "normal" },
  ".cm-completionInfo": {
    padding: "8px 10px",
    maxWidth: "360px",
    font: "13px/19px var(--font-text)",
  },
  ".cm-diagnostic-error": {
    borderLeft: "3px solid var(--firing)",
    padding: "6px 10px",
    font: "13px/19px var(--font-text)",
  },
});

/** Few colours, all of them readable: names stay plain, what has a meaning of its own stands out. */
export const promqlColours = HighlightStyle.define([
  { tag: tags.keyword, color: "var(--series-4)", fontWeight: "600" },
  { tag: tags.modifier, color: "var(--series-4)", fontWeight: "600" },
  { tag: tags.function(tags.variableName), color: "var(--accent)" },
  { tag: tags.labelName, color: "var(--text-muted)" },
  { tag: tags.string, color: "var(--recovered)" },
  { tag: tags.number, color: "var(--pending)" },
  { tag: tags.comment, color: "var(--text-faint)", fontStyle: "italic" },
  { tag: tags.operator, color: "var(--text-muted)" },
  { tag: tags.invalid, color: "var(--firing)" },
]);
