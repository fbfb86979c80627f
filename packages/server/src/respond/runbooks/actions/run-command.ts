import { spawn } from "node:child_process";
import { messageOf } from "../../../model/index.ts";
import type { Clock } from "../../../model/index.ts";
import type { Outcome } from "./outcome.ts";
import { OutputTail } from "./output-tail.ts";

/** Times in milliseconds. */
const LIMITS = {
  /** Between the request to end and the end. */
  grace: 2000,
  /** What still reads or writes when the program has ended is not waited for. */
  drain: 500,
} as const;

/** A program to be run. */
export interface CommandRun {
  readonly argv: readonly string[];
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly outputBytes: number;
  /** Ends it early. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/**
 * Runs a program: no shell, nothing to read, an environment of its own, in a process group of its own
 * which ends with it, or at the time limit (asked first, then killed). Never throws.
 */
export function runCommand(run: CommandRun): {
  /** The end of what it has said so far. */
  readonly said: () => string;
  readonly ended: Promise<Outcome>;
} {
  const tail = new OutputTail(run.outputBytes);
  return { said: () => tail.text(), ended: follow(run, tail) };
}

function follow(run: CommandRun, tail: OutputTail): Promise<Outcome> {
  const { argv, folder, environment, timeoutMs, signal, clock } = run;
  const [program = "", ...args] = argv;
  return new Promise((resolve) => {
    const failed = (error: unknown) =>
      resolve({
        state: "failed",
        exitCode: null,
        status: null,
        reason: `It could not be started: ${messageOf(error)}`,
        output: tail.text(),
      });
    let child;
    try {
      child = spawn(program, args, {
        cwd: folder,
        env: { ...environment },
        stdio: ["ignore", "pipe", "pipe"],
        detached: true,
        shell: false,
        windowsHide: true,
      });
    } catch (error) {
      failed(error);
      return;
    }
    let cutShort: string | undefined;
    const toGroup = (how: NodeJS.Signals) => {
      if (child.pid === undefined) return;
      try {
        process.kill(-child.pid, how);
      } catch {
        // It has ended, with all that it had started.
      }
    };
    const end = (why: string) => {
      if (cutShort !== undefined) return;
      cutShort = why;
      toGroup("SIGTERM");
      killing = clock.after(LIMITS.grace, () => toGroup("SIGKILL"));
    };
    let killing: ReturnType<Clock["after"]> | undefined;
    const limit = clock.after(timeoutMs, () =>
      end(
        `It did not end within ${timeoutMs / 1000} s and was killed, with all that it had started`,
      ),
    );
    const stop = () => end("It was killed because the server was stopped");
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    const done = () => {
      limit.cancel();
      killing?.cancel();
      signal.removeEventListener("abort", stop);
    };
    child.stdout.on("data", (bytes: Buffer) => tail.add(bytes));
    child.stderr.on("data", (bytes: Buffer) => tail.add(bytes));
    child.once("error", (error) => {
      if (child.pid !== undefined) return;
      done();
      failed(error);
    });
    child.once("exit", (exitCode, by) => {
      done();
      // What it left behind belongs to the run, and would write into nothing.
      toGroup("SIGKILL");
      const drained = clock.after(LIMITS.drain, () => {
        child.stdout.destroy();
        child.stderr.destroy();
      });
      child.once("close", () => {
        drained.cancel();
        resolve({
          state: cutShort === undefined && exitCode === 0 ? "succeeded" : "failed",
          exitCode,
          status: null,
          reason: cutShort ?? (by === null ? null : `It was ended by ${by}`),
          output: tail.text(),
        });
      });
    });
  });
}
