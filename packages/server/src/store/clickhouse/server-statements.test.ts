import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { expect, it, onTestFinished } from "vitest";
import { migrations } from "./migrations.ts";
import { printSchema } from "./print-schema.ts";
import { serverStatements } from "./server-statements.ts";
import { openTelemetry } from "./telemetry.ts";

const single = { database: "sea" };
const prod = { database: "sea", cluster: "prod" };
const retention = {
  samplesDays: 30,
  fiveMinutesDays: 90,
  hourDays: 365,
  logsDays: 30,
  tracesDays: 30,
};

it("makes of each table a replicated one on each server and one over all of them", () => {
  const [local = "", all = ""] = serverStatements(migrations[0]?.[0] ?? "", prod);
  expect(local).toMatch(/^CREATE TABLE IF NOT EXISTS samples_local ON CLUSTER 'prod' \(\s+family/);
  expect(local).toMatch(
    /ENGINE = ReplicatedReplacingMergeTree\('\/clickhouse\/tables\/\{shard\}\/\{database\}\/samples_local', '\{replica\}'\)\s+PARTITION BY toDate\(time\)\s+ORDER BY \(family, .*ttl_only_drop_parts = 1$/s,
  );
  expect(all).toBe(
    "CREATE TABLE IF NOT EXISTS samples ON CLUSTER 'prod' AS samples_local ENGINE = Distributed('prod', 'sea', samples_local, series)",
  );
});

it("spreads by what merges and questions keep together", () => {
  const keys = migrations
    .flat()
    .flatMap((sql) => serverStatements(sql, prod))
    .flatMap((sql) => /(\w+)_local, ([^)]+\)?)\)$/.exec(sql)?.slice(1, 3).join(" by ") ?? []);
  expect(keys).toEqual(
    expect.arrayContaining([
      "samples by series",
      "series by series",
      "histograms by series",
      "exemplars by series",
      "logs by stream",
      "log_streams by stream",
      "metrics by sipHash64(metric, type, help, unit)",
      "histogram_families by sipHash64(family)",
    ]),
  );
});

it("adds columns to what a cluster's servers store and to what spreads rows, which has no codecs", () => {
  const columns = "ADD COLUMN a UInt8 CODEC(Delta(4), ZSTD(1)), ADD COLUMN b String CODEC(ZSTD(1))";
  expect(serverStatements(`ALTER TABLE logs ${columns}`, prod)).toEqual([
    `ALTER TABLE logs_local ON CLUSTER 'prod' ${columns}`,
    "ALTER TABLE logs ON CLUSTER 'prod' ADD COLUMN a UInt8, ADD COLUMN b String",
  ]);
});

it("lets the tables of a single server know which inserts they have", () => {
  for (const sql of migrations.flat().filter((each) => each.startsWith("CREATE"))) {
    expect(serverStatements(sql, single)).toEqual([
      expect.stringMatching(/ non_replicated_deduplication_window = 1000$/),
    ]);
  }
  const change = "ALTER TABLE samples MODIFY COLUMN value Float64";
  expect(serverStatements(change, single)).toEqual([change]);
});

it("turns changes and deletions, and refuses what it does not know", () => {
  expect(serverStatements("DELETE FROM samples WHERE true", { ...prod, cluster: "it's" })).toEqual([
    "DELETE FROM samples_local ON CLUSTER 'it\\'s' WHERE true",
  ]);
  expect(serverStatements("ALTER TABLE logs DROP PARTITION ID '1'", prod)).toEqual([
    "ALTER TABLE logs_local ON CLUSTER 'prod' DROP PARTITION ID '1'",
  ]);
  expect(() => serverStatements("RENAME TABLE a TO b", prod)).toThrow(/cannot be run on a cluster/);
});

it("prints a schema that ClickHouse reads", async () => {
  const dir = await mkdtemp(join(tmpdir(), "seaworthy-ddl-"));
  const telemetry = await openTelemetry({ dir, log: pino({ level: "silent" }) });
  onTestFinished(async () => {
    await telemetry.close();
    await rm(dir, { recursive: true, force: true });
  });
  for (const place of [single, prod]) {
    const statements = printSchema(place, retention)
      .split(";\n")
      .filter((each) => each.trim() !== "");
    expect(statements.length).toBeGreaterThan(15);
    for (const sql of statements) await telemetry.select(`EXPLAIN AST ${sql}`);
  }
  await expect(telemetry.select("EXPLAIN AST CREATE TABLE a ENGINE Log (")).rejects.toThrow(
    /Syntax error/,
  );
});
