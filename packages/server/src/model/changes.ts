/** What can change in what people run. */
export const CHANGE_KINDS = [
  "deploy",
  "release",
  "flag",
  "migration",
  "infrastructure",
  "config",
] as const;
export type ChangeKind = (typeof CHANGE_KINDS)[number];

/** A change as somebody tells of it. */
export interface ChangeDraft {
  readonly kind: ChangeKind;
  readonly title: string;
  /** Null: it concerns all of them. */
  readonly service: string | null;
  readonly environment: string | null;
  readonly version: string | null;
  readonly url: string | null;
  /** Milliseconds since 1970; null is now. */
  readonly at: number | null;
  /** The same key is the same change. */
  readonly key: string | null;
}
