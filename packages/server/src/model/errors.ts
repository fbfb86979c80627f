/**
 * The root of every error that a room throws on purpose. `code` is stable and documented, `message`
 * says what was wrong, where, and what to do; `status` is the HTTP status that the own API answers.
 */
export abstract class SeaworthyError extends Error {
  abstract readonly code: string;
  readonly status: number = 500;
}

/** One fault in one file. `line` and `column` count from 1. */
export interface Fault {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Where in the document, e.g. `scrape_configs[0].static_configs`. Empty for the whole document. */
  readonly path: string;
  readonly reason: string;
}

/** A configuration file that cannot be used; lists every fault that was found in it. */
export class ConfigError extends SeaworthyError {
  readonly code = "config_invalid";
  override readonly status = 400;
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    super(faults.map(formatFault).join("\n"));
    this.name = "ConfigError";
    this.faults = faults;
  }
}

/** `file:line:column: path: reason`, the form that editors and terminals link. */
export function formatFault(fault: Fault): string {
  const where = fault.path === "" ? "" : `${fault.path}: `;
  return `${fault.file}:${fault.line}:${fault.column}: ${where}${fault.reason}`;
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
