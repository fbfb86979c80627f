import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { majorOf } from "./next.ts";

interface Settings {
  readonly module?: string | undefined;
  readonly moduleResolution?: string | undefined;
}

/** Under these TypeScript lets no CommonJS load an ES module, as Node did once. */
const refusesModules = /^(?:node16|node18)$/i;
/** Before version 6 these mean `classic`, unless `moduleResolution` says otherwise. */
const modulesOfClassic = /^(?:es\w+|amd|umd|system)$/i;
/** More configurations that extend each other are no longer followed. */
const maxDepth = 8;

/**
 * Whether TypeScript that becomes CommonJS finds the kit. Of a configuration that extends what is not
 * there (yet) nothing is known: it is not found fault with.
 *
 * @param typescript the version in package.json
 */
export async function findsKit(file: string, typescript: unknown): Promise<boolean> {
  const settings = await settingsOf(file, 0);
  if (settings === undefined) return true;
  const { module = "", moduleResolution } = settings;
  if (refusesModules.test(module)) return false;
  if (moduleResolution !== undefined) return !/^classic$/i.test(moduleResolution);
  return (majorOf(typescript) ?? 0) >= 6 || !modulesOfClassic.test(module);
}

/** The settings of a configuration with those that it extends; undefined when one cannot be read. */
async function settingsOf(file: string, depth: number): Promise<Settings | undefined> {
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined || depth > maxDepth) return undefined;
  let settings: Settings = {};
  for (const name of extendedNames(text)) {
    const path = extended(file, name);
    const inherited = path === undefined ? undefined : await settingsOf(path, depth + 1);
    if (inherited === undefined) return undefined;
    settings = over(inherited, settings);
  }
  const own = {
    module: /"module"\s{0,9}:\s{0,9}"(\w{0,30})"/.exec(text)?.[1],
    moduleResolution: /"moduleResolution"\s{0,9}:\s{0,9}"(\w{0,30})"/.exec(text)?.[1],
  };
  return over(own, settings);
}

/** Settings, and where they say nothing those below. */
function over(settings: Settings, below: Settings): Settings {
  return {
    module: settings.module ?? below.module,
    moduleResolution: settings.moduleResolution ?? below.moduleResolution,
  };
}

/** What the configuration extends: one name, or a list of them. */
function extendedNames(text: string): string[] {
  const key = /"extends"\s{0,9}:\s{0,9}/.exec(text);
  if (key === null) return [];
  const value = text.slice(key.index + key[0].length);
  const names = value.startsWith("[") ? value.slice(0, value.indexOf("]")) : value;
  const quoted = names.split('"').filter((_, index) => index % 2 === 1);
  return value.startsWith("[") ? quoted : quoted.slice(0, 1);
}

/** The file that `extends` names: beside this one, or in a package. */
function extended(file: string, name: string): string | undefined {
  const { resolve } = createRequire(file);
  const path = /^\.{1,2}\//.test(name) ? join(dirname(file), name) : name;
  for (const each of [path, `${path}.json`, `${path}/tsconfig.json`])
    try {
      const found = resolve(each);
      if (found.endsWith(".json")) return found;
    } catch {
      // The next form.
    }
  return undefined;
}
