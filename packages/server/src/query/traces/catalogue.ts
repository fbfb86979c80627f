import type { Telemetry } from "../../store/index.ts";
import { textsOf } from "../columns.ts";
import { Sql } from "../sql.ts";
import { attributeColumn, timeCondition } from "./conditions.ts";
import type { TimeRange } from "./conditions.ts";
import type { Field } from "./traceql/ast.ts";

/** Names and values that one answer holds. */
const MOST = 1000;
/** Spans looked at for the names of attributes: all names are met early. */
const SAMPLE = 500_000;

async function texts(
  telemetry: Telemetry,
  sql: Sql,
  statement: string,
  signal: AbortSignal,
): Promise<string[]> {
  const blocks = await telemetry.select(statement, sql.parameters, { signal });
  return blocks.flatMap((block) => textsOf(block, "text"));
}

export function serviceNames(
  telemetry: Telemetry,
  range: TimeRange,
  signal: AbortSignal,
): Promise<string[]> {
  const sql = new Sql();
  return texts(
    telemetry,
    sql,
    `SELECT DISTINCT CAST(service, 'String') AS text FROM spans WHERE ${timeCondition(sql, range)} ORDER BY text LIMIT ${MOST}`,
    signal,
  );
}

/** Names of operations with their kinds; of one service when it is given. */
export async function operationNames(
  telemetry: Telemetry,
  request: TimeRange & { readonly service?: string | undefined },
  signal: AbortSignal,
): Promise<{ readonly name: string; readonly kind: string }[]> {
  const sql = new Sql();
  const of = request.service === undefined ? "" : `AND service = ${sql.text(request.service)}`;
  const blocks = await telemetry.select(
    `SELECT DISTINCT CAST(name, 'String') AS text, CAST(kind, 'String') AS knd FROM spans WHERE ${timeCondition(sql, request)} ${of} ORDER BY text LIMIT ${MOST}`,
    sql.parameters,
    { signal },
  );
  return blocks.flatMap((block) => {
    const kinds = textsOf(block, "knd");
    return textsOf(block, "text").map((name, row) => ({ name, kind: kinds[row] ?? "" }));
  });
}

/** Names of attributes that spans, or resources, have. */
export function attributeNames(
  telemetry: Telemetry,
  of: "span" | "resource",
  range: TimeRange,
  signal: AbortSignal,
): Promise<string[]> {
  const sql = new Sql();
  const column = of === "span" ? "attributes" : "resource";
  return texts(
    telemetry,
    sql,
    `SELECT DISTINCT arrayJoin(mapKeys(${column})) AS text FROM (SELECT ${column} FROM spans WHERE ${timeCondition(sql, range)} LIMIT ${SAMPLE}) ORDER BY text LIMIT ${MOST}`,
    signal,
  );
}

/** Values that a field has. */
export function fieldValues(
  telemetry: Telemetry,
  field: Field,
  range: TimeRange,
  signal: AbortSignal,
): Promise<string[]> {
  const sql = new Sql();
  const column = columnOf(sql, field);
  if (column === undefined) return Promise.resolve([]);
  return texts(
    telemetry,
    sql,
    `SELECT DISTINCT ${column} AS text FROM spans WHERE ${timeCondition(sql, range)} AND text != '' ORDER BY text LIMIT ${MOST}`,
    signal,
  );
}

/** The column of a field; undefined for what has too many values to list. */
function columnOf(sql: Sql, field: Field): string | undefined {
  if (field.kind === "intrinsic") {
    const { name } = field;
    if (name === "name" || name === "status" || name === "kind" || name === "scope") {
      return `CAST(${name}, 'String')`;
    }
    if (name === "rootName") return "if(parent_id = '', CAST(name, 'String'), '')";
    if (name === "rootService") return "if(parent_id = '', CAST(service, 'String'), '')";
    return name === "statusMessage" ? "status_message" : undefined;
  }
  if (field.name === "service.name" && field.of !== "span") return "CAST(service, 'String')";
  return attributeColumn(sql, field);
}
