/**
 * A template that does not parse or does not execute. The message has Go's form,
 * `template: NAME:LINE:COLUMN: executing "NAME" at <NODE>: REASON`; the place is repeated in fields.
 */
export class TemplateError extends Error {
  /** The name under which the template's text was parsed. */
  readonly template: string;
  /** Counts from 1. */
  readonly line: number;
  /** Bytes from the start of the line, from 0 as Go counts them. */
  readonly column: number;
  /** The reason alone, without the place. */
  readonly reason: string;

  constructor(
    message: string,
    at: {
      readonly template: string;
      readonly line: number;
      readonly column: number;
      readonly reason: string;
    },
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = "TemplateError";
    this.template = at.template;
    this.line = at.line;
    this.column = at.column;
    this.reason = at.reason;
  }
}

/**
 * Thrown by a function that a template calls when its arguments are wrong; the executor turns it into
 * a TemplateError that names the place.
 */
export class FunctionError extends Error {
  override readonly name = "FunctionError";
}

/** A bound of `Limits` was reached. Fatal for the execution whatever the template does. */
export class LimitError extends Error {
  override readonly name = "LimitError";
}
