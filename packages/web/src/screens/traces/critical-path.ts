/** What the critical path needs to know of a span. Times in any one unit. */
interface Timed<Self> {
  readonly start: number;
  readonly end: number;
  readonly children: readonly Self[];
}

/** A stretch of time in which a span kept everything above it waiting. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** Clocks and the order of two calls differ by so much; of the parent's length. */
const slackShare = 0.01;

/**
 * The critical path of a span: for every moment of it, the one span that had to go faster for the
 * whole to end sooner. Walked from the end backwards: what ended last is what was waited for; the
 * time before its start goes to what ended last before that; time in which no child ran is the
 * span's own. Where children overlap, the later one has its whole time and the earlier one the rest.
 *
 * A child that ends after its parent was not waited for, and is not on the path, however long it
 * took. The stretches of all spans together are the root's time, exactly once.
 */
export function criticalPath<Span extends Timed<Span>>(
  root: Span,
): ReadonlyMap<Span, readonly Stretch[]> {
  const path = new Map<Span, Stretch[]>();
  const add = (span: Span, from: number, to: number) => {
    if (to <= from) return;
    const stretches = path.get(span);
    if (stretches === undefined) path.set(span, [{ from, to }]);
    else stretches.push({ from, to });
  };
  // A stack of its own: traces are deeper than calls may nest.
  const stack = [frameOf(root, root.start, root.end)];
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const child = frame.waitedFor[frame.next];
    frame.next += 1;
    if (child === undefined) {
      add(frame.span, frame.from, frame.cursor);
      stack.pop();
      continue;
    }
    const to = Math.min(child.end, frame.cursor);
    const from = Math.max(child.start, frame.from);
    if (to <= from) continue;
    add(frame.span, to, frame.cursor);
    frame.cursor = from;
    stack.push(frameOf(child, from, to));
  }
  for (const stretches of path.values()) stretches.reverse();
  return path;
}

interface Frame<Span> {
  readonly span: Span;
  readonly from: number;
  /** Everything after it is told. */
  cursor: number;
  readonly waitedFor: readonly Span[];
  next: number;
}

function frameOf<Span extends Timed<Span>>(span: Span, from: number, to: number): Frame<Span> {
  const latest = span.end + (span.end - span.start) * slackShare;
  const waitedFor = span.children
    .filter((child) => child.end <= latest)
    .sort((a, b) => b.end - a.end || b.start - a.start);
  return { span, from, cursor: to, waitedFor, next: 0 };
}
