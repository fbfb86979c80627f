import { FIRST_STATEMENT, retainStatements } from "./migrate.ts";
import type { Retention } from "./migrate.ts";
import { migrations } from "./migrations.ts";
import { quotedName, quotedText, serverStatements } from "./server-statements.ts";
import type { Place } from "./server-statements.ts";

/**
 * The statements by which a ClickHouse server or cluster gets our tables: what the store does by itself
 * when it opens, for installations whose user may not. A semicolon ends each.
 */
export function printSchema(place: Place, retention: Retention): string {
  const { database, cluster } = place;
  const name = quotedName(database);
  const where = cluster === undefined ? "" : ` ON CLUSTER ${quotedText(cluster)}`;
  const ours = [FIRST_STATEMENT, ...migrations.flat(), ...retainStatements(retention)];
  const versions = migrations.map((_, index) => `(${index + 1})`).join(", ");
  return [
    `CREATE DATABASE IF NOT EXISTS ${name}${where}`,
    `USE ${name}`,
    ...ours.flatMap((sql) => serverStatements(sql, place)),
    `INSERT INTO schema_versions VALUES ${versions}`,
  ]
    .map((sql) => `${sql};\n`)
    .join("");
}
