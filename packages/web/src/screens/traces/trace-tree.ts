import type { Trace, TraceSpan } from "@seaworthy/contract";

/** A span in its place in the trace. Times are nanoseconds from the trace's start. */
export interface SpanNode {
  /** Its place in the trace's list: unique where span ids are not. */
  readonly index: number;
  readonly span: TraceSpan;
  readonly parent: SpanNode | null;
  readonly children: readonly SpanNode[];
  readonly depth: number;
  readonly start: number;
  readonly end: number;
  /** What was added to the times that were sent, because its clock is not its caller's. */
  readonly shift: number;
  /** Time in which none of its children ran. */
  readonly own: number;
  /** Spans below it. */
  readonly below: number;
  /** Failed spans below it. */
  readonly failedBelow: number;
  /** Whether it names a parent that is not there. */
  readonly isOrphan: boolean;
}

export interface TraceTree {
  /** Each parent before its children, siblings by their start. */
  readonly nodes: readonly SpanNode[];
  /** Spans without a parent in the trace. */
  readonly tops: readonly SpanNode[];
  /** In the order in which they come first. */
  readonly services: readonly string[];
  /** Of what is drawn: beyond the trace's own where clocks differ. */
  readonly start: number;
  readonly end: number;
}

type Draft = {
  -readonly [K in Exclude<keyof SpanNode, "parent" | "children">]: SpanNode[K];
} & { parent: Draft | null; children: Draft[] };

/** Puts a trace's spans in their tree. Spans whose parents form a ring hang at the top. */
export function treeOf(trace: Trace): TraceTree {
  const drafts = trace.spans.map((span, index): Draft => ({
    index,
    span,
    parent: null,
    children: [],
    depth: 0,
    start: span.offsetNs,
    end: span.offsetNs + span.durationNs,
    shift: 0,
    own: span.durationNs,
    below: 0,
    failedBelow: 0,
    isOrphan: false,
  }));
  const tops = connect(drafts);
  const nodes = inOrder(tops);
  // From the top: what moves takes all below it along.
  for (const node of nodes) straighten(node);
  for (let i = nodes.length - 1; i >= 0; i -= 1) {
    const node = nodes[i];
    if (node === undefined) continue;
    node.own = ownTime(node);
    if (node.parent === null) continue;
    node.parent.below += node.below + 1;
    node.parent.failedBelow += node.failedBelow + (node.span.status === "error" ? 1 : 0);
  }
  let start = 0;
  let end = trace.durationNs;
  for (const node of nodes) {
    if (node.start < start) start = node.start;
    if (node.end > end) end = node.end;
  }
  return {
    nodes,
    tops,
    services: [...new Set(nodes.map(({ span }) => span.service))],
    start,
    end: Math.max(end, start + 1),
  };
}

/** Gives each span its parent and children; answers the tops. */
function connect(drafts: readonly Draft[]): Draft[] {
  const byId = new Map<string, Draft>();
  for (const draft of drafts) {
    const known = byId.get(draft.span.spanId);
    // Zipkin's clients share a span with the server: the server's half is inside, and has the children.
    if (known === undefined) byId.set(draft.span.spanId, draft);
    else if (known.span.kind === "client" && draft.span.kind === "server") {
      draft.parent = known;
      byId.set(draft.span.spanId, draft);
    }
  }
  for (const draft of drafts) {
    const { parentId, spanId } = draft.span;
    if (draft.parent !== null || parentId === "") continue;
    const parent = parentId === spanId ? undefined : byId.get(parentId);
    draft.parent = parent ?? null;
    draft.isOrphan = parent === undefined;
  }
  const tops = drafts.filter(({ parent }) => parent === null);
  for (const draft of drafts) draft.parent?.children.push(draft);
  breakRings(drafts, tops);
  const byStart = (a: Draft, b: Draft) => a.start - b.start || a.index - b.index;
  for (const draft of drafts) draft.children.sort(byStart);
  return tops.sort(byStart);
}

/** Makes a top of one span of each ring, so that every span is below some top. */
function breakRings(drafts: readonly Draft[], tops: Draft[]): void {
  const reached = new Set<Draft>();
  const reach = (from: readonly Draft[]) => {
    const left = [...from];
    for (let node = left.pop(); node !== undefined; node = left.pop()) {
      if (reached.has(node)) continue;
      reached.add(node);
      left.push(...node.children);
    }
  };
  reach(tops);
  for (const draft of drafts) {
    if (reached.has(draft)) continue;
    const { parent } = draft;
    if (parent !== null) parent.children = parent.children.filter((child) => child !== draft);
    draft.parent = null;
    draft.isOrphan = true;
    tops.push(draft);
    reach([draft]);
  }
}

function inOrder(tops: readonly Draft[]): Draft[] {
  const nodes: Draft[] = [];
  const left = tops.toReversed();
  for (let node = left.pop(); node !== undefined; node = left.pop()) {
    node.depth = node.parent === null ? 0 : node.parent.depth + 1;
    nodes.push(node);
    for (let i = node.children.length - 1; i >= 0; i -= 1) {
      const child = node.children[i];
      if (child !== undefined) left.push(child);
    }
  }
  return nodes;
}

/**
 * A server's span that sticks out of the call it answers, and would fit into it, was timed by another
 * clock: it is moved into the middle of the call. Nothing else is moved; work may well outlast what
 * began it.
 */
function straighten(node: Draft): void {
  const { parent } = node;
  if (parent === null) return;
  let shift = parent.shift;
  node.start += shift;
  node.end += shift;
  const answers =
    node.span.kind === "server" &&
    parent.span.kind === "client" &&
    node.span.service !== parent.span.service;
  const sticksOut = node.start < parent.start || node.end > parent.end;
  const room = parent.end - parent.start - (node.end - node.start);
  if (answers && sticksOut && room >= 0) {
    const by = parent.start + room / 2 - node.start;
    node.start += by;
    node.end += by;
    shift += by;
  }
  node.shift = shift;
}

/** The time of a span in which no child ran. */
function ownTime({ start, end, children }: Draft): number {
  let covered = 0;
  let until = start;
  for (const child of children.toSorted((a, b) => a.start - b.start)) {
    const from = Math.max(child.start, until);
    const to = Math.min(child.end, end);
    if (to <= from) continue;
    covered += to - from;
    until = to;
  }
  return Math.max(0, end - start - covered);
}
