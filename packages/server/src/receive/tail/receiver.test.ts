import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { expect, it, onTestFinished, vi } from "vitest";
import { systemClock } from "../../model/index.ts";
import type { LogBatch } from "../../model/index.ts";
import { createSelfMetrics } from "../../self/index.ts";
import { startLogTailer } from "./receiver.ts";

it("stores what files say, masked, each batch under a fingerprint, and goes on after a restart", async () => {
  const folder = await mkdtemp(join(tmpdir(), "seaworthy-tailer-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, "shop.log");
  await writeFile(file, "mail to ann@example.com failed\n");
  const batches: LogBatch[] = [];
  const metrics = createSelfMetrics("test");
  let failures = 1;
  const start = () => {
    const tailer = startLogTailer({
      inputs: [{ kind: "files", patterns: [file], labels: { env: "test" } }],
      positions: join(folder, "positions.json"),
      logs: {
        async write(batch) {
          if (failures-- > 0) throw new Error("away");
          batches.push(batch);
        },
      },
      clock: systemClock,
      log: pino({ level: "silent" }),
      metrics,
      pollMs: 5,
    });
    onTestFinished(() => tailer.stop());
    return tailer;
  };
  const until = (lines: readonly string[]) =>
    vi.waitFor(() => expect(batches.flatMap((batch) => batch.lines)).toEqual(lines), {
      timeout: 30_000,
    });
  const first = start();
  const masked = "mail to <masked:email> failed";
  await until([masked]);
  expect(batches[0]?.streams).toMatchObject([{ service_name: "shop", env: "test" }]);
  expect(batches[0]?.fingerprint).toBeGreaterThan(0n);
  await first.stop();
  await appendFile(file, "more\n");
  start();
  await until([masked, "more"]);
});
