import { LEVEL, SPAN_ID, TRACE_ID } from "../../model/index.ts";
import type { Sql } from "../sql.ts";
import type { Stream } from "./streams.ts";

const COLUMNS: Readonly<Record<string, string>> = {
  [LEVEL]: "CAST(level, 'String')",
  [TRACE_ID]: "trace_id",
  [SPAN_ID]: "span_id",
};

/** Labels that came with lines, as expressions over a row of `logs`. */
export class LabelColumns {
  readonly #sql: Sql;
  readonly #streams: readonly Stream[];
  readonly #known = new Map<string, string>();

  /** `streams`: all whose lines are asked for. */
  constructor(sql: Sql, streams: readonly Stream[]) {
    this.#sql = sql;
    this.#streams = streams;
  }

  /** A label's value, empty for none: the line's metadata before its stream's label. */
  text(name: string): string {
    let expression = this.#known.get(name);
    if (expression === undefined) {
      expression = this.#make(name);
      this.#known.set(name, expression);
    }
    return expression;
  }

  /** Whether the label can only have come among a line's metadata. */
  isOfMetadata(name: string): boolean {
    return COLUMNS[name] === undefined && this.#having(name).length === 0;
  }

  #having(name: string): readonly Stream[] {
    return this.#streams.filter(({ labels }) => (labels[name] ?? "") !== "");
  }

  /** What came with the line itself under this name; undefined where that is nothing. */
  protected metadata(name: string, sql: Sql): string | undefined {
    return COLUMNS[name] ?? `metadata[${sql.text(name)}]`;
  }

  #make(name: string): string {
    const metadata = this.metadata(name, this.#sql);
    const streams = this.#having(name);
    if (streams.length === 0) return metadata ?? "''";
    const ids = this.#sql.ids(streams.map(({ id }) => id));
    const values = this.#sql.texts(streams.map(({ labels }) => labels[name] ?? ""));
    const ofStream = `transform(stream, ${ids}, ${values}, '')`;
    return metadata === undefined ? ofStream : `if(${metadata} != '', ${metadata}, ${ofStream})`;
  }
}
