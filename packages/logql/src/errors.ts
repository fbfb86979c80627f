/** Every error that this package throws on purpose. `message` is ready for the user. */
export class LogqlError extends Error {
  /**
   * `parse`: the text is no LogQL; `execution`: it is, and failed on the lines it met; `limit`: more
   * lines, series or steps than the limits allow.
   */
  readonly kind: "parse" | "execution" | "limit";

  constructor(kind: LogqlError["kind"], message: string) {
    super(message);
    this.name = "LogqlError";
    this.kind = kind;
  }
}

/** A parse error in Loki's form, with where it is. */
export function parseError(query: string, at: number, reason: string): LogqlError {
  const before = query.slice(0, at);
  const line = before.split("\n").length;
  const column = at - before.lastIndexOf("\n");
  return new LogqlError("parse", `parse error at line ${line}, col ${column}: ${reason}`);
}
