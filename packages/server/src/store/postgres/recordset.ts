import { sql } from "kysely";
import type { RawBuilder } from "kysely";

/** A value of a row: texts must hold what PostgreSQL can store, which JSON in a text always is. */
type Cell = string | number | boolean | Date | Buffer | null | readonly string[];

/**
 * Rows as a table `t` with the given columns and their types, sent as one parameter: a statement's text
 * is the same for any number of rows, and neither side has thousands of parameters to go through.
 */
export function recordset<Column extends string>(
  rows: readonly Readonly<Record<Column, Cell>>[],
  columns: Readonly<Record<Column, string>>,
): RawBuilder<unknown> {
  const names = Object.keys(columns) as Column[];
  const plain = rows.map((row) => Object.fromEntries(names.map((name) => [name, cell(row[name])])));
  const types = names.map((name) => sql`${sql.id(name)} ${sql.raw(columns[name])}`);
  return sql`json_to_recordset(${JSON.stringify(plain)}::json) as t (${sql.join(types)})`;
}

function cell(value: Cell): unknown {
  return Buffer.isBuffer(value) ? `\\x${value.toString("hex")}` : value;
}
