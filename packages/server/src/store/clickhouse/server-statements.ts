import { StoreError } from "../errors.ts";

/** Inserts that a table remembers, so that one which is tried again is not stored twice. */
const DEDUPLICATED_INSERTS = 1000;

const CREATE =
  /^CREATE TABLE IF NOT EXISTS (\w+) \(([\s\S]+)\)\s+ENGINE = ((?:\w+)?MergeTree)(?:\(([^)]*)\))?\s+([\s\S]+)$/;
const ALTER = /^ALTER TABLE (\w+) ([\s\S]+)$/;
const DELETE = /^DELETE FROM (\w+) ([\s\S]+)$/;

/** Where a schema is for: which database, and of which cluster if of one. */
export interface Place {
  readonly database: string;
  readonly cluster?: string | undefined;
}

/** Under which name a cluster's servers store their parts of a table, which is spread under its own. */
export function localTable(table: string): string {
  return `${table}_local`;
}

/**
 * A statement of our schema, as a server or a cluster needs it: the tables are defined once, for one
 * ClickHouse. On one server, a table learns which inserts it has. On a cluster, each server keeps a
 * replicated table for its part under `localTable`, and one under the table's own name spreads rows over
 * the servers and reads from all. Throws StoreError for a statement that it cannot turn.
 */
export function serverStatements(sql: string, place: Place): string[] {
  const { cluster } = place;
  const create = CREATE.exec(sql);
  if (create !== null) {
    const [, name = "", columns = "", engine = "", options = "", rest = ""] = create;
    const table = { name, columns, engine, options, rest };
    return cluster === undefined ? [onServer(table)] : onCluster(table, cluster, place.database);
  }
  if (cluster === undefined || sql.startsWith("INSERT INTO ")) return [sql];
  const where = `ON CLUSTER ${quotedText(cluster)}`;
  const [, altered, change] = ALTER.exec(sql) ?? [];
  if (altered !== undefined) {
    const local = `ALTER TABLE ${localTable(altered)} ${where} ${change}`;
    // Columns are read by the name of the table that spreads rows, which must know them, too.
    return change?.startsWith("ADD COLUMN ") === true
      ? [
          local,
          `ALTER TABLE ${altered} ${where} ${change.replace(/ CODEC\(\w+(\(\d*\))?(, \w+(\(\d*\))?)*\)/g, "")}`,
        ]
      : [local];
  }
  const [, emptied, condition] = DELETE.exec(sql) ?? [];
  if (emptied !== undefined) return [`DELETE FROM ${localTable(emptied)} ${where} ${condition}`];
  throw new StoreError(
    "store_unavailable",
    `a statement cannot be run on a cluster: ${sql.slice(0, 60)}`,
  );
}

interface Table {
  readonly name: string;
  readonly columns: string;
  readonly engine: string;
  /** The engine's own arguments. */
  readonly options: string;
  /** What follows the engine: partitions, order and settings. */
  readonly rest: string;
}

function onServer({ name, columns, engine, options, rest }: Table): string {
  const setting = `non_replicated_deduplication_window = ${DEDUPLICATED_INSERTS}`;
  const all = /\bSETTINGS\b/.test(rest) ? `${rest}, ${setting}` : `${rest}\n  SETTINGS ${setting}`;
  const call = options === "" ? engine : `${engine}(${options})`;
  return `CREATE TABLE IF NOT EXISTS ${name} (${columns}) ENGINE = ${call}\n  ${all}`;
}

function onCluster(
  { name, columns, engine, options, rest }: Table,
  cluster: string,
  database: string,
): string[] {
  const where = `ON CLUSTER ${quotedText(cluster)}`;
  const local = localTable(name);
  const place = `'/clickhouse/tables/{shard}/{database}/${local}', '{replica}'`;
  const call = `Replicated${engine}(${options === "" ? place : `${place}, ${options}`})`;
  return [
    `CREATE TABLE IF NOT EXISTS ${local} ${where} (${columns}) ENGINE = ${call}\n  ${rest}`,
    `CREATE TABLE IF NOT EXISTS ${name} ${where} AS ${local} ENGINE = Distributed(${quotedText(cluster)}, ${quotedText(database)}, ${local}, ${shardingKey(columns, rest)})`,
  ];
}

/**
 * What decides on a row's server: rows of one series, stream or trace stay together, and rows that
 * merges make one must.
 */
function shardingKey(columns: string, rest: string): string {
  const id = /^\s*(series|stream) UInt64/m.exec(columns)?.[1];
  if (id !== undefined) return id;
  if (/^\s*trace_id String/m.test(columns)) return "sipHash64(trace_id)";
  const order = /ORDER BY (?:\(([^)]+)\)|(\w+))/.exec(rest);
  return `sipHash64(${order?.[1] ?? order?.[2] ?? "0"})`;
}

/** As a literal of ClickHouse's dialect. */
export function quotedText(name: string): string {
  return `'${name.replace(/[\\']/g, "\\$&")}'`;
}

/** As a name of ClickHouse's dialect. */
export function quotedName(value: string): string {
  return `\`${value.replace(/[\\`]/g, "\\$&")}\``;
}
