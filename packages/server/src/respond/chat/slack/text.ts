/** Slack cuts the text of a section off there. */
export const SECTION_LENGTH = 3000;
/** A person's message beyond this is cut; Slack's own limit is 40,000. */
const MOST_TEXT = 10_000;
/** `<@U1>`, `<#C1|general>`, `<!here>`, `<https://x|label>`: no brackets inside. */
const MARKUP = /<([^<>\n]{1,2000})>/g;

/** Text cut to a length, with a mark that it was. */
export function cut(text: string, length: number): string {
  return text.length <= length
    ? text
    : `${text.slice(0, length - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}

/** The people that a message mentions, by Slack's ids; at most `limit`. */
export function mentionsIn(text: string, limit: number): readonly string[] {
  const ids = [...text.slice(0, MOST_TEXT).matchAll(/<@([A-Z0-9]{2,30})(?:\|[^<>]{0,80})?>/g)];
  return [...new Set(ids.map(([, id = ""]) => id))].slice(0, limit);
}

/** A message as people read it: mentions, channels and links in words, entities as what they stand for. */
export function plainText(text: string, nameOf: (userId: string) => string | undefined): string {
  const read = text.slice(0, MOST_TEXT).replaceAll(MARKUP, (_, inner: string) => {
    const at = inner.indexOf("|");
    const [target, label] = at < 0 ? [inner, ""] : [inner.slice(0, at), inner.slice(at + 1)];
    if (target.startsWith("@")) return `@${nameOf(target.slice(1)) ?? (label || target.slice(1))}`;
    if (target.startsWith("#")) return `#${label || target.slice(1)}`;
    if (target.startsWith("!")) return label || `@${target.slice(1).split("^", 1)[0] ?? ""}`;
    const url = target.replace(/^mailto:/, "");
    return label === "" || label === url ? url : `${label} (${url})`;
  });
  const plain = read
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&")
    .trim();
  return text.length > MOST_TEXT ? `${plain}…` : plain;
}
