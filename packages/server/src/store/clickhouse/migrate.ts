import { StoreError } from "../errors.ts";
import type { ClickHouse } from "./engine.ts";
import { migrations } from "./migrations.ts";

/** How long each signal is kept. */
export interface Retention {
  readonly samplesDays: number;
  readonly logsDays: number;
}

/** Brings the schema up to date and sets how long what is stored is kept. */
export async function migrate(engine: ClickHouse, retention: Retention): Promise<void> {
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
  await retain(engine, retention);
}

async function currentVersion(engine: ClickHouse): Promise<number> {
  const [block] = await engine.select("SELECT max(version) AS version FROM schema_versions");
  const column = block?.columns.get("version");
  return column?.kind === "numbers" ? Number(column.data[0] ?? 0) : 0;
}

/** Sets the tables' time to live where it differs: changing it rewrites the table's description. */
async function retain(engine: ClickHouse, { samplesDays, logsDays }: Retention): Promise<void> {
  const kept: readonly [table: string, day: string, days: number][] = [
    ["samples", "toDate(time)", samplesDays],
    ["histograms", "toDate(time)", samplesDays],
    ["exemplars", "toDate(time)", samplesDays],
    ["series", "day", samplesDays],
    ["histogram_families", "day", samplesDays],
    ["logs", "toDate(time)", logsDays],
    ["log_streams", "day", logsDays],
  ];
  for (const [table, day, days] of kept) {
    const wanted = `toIntervalDay(${days})`;
    const blocks = await engine.select(
      "SELECT count() AS same FROM system.tables WHERE database = currentDatabase() AND name = {table:String} AND position(engine_full, {wanted:String}) > 0",
      { table, wanted },
    );
    const same = blocks[0]?.columns.get("same");
    if (same?.kind === "numbers" && Number(same.data[0]) > 0) continue;
    await engine.execute(
      `ALTER TABLE ${table} MODIFY TTL ${day} + ${wanted}`,
      {},
      {
        settings: { materialize_ttl_after_modify: 0 },
      },
    );
  }
}
