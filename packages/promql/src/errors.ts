/** A half-open range of UTF-16 offsets into a query's text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export const PROMQL_ERROR_CODES = {
  /** The text is not a PromQL expression, or its types do not fit. */
  parse: "bad_data",
  /** The expression is sound but failed on the data it met. */
  execution: "execution",
  /** More samples, series or steps than the limits allow. */
  limit: "limit",
  /** A feature that is named but not offered. */
  unsupported: "unsupported",
  canceled: "canceled",
  timeout: "timeout",
} as const;

export type PromqlErrorKind = keyof typeof PROMQL_ERROR_CODES;

/** Every error this package throws on purpose. `message` is ready for the user. */
export class PromqlError extends Error {
  readonly kind: PromqlErrorKind;
  readonly code: (typeof PROMQL_ERROR_CODES)[PromqlErrorKind];
  /** Where in the query's text, when it is about a part of it. */
  readonly span: Span | undefined;

  constructor(kind: PromqlErrorKind, message: string, span?: Span) {
    super(message);
    this.name = "PromqlError";
    this.kind = kind;
    this.code = PROMQL_ERROR_CODES[kind];
    this.span = span;
  }
}

/** `line:column`, both from 1, the column in UTF-8 bytes as Prometheus counts it. */
export function lineColumn(query: string, offset: number): string {
  const lastBreak = query.lastIndexOf("\n", offset - 1);
  let line = 1;
  for (let i = 0; i <= lastBreak; i += 1) if (query.charCodeAt(i) === 10) line += 1;
  const column = new TextEncoder().encode(query.slice(lastBreak + 1, offset)).length + 1;
  return `${line}:${column}`;
}

/** A parse or type error, in Prometheus's form: `1:5: parse error: …`. */
export function parseError(query: string, { start, end }: Span, message: string): PromqlError {
  return new PromqlError("parse", `${lineColumn(query, start)}: parse error: ${message}`, {
    start,
    end,
  });
}
