const HTML: Readonly<Record<string, string>> = {
  '"': "&#34;",
  "'": "&#39;",
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
};

/** Escapes text for HTML as Go's template.HTMLEscapeString. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/["'&<>]/g, (char) => HTML[char] ?? char).replaceAll("\0", "\uFFFD");
}

const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

/** Escapes text for a JavaScript string as Go's template.JSEscapeString. */
export function escapeJs(text: string): string {
  let out = "";
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    if (char === "\\" || char === "'" || char === '"') out += `\\${char}`;
    else if (code < 0x20 || "<>&=".includes(char)) out += hexEscape(code);
    else if (code < 0x80 || PRINTABLE.test(char)) out += char;
    else out += hexEscape(code);
  }
  return out;
}

function hexEscape(code: number): string {
  return `\\u${code.toString(16).toUpperCase().padStart(4, "0")}`;
}

/** Escapes text for a URL's query as Go's url.QueryEscape: spaces become plus signs. */
export function escapeQuery(text: string): string {
  // A lone surrogate has no UTF-8; Go strings hold U+FFFD in its place.
  return encodeURIComponent(text.replaceAll(/\p{Surrogate}/gu, "\uFFFD"))
    .replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%20", "+");
}
