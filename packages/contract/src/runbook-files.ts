/** Something wrong, or odd, in a file, at a place in it. */
export interface RunbookFileFault {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  readonly reason: string;
}

/**
 * What `seaworthy runbooks check` reports of each file, as `--json` prints it: a runbook, a file of rules
 * that lead to them, or the configuration. It is in order when there are no faults.
 */
export interface RunbookFileCheck {
  readonly file: string;
  /** Steps of a runbook, or alerting rules of a file of rules. */
  readonly parts: number;
  readonly faults: readonly RunbookFileFault[];
  readonly warnings: readonly RunbookFileFault[];
}
