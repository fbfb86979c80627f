import { MarkdownError, parseMarkdown } from "../../model/index.ts";
import type { MarkdownBlock } from "../../model/index.ts";
import type { TimelineRecord } from "../../store/index.ts";

/** Notes that are kept read: as many as stand on the pages of a few long incidents. */
const MOST_KEPT = 2000;

/** By incident and entry: a note is not changed once it is there. The one asked for last is last. */
const kept = new Map<string, readonly MarkdownBlock[] | undefined>();

/** A note's words as a document; undefined for what Markdown's limits refuse: such a note stays text. */
export function noteBlocks({
  id,
  incidentId,
  text,
}: Pick<TimelineRecord, "id" | "incidentId" | "text">): readonly MarkdownBlock[] | undefined {
  const key = `${incidentId}/${id}`;
  if (kept.has(key)) {
    const blocks = kept.get(key);
    kept.delete(key);
    kept.set(key, blocks);
    return blocks;
  }
  const blocks = read(text);
  kept.set(key, blocks);
  if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value ?? "");
  return blocks;
}

function read(text: string): readonly MarkdownBlock[] | undefined {
  try {
    return parseMarkdown(text);
  } catch (error) {
    if (error instanceof MarkdownError) return undefined;
    throw error;
  }
}
