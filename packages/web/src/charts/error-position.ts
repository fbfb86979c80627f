/** Where in an expression an error is: the line's text and the place in it, from 0. */
export interface ErrorPosition {
  readonly line: string;
  readonly column: number;
}

/** Reads `LINE:COLUMN: parse error: …`, as Prometheus writes it (both from 1). Null when there is none. */
export function positionIn(message: string, expression: string): ErrorPosition | null {
  const found = /(?:^|\D)(\d{1,6}):(\d{1,6}):/.exec(message);
  if (found === null) return null;
  const line = expression.split("\n")[Number(found[1]) - 1];
  if (line === undefined) return null;
  return { line, column: Math.min(Math.max(0, Number(found[2]) - 1), line.length) };
}
