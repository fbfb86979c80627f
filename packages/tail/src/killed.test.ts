import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, copyFileSync, renameSync, truncateSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";

const program = fileURLToPath(new URL("../test/programs/tail-to-file.ts", import.meta.url));
const KILLS = Number(process.env["TAIL_KILLS"] ?? 2);
/** Lines of one batch at most. */
const BATCH = 2000;

async function received(file: string): Promise<{ batches: Set<string>; sent: string[] }> {
  const text = await readFile(file, "utf8").catch(() => "");
  const all = text.split("\n").filter((line) => line !== "");
  const batches = new Set(all);
  // What the server would keep: a batch that is sent again just as it was is stored once.
  const sent = [...batches].flatMap((batch) =>
    (JSON.parse(batch) as [string][]).map(([line]) => line),
  );
  return { batches, sent };
}

it(`loses no line in ${KILLS} kills while the file is rotated`, async () => {
  const folder = await mkdtemp(join(tmpdir(), "seaworthy-tail-killed-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const [log, positions, file] = ["w.log", "positions", "received"].map((name) =>
    join(folder, name),
  );
  if (log === undefined || positions === undefined || file === undefined) throw new Error("paths");
  const start = (...more: string[]) => {
    const child = spawn(
      process.execPath,
      [
        "--import",
        "tsx",
        "--conditions=@seaworthy/source",
        program,
        folder,
        positions,
        file,
        ...more,
      ],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    onTestFinished(() => void child.kill("SIGKILL"));
    return child;
  };
  let written = 0;
  let rotations = 0;
  const write = (count: number) => {
    for (let i = 0; i < count; i += 1) {
      // Some lines have a time of their own, some a stack trace.
      const stack = written % 7 === 0 ? `\n    at line ${written}` : "";
      appendFileSync(log, `line ${written} of the writer${stack}\n`);
      written += 1;
      if (written % 400 !== 0) continue;
      rotations += 1;
      if (rotations % 2 === 0) renameSync(log, `${log}.${rotations}`);
      else {
        copyFileSync(log, `${log}.${rotations}`);
        truncateSync(log, 0);
      }
    }
  };
  for (let kill = 0; kill < KILLS; kill += 1) {
    const child = start();
    await once(child.stdout, "data");
    const before = (await received(file)).batches.size;
    // It dies at some moment after it has delivered something new, while the writer goes on.
    for (;;) {
      write(50);
      await new Promise((resolve) => setTimeout(resolve, 2));
      if ((await received(file)).batches.size > before + (kill % 3)) break;
    }
    child.kill("SIGKILL");
    await once(child, "exit");
    write(130);
  }
  const last = start("once");
  await once(last, "exit");
  const { sent } = await received(file);
  const counts = new Map<string, number>();
  for (const line of sent
    .flatMap((text) => text.split("\n"))
    .filter((text) => text.startsWith("line"))) {
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  const missing = Array.from({ length: written }, (_, i) => `line ${i} of the writer`).filter(
    (line) => !counts.has(line),
  );
  expect(missing).toEqual([]);
  const twice = sent.length - new Set(sent).size;
  const what = `${written} lines, ${rotations} rotations, ${KILLS} kills`;
  expect(twice, what).toBeLessThanOrEqual(KILLS * BATCH);
}, 120_000);
