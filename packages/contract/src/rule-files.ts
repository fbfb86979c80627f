/**
 * What `seaworthy rules check` and `seaworthy rules test` report, as `--json` prints it: one report for
 * each file that was named. All times are milliseconds.
 */

/** Something wrong in a file, at a place in it. */
export interface RuleFileFault {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  readonly reason: string;
  /** The line itself, where it can be had. */
  readonly source: string | undefined;
}

/** A rule file that was checked: it is in order when there are no faults. */
export interface RuleFileCheck {
  readonly file: string;
  readonly groups: number;
  readonly rules: number;
  readonly faults: readonly RuleFileFault[];
  /** What is odd without being wrong: rules that make the same series twice. */
  readonly notes: readonly string[];
}

/** A number in a rule that has a name: `> 0.05 # setting: error_share_critical`. */
export interface RuleFileSetting {
  readonly file: string;
  readonly rule: string;
  readonly name: string;
  readonly value: number;
}

/** Values over time, to be drawn. */
export interface RuleTestChart {
  readonly title: string;
  /** `states`: 0 for inactive, 1 for pending, 2 for firing. */
  readonly kind: "values" | "states";
  readonly start: number;
  readonly step: number;
  /** Null where there is no value. */
  readonly values: readonly (number | null)[];
}

/** One thing that a test expected and did not find. */
export interface RuleTestProblem {
  readonly line: number;
  /** The alert or the expression. */
  readonly what: string;
  readonly why: string;
  /** What was expected and what was there, line by line, in the same order. */
  readonly expected?: readonly string[];
  readonly got?: readonly string[];
  readonly charts?: readonly RuleTestChart[];
}

/** One group of tests: it passes when there are no problems. */
export interface RuleTestResult {
  readonly name: string;
  readonly line: number;
  readonly problems: readonly RuleTestProblem[];
}

/** A file of tests that was run, or that could not be, which its faults tell. */
export interface RuleTestReport {
  readonly file: string;
  readonly tests: readonly RuleTestResult[];
  readonly faults: readonly RuleFileFault[];
}
