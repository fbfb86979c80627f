/**
 * Fields of JSON lines that have columns of their own, in which a question finds them without reading
 * and parsing lines: what log libraries call the fields by which people filter and group. By their
 * paths; under LogQL's `json` a field is the label of its path's parts, joined by underscores.
 *
 * A column holds the label's text just as LogQL finds it, nothing for none, or UNKNOWN_FIELD where only
 * the line can tell: texts that are long (they would be stored twice, and hardly anybody groups by
 * them), lists and objects, and labels that come from elsewhere (`res.status` from `"res-status"`). The
 * list belongs to one step of the schema: a field more is a step more.
 */
export const JSON_FIELDS: readonly (readonly string[])[] = [
  ["level"],
  ["severity"],
  ["status"],
  ["statusCode"],
  ["status_code"],
  ["res", "statusCode"],
  ["res", "status"],
  ["response", "status"],
  ["code"],
  ["method"],
  ["req", "method"],
  ["request", "method"],
  ["path"],
  ["route"],
  ["duration"],
  ["durationMs"],
  ["duration_ms"],
  ["responseTime"],
  ["response_time"],
  ["latency"],
  ["elapsed"],
  ["msg"],
  ["message"],
  ["event"],
  ["type"],
  ["logger"],
  ["module"],
  ["component"],
  ["service"],
  ["err", "code"],
  ["err", "type"],
];

/** What a line is, in the column `json_shape`: not known (stored before there was one), an object, no JSON. */
export const JSON_SHAPE = { unknown: 0, object: 1, none: 2 } as const;

/** Up to how many characters a field's text is kept. */
export const MAX_FIELD_TEXT = 64;

/** The columns of fields by the fields' labels. */
export const JSON_COLUMNS: ReadonlyMap<string, string> = new Map(
  JSON_FIELDS.map((path) => [path.join("_"), `json_${path.join("_")}`] as const),
);

export const LOG_JSON_FIELDS: readonly string[] = [
  `ALTER TABLE logs ${[
    "ADD COLUMN IF NOT EXISTS json_shape UInt8 CODEC(ZSTD(1))",
    ...[...JSON_COLUMNS.values()].map(
      (column) => `ADD COLUMN IF NOT EXISTS ${column} LowCardinality(String) CODEC(ZSTD(1))`,
    ),
  ].join(", ")}`,
];
