import { execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { basename, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

/** A TypeScript program in a process of its own: for what must survive being killed. */
export interface Program {
  readonly child: ChildProcess;
  /** The next line of its standard output. Rejects when it ends before that. */
  nextLine(): Promise<string>;
  /** Kills it and waits until it is gone. */
  kill(signal?: NodeJS.Signals): Promise<void>;
}

const BUNDLE = fileURLToPath(new URL("./bundle.mjs", import.meta.url));
/** The programs that this worker has bundled, by their paths. */
const bundles = new Map<string, string>();

/**
 * The program with all of our sources that it imports as one file, made from them once for each worker: a start
 * takes a third of the processor time that it takes to transform and read hundreds of files.
 */
function bundled(path: string): string {
  const known = bundles.get(path);
  if (known !== undefined) return known;
  const out = join(dirname(path), ".cache", basename(path).replace(/\.ts$/, ".mjs"));
  execFileSync(process.execPath, [BUNDLE, path, out], { stdio: ["ignore", "inherit", "inherit"] });
  bundles.set(path, out);
  return out;
}

/** Starts a program as `spawnProgram` does, and kills it when the test is over. */
export function startProgram(file: URL | string, args: readonly string[] = []): Program {
  const program = spawnProgram(file, args);
  // A test that fails half way must not leave its processes behind.
  onTestFinished(() => {
    program.child.kill("SIGKILL");
  });
  return program;
}

/** Starts the program in `file` (a file URL, or a path) from source; its stderr is ours. */
export function spawnProgram(file: URL | string, args: readonly string[] = []): Program {
  const path = typeof file === "string" ? file : fileURLToPath(file);
  const child = spawn(process.execPath, ["--enable-source-maps", bundled(path), ...args], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, UV_THREADPOOL_SIZE: "16" },
  });
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    child,
    async nextLine() {
      const { value, done } = await lines.next();
      if (done === true) throw new Error(`${path} ended before it said anything more`);
      return value;
    },
    async kill(signal = "SIGKILL") {
      child.kill(signal);
      await gone;
    },
  };
}
