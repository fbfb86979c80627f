import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LogEntry } from "@seaworthy/logql";
import { pino } from "pino";
import { expect, it } from "vitest";
import { writeLines } from "../test/compare-logs.ts";
import { errorLogs } from "./error-logs.ts";
import { createLogsQuery } from "./query/index.ts";
import { openTelemetry } from "./store/index.ts";

const MINUTE = 60_000;
/** Within the time for which logs are kept. */
const begin = Math.floor(Date.now() / MINUTE) * MINUTE - 30 * MINUTE;

const lineAt = (
  minute: number,
  service: string,
  level: string,
  line: string,
  i: number,
): LogEntry => ({
  timeNs: BigInt(begin + minute * MINUTE + 1000 + i) * 1_000_000n,
  line,
  stream: { service_name: service },
  metadata: { detected_level: level },
});
const many = (count: number, line: (i: number) => LogEntry) =>
  Array.from({ length: count }, (_, i) => line(i));

it("counts errors by service and minute, knows what the most frequent look like, and leads to them", async () => {
  const dir = await mkdtemp(join(tmpdir(), "seaworthy-error-logs-"));
  const telemetry = await openTelemetry({ dir, log: pino({ level: "silent" }) });
  const asked: string[] = [];
  const logs = createLogsQuery({
    telemetry: {
      ...telemetry,
      select: (sql, ...more) => {
        asked.push(sql);
        return telemetry.select(sql, ...more);
      },
    },
  });
  try {
    await writeLines(telemetry.logs, [
      ...many(3, (i) => lineAt(2, "a.b", "error", `{"level":50,"msg":"no answer from ${i}"}`, i)),
      ...many(2, (i) => lineAt(4, "a.b", "fatal", "out of memory", i)),
      ...many(9, (i) => lineAt(4, "a.b", "info", "served", i)),
      ...many(4, (i) => lineAt(3, 'quoted"|x', "critical", `disk ${i} is full`, i)),
      // Of a name that is no expression.
      ...many(5, (i) => lineAt(3, "axb", "error", "not asked for", i)),
    ]);
    const port = errorLogs(logs);
    const counts = await port.perMinute(["a.b", 'quoted"|x', "silent"], begin, 20);
    const minutes = (lines: Readonly<Record<number, number>>) =>
      Array.from({ length: 20 }, (_, minute) => lines[minute] ?? 0);
    expect(counts).toEqual(
      new Map([
        ["a.b", minutes({ 2: 3, 4: 2 })],
        ['quoted"|x', minutes({ 3: 4 })],
      ]),
    );
    // The lines themselves are not read.
    expect(asked.at(-1)).toContain("toStartOfMinute");

    const shape = (service: string) => port.mostFrequent(service, begin, begin + 20 * MINUTE);
    expect(await shape("a.b")).toBe("no answer from <_>");
    expect(await shape('quoted"|x')).toBe("disk <_> is full");
    expect(await shape("silent")).toBeUndefined();

    const page = new URL(port.page("a.b", begin, begin + MINUTE), "http://localhost");
    expect(page.pathname).toBe("/explore/logs");
    const query = page.searchParams.get("q") ?? "";
    expect(logs.parse(query)).toBeDefined();
    expect([query, page.searchParams.get("from"), page.searchParams.get("to")]).toEqual([
      '{service_name="a.b"} | detected_level=~"error|critical|fatal"',
      `${new Date(begin).toISOString().slice(0, 19)}Z`,
      `${new Date(begin + MINUTE).toISOString().slice(0, 19)}Z`,
    ]);
  } finally {
    await telemetry.close();
    await rm(dir, { recursive: true, force: true });
  }
});
