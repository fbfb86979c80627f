interface Held {
  readonly start: number;
  readonly error?: string | undefined;
}

/**
 * Adds a span to those of a trace, of which there is room for `most`. Beyond that a span that failed,
 * or that others are below (it began before them and ends after them), takes the place of the one
 * that began last. Returns whether there was room for all.
 */
export function hold<Span extends Held>(spans: Span[], span: Span, most: number): boolean {
  if (spans.length < most) {
    spans.push(span);
    return true;
  }
  let last = -1;
  for (const [index, { error, start }] of spans.entries())
    if (error === undefined && start >= (spans[last]?.start ?? Number.NEGATIVE_INFINITY))
      last = index;
  const least = spans[last];
  if (least !== undefined && (span.error !== undefined || span.start < least.start))
    spans[last] = span;
  return false;
}
