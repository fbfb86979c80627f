import { StoreError } from "../errors.ts";
import type { ClickHouse } from "./engine.ts";
import { migrations } from "./migrations.ts";

/** Brings the schema up to date and sets how long samples are kept. */
export async function migrate(engine: ClickHouse, retentionDays: number): Promise<void> {
  await engine.execute(
    "CREATE TABLE IF NOT EXISTS schema_versions (version UInt32) ENGINE = MergeTree ORDER BY version",
  );
  const done = await currentVersion(engine);
  if (done > migrations.length) {
    throw new StoreError(
      "data_folder_unusable",
      `the metrics were written by a newer Seaworthy (schema ${done}, this one knows ${migrations.length}); start that version, or choose another folder with --data`,
    );
  }
  for (const [index, statements] of migrations.entries()) {
    if (index < done) continue;
    for (const statement of statements) await engine.execute(statement);
    await engine.execute("INSERT INTO schema_versions SELECT {version:UInt32}", {
      version: index + 1,
    });
  }
  await retain(engine, retentionDays);
}

async function currentVersion(engine: ClickHouse): Promise<number> {
  const [block] = await engine.select("SELECT max(version) AS version FROM schema_versions");
  const column = block?.columns.get("version");
  return column?.kind === "numbers" ? Number(column.data[0] ?? 0) : 0;
}

/** Sets the tables' time to live where it differs: changing it rewrites the table's description. */
async function retain(engine: ClickHouse, days: number): Promise<void> {
  const wanted = `toIntervalDay(${days})`;
  const kept: readonly [table: string, expression: string][] = [
    ["samples", `toDate(time) + ${wanted}`],
    ["histograms", `toDate(time) + ${wanted}`],
    ["exemplars", `toDate(time) + ${wanted}`],
    ["series", `day + ${wanted}`],
    ["histogram_families", `day + ${wanted}`],
  ];
  for (const [table, expression] of kept) {
    const blocks = await engine.select(
      "SELECT count() AS same FROM system.tables WHERE database = currentDatabase() AND name = {table:String} AND position(engine_full, {wanted:String}) > 0",
      { table, wanted },
    );
    const same = blocks[0]?.columns.get("same");
    if (same?.kind === "numbers" && Number(same.data[0]) > 0) continue;
    await engine.execute(
      `ALTER TABLE ${table} MODIFY TTL ${expression}`,
      {},
      {
        settings: { materialize_ttl_after_modify: 0 },
      },
    );
  }
}
