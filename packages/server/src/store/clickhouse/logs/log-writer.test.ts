import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LogBatch } from "../../../model/index.ts";
import { openTelemetry } from "../telemetry.ts";
import type { Telemetry } from "../telemetry.ts";

const log = pino({ level: "silent" });
const now = BigInt(Date.now()) * 1_000_000n;
let dir: string;
let telemetry: Telemetry;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "seaworthy-logs-"));
  telemetry = await openTelemetry({ dir, log, limits: { logRetentionDays: 7 } });
});
afterAll(async () => {
  await telemetry.close();
  await rm(dir, { recursive: true, force: true });
});

function batchOf(lines: readonly string[], more: Partial<LogBatch> = {}): LogBatch {
  return {
    streams: [{ service_name: "shop", pod: "a" }],
    streamOf: new Uint32Array(lines.length),
    times: BigInt64Array.from(lines, (_, i) => now + BigInt(i)),
    lines,
    metadata: lines.map(() => ({})),
    ...more,
  };
}

async function texts(sql: string, from = telemetry): Promise<string[]> {
  const blocks = await from.select(sql);
  return blocks.flatMap(({ columns }) => {
    const column = columns.get("text");
    return column?.kind === "strings" ? column.data : [];
  });
}

describe("log lines", () => {
  it("are stored with their stream, to the nanosecond, with columns for what is filtered on", async () => {
    const earlier = now - 3_600_000_000_000n + 456_789n;
    await telemetry.logs.write(
      batchOf(["größe \u0000 🚢", "x".repeat(300)], {
        times: BigInt64Array.from([earlier, now]),
        metadata: [
          { detected_level: "warn", trace_id: "abc", span_id: "def", user: "u1", empty: "" },
          {},
        ],
      }),
    );
    const rows = await texts(
      "SELECT concat(line, '|', toString(toUnixTimestamp64Nano(time)), '|', level, trace_id, span_id, '|', toString(metadata), '|', toString(l.labels)) AS text FROM logs LEFT JOIN (SELECT stream, labels FROM log_streams GROUP BY stream, labels) AS l ON l.stream = logs.stream WHERE service = 'shop' ORDER BY time",
    );
    expect(rows).toEqual([
      `größe \u0000 🚢|${earlier}|warnabcdef|{'user':'u1'}|{'service_name':'shop','pod':'a'}`,
      `${"x".repeat(300)}|${now}||{}|{'service_name':'shop','pod':'a'}`,
    ]);
  });

  it("of as many as a commit may have, of two days, fit into a statement's memory", async () => {
    const folder = await mkdtemp(join(tmpdir(), "seaworthy-logs-"));
    const limits = { statementMemoryBytes: 280 << 20 };
    // A process has one engine.
    await telemetry.close();
    const small = await openTelemetry({ dir: folder, log, limits });
    const day = 86_400_000_000_000n;
    const midnight = now - (now % day) - day;
    const lines = Array.from({ length: 50_000 }, (_, i) =>
      JSON.stringify({
        level: i % 3 === 0 ? "error" : "info",
        reqId: `req-${i}`,
        req: { method: "GET", url: `/api/products/${i % 500}`, headers: { host: "shop.example" } },
        res: { statusCode: 200 + (i % 5) },
        responseTime: i % 500,
        msg: "request completed, and so on, so that the line is as long as such lines are",
        hostname: "web-1.internal.example.com",
        agent: `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) ${i}`.repeat(
          3,
        ),
      }),
    );
    const times = BigInt64Array.from(lines, (_, i) => midnight + BigInt(i - 25_000) * 1_000_000n);
    await small.logs.write(batchOf(lines, { times }));
    expect(await texts("SELECT toString(count()) AS text FROM logs", small)).toEqual(["50000"]);
    await small.close();
    telemetry = await openTelemetry({ dir, log, limits: { logRetentionDays: 7 } });
    await rm(folder, { recursive: true, force: true });
  });

  it("are not stored twice when a batch is sent again, at once or after a restart", async () => {
    const batch = batchOf(["one", "two"], {
      streams: [{ service_name: "again" }],
      fingerprint: 77n,
    });
    await Promise.all([telemetry.logs.write(batch), telemetry.logs.write(batch)]);
    await telemetry.logs.write(batch);
    await telemetry.close();
    telemetry = await openTelemetry({ dir, log, limits: { logRetentionDays: 7 } });
    await telemetry.logs.write(batch);
    // Lines that carry no times of their own may be equal and yet not the same.
    const { fingerprint: _, ...anonymous } = batch;
    await telemetry.logs.write(anonymous);
    const query = "SELECT line AS text FROM logs WHERE service = 'again' ORDER BY received, seq";
    expect((await texts(query)).sort()).toEqual(["one", "one", "two", "two"]);
  });

  it("are kept as long as is asked", async () => {
    const [table] = await texts(
      "SELECT engine_full AS text FROM system.tables WHERE database = currentDatabase() AND name = 'logs'",
    );
    expect(table).toContain("toIntervalDay(7)");
  });

  it("are refused when the batch is none, or more waits than may", async () => {
    const wrong = batchOf(["a"], { streamOf: new Uint32Array([3]) });
    await expect(telemetry.logs.write(wrong)).rejects.toThrow("belongs to no stream");
    const early = batchOf(["a"], { times: BigInt64Array.from([-5n]) });
    await expect(telemetry.logs.write(early)).rejects.toThrow("has the time -5");
    const uneven = batchOf(["a"], { metadata: [] });
    await expect(telemetry.logs.write(uneven)).rejects.toThrow("equally long");
    const many = batchOf(Array.from({ length: 150_000 }, () => "m"));
    const first = telemetry.logs.write(many);
    await expect(telemetry.logs.write(many)).rejects.toMatchObject({ code: "store_overloaded" });
    await first;
  });
});
