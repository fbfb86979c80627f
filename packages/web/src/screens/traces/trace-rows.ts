import type { SpanNode } from "./trace-tree.ts";

/** The spans that are not folded away, in order. */
export function rowsOf(
  nodes: readonly SpanNode[],
  folded: ReadonlySet<string>,
): readonly SpanNode[] {
  if (folded.size === 0) return nodes;
  const rows: SpanNode[] = [];
  // Below a folded span everything is deeper than it, and comes before the next that is not.
  let hidden = Number.POSITIVE_INFINITY;
  for (const node of nodes) {
    if (node.depth > hidden) continue;
    rows.push(node);
    hidden = folded.has(node.span.spanId) ? node.depth : Number.POSITIVE_INFINITY;
  }
  return rows;
}

/** The spans with the text in their name, service, ids, message, attributes or events. */
export function findSpans(nodes: readonly SpanNode[], text: string): readonly SpanNode[] {
  const wanted = text.trim().toLowerCase();
  if (wanted === "") return [];
  const has = (each: string) => each.toLowerCase().includes(wanted);
  const anyOf = (labels: Readonly<Record<string, string>>) =>
    Object.entries(labels).some(
      ([name, value]) => has(name) || has(value) || has(`${name}=${value}`),
    );
  return nodes.filter(
    ({ span }) =>
      has(span.name) ||
      has(span.service) ||
      has(span.spanId) ||
      has(span.status) ||
      has(span.statusMessage) ||
      anyOf(span.attributes) ||
      span.events.some(({ name, attributes }) => has(name) || anyOf(attributes)),
  );
}

/** The folded spans without those above this one: it is in sight then. */
export function unfoldedTo(node: SpanNode, folded: ReadonlySet<string>): ReadonlySet<string> {
  const left = new Set(folded);
  for (let above = node.parent; above !== null; above = above.parent)
    left.delete(above.span.spanId);
  return left;
}
