import { StoreError } from "../errors.ts";
import type { ClickHouse } from "./engine.ts";
import { LOG_WORDS } from "./logs/tables.ts";
import { migrations } from "./migrations.ts";

/** How long each signal is kept. */
export interface Retention {
  readonly samplesDays: number;
  /** Windows of old samples; 0 where none are made. */
  readonly fiveMinutesDays: number;
  readonly hourDays: number;
  readonly logsDays: number;
  readonly tracesDays: number;
}

/** The table of the steps that were made. */
export const FIRST_STATEMENT =
  "CREATE TABLE IF NOT EXISTS schema_versions (version UInt32) ENGINE = MergeTree ORDER BY version";

/** Brings the schema up to date and sets how long what is stored is kept. */
export async function migrate(engine: ClickHouse, retention: Retention): Promise<void> {
  await engine.execute(FIRST_STATEMENT);
  const done = await currentVersion(engine);
  if (done > migrations.length) {
    throw new StoreError(
      "data_folder_unusable",
      `the metrics were written by a newer Seaworthy (schema ${done}, this one knows ${migrations.length}); start that version, or choose another ${engine.isShared ? "database in clickhouse.url" : "folder with --data"}`,
    );
  }
  for (const [index, statements] of migrations.entries()) {
    if (index < done) continue;
    for (const statement of statements) await engine.execute(statement);
    await engine.execute("INSERT INTO schema_versions SELECT {version:UInt32}", {
      version: index + 1,
    });
  }
  if (!engine.isShared) await engine.execute(LOG_WORDS);
  await retain(engine, retention);
}

async function currentVersion(engine: ClickHouse): Promise<number> {
  const [block] = await engine.select("SELECT max(version) AS version FROM schema_versions");
  const column = block?.columns.get("version");
  return column?.kind === "numbers" ? Number(column.data[0] ?? 0) : 0;
}

interface Kept {
  readonly table: string;
  /** The expression for a row's day. */
  readonly day: string;
  readonly days: number;
}

function keptTables(retention: Retention): Kept[] {
  const { samplesDays, fiveMinutesDays, hourDays, logsDays, tracesDays } = retention;
  // Whatever is kept of a series must be found.
  const longest = Math.max(samplesDays, fiveMinutesDays, hourDays);
  return [
    { table: "samples", day: "toDate(time)", days: samplesDays },
    { table: "histograms", day: "toDate(time)", days: samplesDays },
    { table: "exemplars", day: "toDate(time)", days: samplesDays },
    { table: "series", day: "day", days: longest },
    { table: "histogram_families", day: "day", days: longest },
    { table: "windows_5m", day: "toDate(start)", days: Math.max(1, fiveMinutesDays) },
    { table: "histograms_5m", day: "toDate(time)", days: Math.max(1, fiveMinutesDays) },
    { table: "windows_1h", day: "toDate(start)", days: Math.max(1, hourDays) },
    { table: "histograms_1h", day: "toDate(time)", days: Math.max(1, hourDays) },
    { table: "downsampled_days", day: "day", days: longest },
    { table: "logs", day: "toDate(time)", days: logsDays },
    { table: "log_streams", day: "day", days: logsDays },
    { table: "spans", day: "toDate(time)", days: tracesDays },
    { table: "trace_times", day: "day", days: tracesDays },
  ];
}

function retainStatement({ table, day, days }: Kept): string {
  return `ALTER TABLE ${table} MODIFY TTL ${day} + ${interval(days)}`;
}

/** The statements that set how long what is stored is kept. */
export function retainStatements(retention: Retention): string[] {
  return keptTables(retention).map(retainStatement);
}

function interval(days: number): string {
  return `toIntervalDay(${days})`;
}

/** Sets the tables' time to live where it differs: changing it rewrites the table's description. */
async function retain(engine: ClickHouse, retention: Retention): Promise<void> {
  for (const kept of keptTables(retention)) {
    const blocks = await engine.select(
      "SELECT count() AS same FROM system.tables WHERE database = currentDatabase() AND name = {table:String} AND position(engine_full, {wanted:String}) > 0",
      { table: engine.storedAs(kept.table), wanted: interval(kept.days) },
    );
    const same = blocks[0]?.columns.get("same");
    if (same?.kind === "numbers" && Number(same.data[0]) > 0) continue;
    const settings = { materialize_ttl_after_modify: 0 };
    await engine.execute(retainStatement(kept), {}, { settings });
  }
}
