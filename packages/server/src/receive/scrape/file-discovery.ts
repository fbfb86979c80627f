import { watch } from "node:fs";
import type { FSWatcher } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Logger } from "pino";
import { z } from "zod";
import { messageOf, readConfigFile } from "../../model/index.ts";
import type { Clock, Timer } from "../../model/index.ts";
import { withoutNulls } from "./config-fields.ts";
import { targetGroup } from "./config-schema.ts";
import type { FileDiscoveryConfig, TargetGroup } from "./job.ts";

const targetFile = z.preprocess(withoutNulls, z.array(targetGroup));
/** Editors write a file in several steps; one look after they are done is enough. */
const SETTLE = 100;

/** The files that a pattern names; a `*` may stand in its last part. */
async function matching(pattern: string): Promise<string[]> {
  const directory = dirname(pattern);
  const [before = "", ...rest] = basename(pattern).split("*");
  if (rest.length === 0) return [pattern];
  const after = rest.join("*");
  const names = await readdir(directory).catch(() => []);
  return names
    .filter((name) => name.length >= before.length + after.length)
    .filter((name) => name.startsWith(before) && name.endsWith(after))
    .sort()
    .map((name) => join(directory, name));
}

/** All files of a discovery, as far as they exist. */
export async function discoveryFiles(config: FileDiscoveryConfig): Promise<string[]> {
  return [...new Set((await Promise.all(config.patterns.map(matching))).flat())];
}

/** Reads one file of target groups (JSON or YAML). Throws ConfigError with its faults. */
export async function readTargetFile(file: string): Promise<TargetGroup[]> {
  const { value } = await readConfigFile(file, targetFile, { exactText: true });
  return value.map(({ targets = [], labels = {} }) => ({
    targets,
    labels: { ...labels, __meta_filepath: file },
  }));
}

/** Target groups in files, watched. A file that cannot be understood keeps its last good content. */
export class FileDiscovery {
  readonly #config: FileDiscoveryConfig;
  readonly #clock: Clock;
  readonly #log: Logger;
  #known = new Map<string, TargetGroup[]>();
  #watchers: FSWatcher[] = [];
  #timer: Timer | undefined;
  #settling: Timer | undefined;

  constructor(config: FileDiscoveryConfig, clock: Clock, log: Logger) {
    this.#config = config;
    this.#clock = clock;
    this.#log = log;
  }

  /** Looks at all files now. */
  async read(): Promise<readonly TargetGroup[]> {
    const known = new Map<string, TargetGroup[]>();
    for (const file of await discoveryFiles(this.#config)) {
      try {
        known.set(file, await readTargetFile(file));
      } catch (error) {
        const before = this.#known.get(file);
        if (before !== undefined) known.set(file, before);
        this.#log.error(
          { file, reason: messageOf(error) },
          "a file of targets cannot be used; its last targets stay",
        );
      }
    }
    this.#known = known;
    return [...known.values()].flat();
  }

  /** Calls `changed` when a file may have changed, and every refresh interval. */
  watch(changed: () => void): void {
    const soon = () => {
      this.#settling ??= this.#clock.after(SETTLE, () => {
        this.#settling = undefined;
        changed();
      });
    };
    for (const directory of new Set(this.#config.patterns.map((pattern) => dirname(pattern)))) {
      try {
        const watcher = watch(directory, { persistent: false }, soon);
        // The refresh interval finds what a broken watch does not.
        watcher.on("error", () => watcher.close());
        this.#watchers.push(watcher);
      } catch (error) {
        this.#log.warn({ directory, reason: messageOf(error) }, "a folder cannot be watched");
      }
    }
    const again = () => {
      this.#timer = this.#clock.after(this.#config.refreshInterval, () => {
        changed();
        again();
      });
    };
    again();
  }

  stop(): void {
    for (const watcher of this.#watchers) watcher.close();
    this.#watchers = [];
    this.#timer?.cancel();
    this.#settling?.cancel();
  }
}
