/** What became of an action. */
export interface Outcome {
  readonly state: "succeeded" | "failed";
  /** Of a program that ended by itself. */
  readonly exitCode: number | null;
  /** The status of a webhook's answer. */
  readonly status: number | null;
  /** Where neither says what happened. */
  readonly reason: string | null;
  /** The end of what it said. */
  readonly output: string;
}
