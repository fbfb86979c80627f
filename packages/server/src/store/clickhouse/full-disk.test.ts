import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { expect, it, onTestFinished } from "vitest";
import { METRIC_NAME } from "../../model/index.ts";
import { openTelemetry } from "./telemetry.ts";
import type { Telemetry } from "./telemetry.ts";

const log = pino({ level: "silent" });

/** Only root can mount a disk that is full on purpose. */
const asRoot = it.skipIf(process.getuid?.() !== 0 || process.platform !== "linux");

async function smallDisk(megabytes: number) {
  const dir = await mkdtemp(join(tmpdir(), "seaworthy-disk-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", dir]);
  onTestFinished(async () => {
    execFileSync("umount", ["--lazy", dir]);
    await rm(dir, { recursive: true, force: true });
  });
  const remount = (option: string) => {
    execFileSync("mount", ["-o", `remount,${option}`, dir]);
  };
  return { dir, remount };
}

async function count(telemetry: Telemetry): Promise<number> {
  const [block] = await telemetry.select("SELECT count() AS x FROM samples");
  const column = block?.columns.get("x");
  return column?.kind === "numbers" ? Number(column.data[0]) : Number.NaN;
}

const newest = Date.now();
let written = 0;

/** Writes 20,000 samples that do not compress, each at a time of its own. */
function write(telemetry: Telemetry): Promise<void> {
  const size = 20_000;
  written += size;
  return telemetry.samples.write({
    series: [{ [METRIC_NAME]: "noise" }],
    seriesOf: new Uint32Array(size),
    times: Float64Array.from({ length: size }, (_, i) => newest - written - i),
    values: Float64Array.from({ length: size }, Math.random),
  });
}

asRoot(
  "refuses writes on a full disk, loses nothing, and goes on when there is space",
  async () => {
    const disk = await smallDisk(6);
    const telemetry = await openTelemetry({ dir: join(disk.dir, "metrics"), log });
    onTestFinished(() => telemetry.close());
    let acknowledged = 0;
    const refusal = await (async () => {
      for (let i = 0; i < 200; i += 1) {
        await write(telemetry);
        acknowledged += 1;
      }
    })().catch((error: unknown) => error);
    expect(refusal).toMatchObject({
      code: "data_folder_unusable",
      message: expect.stringMatching(/disk of .* is full; free space/) as unknown,
    });
    expect(await count(telemetry)).toBe(await count(telemetry));
    const stored = await telemetry.select("SELECT DISTINCT time, value FROM samples");
    const kept = stored.reduce((sum, { rows }) => sum + rows, 0);
    expect(kept).toBeGreaterThanOrEqual(acknowledged * 20_000);
    disk.remount("size=100m");
    await write(telemetry);
    await telemetry.ping();
  },
);

asRoot("says that a disk is read-only", async () => {
  const disk = await smallDisk(30);
  const dir = join(disk.dir, "metrics");
  const telemetry = await openTelemetry({ dir, log });
  await write(telemetry);
  await telemetry.close();
  disk.remount("ro");
  await expect(openTelemetry({ dir, log })).rejects.toMatchObject({
    code: "data_folder_unusable",
    message: expect.stringMatching(/cannot be written to .*--data/) as unknown,
  });
  disk.remount("rw");
  const again = await openTelemetry({ dir, log });
  const samples = await count(again);
  await again.close();
  expect(samples).toBe(20_000);
});
