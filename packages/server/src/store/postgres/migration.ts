/** One step of the schema: its statements run once, in one transaction, in the order of the list. */
export interface Migration {
  /** Unique and never changed once released, e.g. `001-incidents`. */
  readonly name: string;
  readonly sql: string;
}
