import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Output } from "./output.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "seaworthy-output-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Runs TypeScript that has `Output` and `standardOutput`, in a process of its own. */
function program(code: string): [command: string, args: string[]] {
  const module = fileURLToPath(new URL("./output.ts", import.meta.url));
  const source = `import { Output, standardOutput } from ${JSON.stringify(module)};\n${code}`;
  return [process.execPath, ["--import", "tsx", "--input-type=module", "-e", source]];
}

test("keeps the order of lines, whatever their length", () => {
  const file = join(folder, "log");
  const descriptor = openSync(file, "a");
  const output = new Output(descriptor);
  const lines = Array.from({ length: 500 }, (_, index) => `${index} ${"ü".repeat(index)}\n`);
  // Longer than the place for lines, in the midst of others.
  lines.splice(250, 0, `${"€".repeat(100_000)}\n`);
  for (const line of lines) output.write(line);
  output.flushSync();
  closeSync(descriptor);
  expect(readFileSync(file, "utf8")).toBe(lines.join(""));
  expect(output.dropped).toBe(0);
});

test("a reader that left costs the lines and nothing else", () => {
  const output = new Output(openSync(join(folder, "log"), "a"));
  const closed = openSync(join(folder, "other"), "a");
  closeSync(closed);
  const broken = new Output(closed);
  broken.write("lost\n");
  broken.flushSync();
  expect(broken.dropped).toBe(1);
  expect(output.dropped).toBe(0);
});

test("what was written before the process ends is on standard output", async () => {
  for (const end of ["process.exit(0)", "process.nextTick(() => { throw new Error('x') })", ""]) {
    const run = promisify(execFile)(...program(`standardOutput().write("last words\\n");${end}`));
    const stdout = await run.then(
      (done) => done.stdout,
      (error: unknown) => (error as { stdout: string }).stdout,
    );
    expect(stdout).toBe("last words\n");
  }
});

test("a pipe that nobody empties holds up nothing, and what was held comes once it is read", async () => {
  // Touching process.stdout makes the pipe one that says "full" instead of waiting.
  const child = spawn(
    ...program(`
      process.stdout.on("error", () => {});
      process.stdout._handle.setBlocking?.(false);
      const output = standardOutput();
      for (let index = 0; index < 6000; index += 1) output.write("x".repeat(999) + "\\n");
      output.flushSync();
      process.stderr.write(String(output.dropped));
      setInterval(() => {}, 1000);
      process.on("message", () => process.exit());
    `),
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  try {
    const [dropped] = (await once(child.stderr, "data")) as [Buffer];
    // It came this far with its 6 MB while nobody read; 4 MB are held.
    expect(Number(dropped.toString())).toBeGreaterThan(1_000);
    const kept = 6_000 - Number(dropped.toString());
    let bytes = 0;
    for await (const chunk of child.stdout) {
      bytes += (chunk as Buffer).length;
      if (bytes >= kept * 1_000) break;
    }
    expect(bytes).toBe(kept * 1_000);
  } finally {
    child.kill("SIGKILL");
  }
});
