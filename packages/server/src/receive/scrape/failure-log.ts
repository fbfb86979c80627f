import { appendFile } from "node:fs/promises";
import type { Logger } from "pino";

/** Lines that wait for one file; more are left out and said to be. */
const MOST_WAITING = 1000;

/** A scrape that failed. */
export interface FailedScrape {
  readonly job: string;
  readonly target: string;
  readonly reason: string;
}

/**
 * The files of `scrape_failure_log_file`, with a line of JSON for each scrape that failed, in the
 * fields that Prometheus writes. A file is opened for each append, so that it may be rotated away.
 */
export class FailureLog {
  readonly #log: Logger;
  readonly #files = new Map<string, File>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Notes a failure at `time` (ms since 1970). Never throws, and nobody waits. */
  add(path: string, time: number, { job, target, reason }: FailedScrape): void {
    const line = JSON.stringify({
      time: new Date(time).toISOString(),
      level: "ERROR",
      msg: reason,
      job_name: job,
      target,
    });
    let file = this.#files.get(path);
    if (file === undefined) {
      file = { lines: [], writing: undefined, isBroken: false };
      this.#files.set(path, file);
    }
    if (file.lines.length >= MOST_WAITING) return;
    file.lines.push(`${line}\n`);
    this.#write(path, file);
  }

  /** Resolves when all that was noted is written. */
  async written(): Promise<void> {
    for (const { writing } of this.#files.values()) await writing;
  }

  #write(path: string, file: File): void {
    file.writing ??= this.#append(path, file).finally(() => {
      file.writing = undefined;
    });
  }

  async #append(path: string, file: File): Promise<void> {
    while (file.lines.length > 0) {
      const lines = file.lines.splice(0);
      try {
        await appendFile(path, lines.join(""));
        file.isBroken = false;
      } catch (error) {
        // Once, not with each scrape that fails.
        if (!file.isBroken)
          this.#log.error({ err: error, path }, "failed scrapes cannot be written to their file");
        file.isBroken = true;
      }
    }
  }
}

interface File {
  readonly lines: string[];
  writing: Promise<void> | undefined;
  isBroken: boolean;
}
