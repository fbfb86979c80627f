import { watch } from "node:fs";
import type { FSWatcher } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Logger } from "pino";
import { ConfigError, messageOf, readConfigFile } from "../../../model/index.ts";
import type { Clock, Timer } from "../../../model/index.ts";
import type { TargetGroup } from "../job.ts";
import type { FileDiscoveryConfig } from "./config.ts";
import type { Source } from "./discovery.ts";
import { jsonTargetFile, yamlTargetFile } from "./target-file.ts";

/** Editors write a file in several steps; one look after they are done is enough. */
const SETTLE = 100;
const LABEL = "__meta_filepath";

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
  const isJson = file.toLowerCase().endsWith(".json");
  const { value, text } = isJson
    ? await readConfigFile(file, jsonTargetFile)
    : await readConfigFile(file, yamlTargetFile, { exactText: true });
  if (isJson) checkJson(file, text);
  return value.map(({ targets, labels }) => ({
    targets: targets ?? [],
    labels: { ...labels, [LABEL]: file },
  }));
}

/** YAML takes more than JSON does. */
function checkJson(file: string, text: string): void {
  try {
    JSON.parse(text);
  } catch (error) {
    throw new ConfigError([{ file, line: 1, column: 1, path: "", reason: messageOf(error) }]);
  }
}

/** Target groups in files, watched. A file that cannot be understood keeps its last good content. */
export function fileSource(config: FileDiscoveryConfig, clock: Clock, log: Logger): Source {
  return {
    key: config.patterns.join(", "),
    mechanism: "file",
    isLocal: true,
    async look(before) {
      const groups: TargetGroup[] = [];
      for (const file of await discoveryFiles(config)) {
        try {
          groups.push(...(await readTargetFile(file)));
        } catch (error) {
          groups.push(...before.filter(({ labels }) => labels[LABEL] === file));
          const reason = messageOf(error);
          log.error({ file, reason }, "a file of targets cannot be used; its last targets stay");
        }
      }
      return groups;
    },
    watch(news) {
      let settling: Timer | undefined;
      const soon = () => {
        settling ??= clock.after(SETTLE, () => {
          settling = undefined;
          news();
        });
      };
      const directories = new Set(config.patterns.map((pattern) => dirname(pattern)));
      const watchers = [...directories].map((directory) => watchFolder(directory, soon, log));
      return () => {
        settling?.cancel();
        for (const watcher of watchers) watcher?.close();
      };
    },
  };
}

/** Watches a folder rather than files: these are replaced, not written to. */
function watchFolder(directory: string, changed: () => void, log: Logger): FSWatcher | undefined {
  try {
    const watcher = watch(directory, { persistent: false }, changed);
    // The refresh interval finds what a broken watch does not.
    watcher.on("error", () => watcher.close());
    return watcher;
  } catch (error) {
    log.warn({ directory, reason: messageOf(error) }, "a folder cannot be watched");
    return undefined;
  }
}
