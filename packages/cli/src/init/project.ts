import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, extname, join, relative, resolve, sep } from "node:path";
import { createsApplication } from "./entry-edit.ts";
import { findPlugin } from "./fastify-plugin.ts";
import { detectNext, portOfScripts, type NextProject } from "./next.ts";
import { frameworkNames, frameworks, kit, type Framework } from "./frameworks.ts";
import { findsKit } from "./tsconfig.ts";

export type PackageManager = "npm" | "pnpm" | "yarn" | "bun";

/** What was found out about a repository. */
export interface Project {
  readonly root: string;
  /** The text of package.json. */
  readonly manifestText: string;
  readonly manifest: Manifest;
  readonly service: string;
  readonly packageManager: PackageManager;
  readonly modules: "esm" | "cjs";
  readonly typescript: boolean;
  /** Whether TypeScript, where it becomes CommonJS, finds the kit. */
  readonly findsKit: boolean;
  readonly framework: Framework | undefined;
  /** A framework or library that the kit has no edit for yet. */
  readonly otherFramework: string | undefined;
  /** Where the kit belongs, in a project of Next's that makes no application itself. */
  readonly next: NextProject | undefined;
  /** The file in which the application is made, relative to the root. */
  readonly entry: string | undefined;
  readonly port: number;
}

export interface Manifest {
  readonly name?: unknown;
  readonly type?: unknown;
  readonly main?: unknown;
  readonly packageManager?: unknown;
  readonly scripts?: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, unknown>>;
  readonly devDependencies?: Readonly<Record<string, unknown>>;
}

/** Something about the repository that keeps the command from its work. */
export class ProjectError extends Error {
  override name = "ProjectError";
}

/** Known, and not added to by this command. */
const others = ["next", "hono"];
const lockFiles: readonly (readonly [file: string, manager: PackageManager])[] = [
  ["pnpm-lock.yaml", "pnpm"],
  ["yarn.lock", "yarn"],
  ["bun.lock", "bun"],
  ["bun.lockb", "bun"],
  ["package-lock.json", "npm"],
];
const sourceEndings = new Set([".ts", ".mts", ".cts", ".js", ".mjs", ".cjs"]);
const skippedFolders = new Set(["node_modules", "dist", "build", "coverage", "test", "tests"]);
const maxFiles = 1_000;
const maxFileBytes = 500_000;
/** Fastify's command, Next.js and most examples listen on it. */
const defaultPort = 3_000;
const likelyNames = ["index", "main", "server", "app"];

/**
 * Looks at the repository in `folder`.
 *
 * @throws ProjectError when there is no package.json, or it cannot be read.
 */
export async function detectProject(folder: string): Promise<Project> {
  const root = resolve(folder);
  const file = join(root, "package.json");
  let manifestText: string;
  try {
    manifestText = await readFile(file, "utf8");
  } catch {
    throw new ProjectError(`${file} cannot be read: run this in the folder of your service`);
  }
  const manifest = parseManifest(file, manifestText);
  const dependencies = { ...manifest.devDependencies, ...manifest.dependencies };
  const candidates = await sourceFiles(root);
  const framework = frameworkNames.find(
    (name) =>
      frameworks[name].package in dependencies &&
      // On other runtimes than Node it is the kit's entry for the edge that watches Hono.
      (name !== "hono" || "@hono/node-server" in dependencies),
  );
  const entry =
    framework === undefined ? undefined : await findEntry(root, candidates, manifest, framework);
  const config = join(root, "tsconfig.json");
  const typescript = await isThere(config);
  const next =
    entry === undefined && "next" in dependencies ? await detectNext(root, typescript) : undefined;
  return {
    root,
    manifestText,
    manifest,
    service: serviceName(manifest.name, root),
    packageManager: await packageManagerOf(root, manifest),
    modules: manifest.type === "module" ? "esm" : "cjs",
    typescript,
    findsKit: typescript && (await findsKit(config, dependencies["typescript"])),
    framework,
    otherFramework: others.find((name) => name in dependencies),
    next,
    entry,
    port:
      entry === undefined
        ? (portOfScripts("next", manifest.scripts) ?? defaultPort)
        : (portOfScripts("fastify", manifest.scripts) ??
          (await portOfAny(root, [entry, ...candidates.filter((file) => file !== entry)]))),
  };
}

/** Reads package.json. Throws a ProjectError that says what is wrong with it. */
export function parseManifest(file: string, text: string): Manifest {
  let manifest: unknown;
  try {
    manifest = JSON.parse(text);
  } catch (error) {
    throw new ProjectError(`${file}: ${error instanceof Error ? error.message : "not JSON"}`);
  }
  if (!isObject(manifest)) throw new ProjectError(`${file} is not an object`);
  for (const name of ["scripts", "dependencies", "devDependencies"])
    if (name in manifest && !isObject(manifest[name]))
      throw new ProjectError(`${file}: ${name} is not an object`);
  return manifest;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A name that can be a label value and part of a file: the package's without its scope. */
function serviceName(name: unknown, root: string): string {
  const whole = typeof name === "string" && name !== "" ? name : basename(root);
  const clean = (whole.split("/").at(-1) ?? "").replaceAll(/[^A-Za-z0-9_.-]+/g, "-");
  return clean.slice(0, 100) || "service";
}

async function packageManagerOf(root: string, manifest: Manifest): Promise<PackageManager> {
  const told = typeof manifest.packageManager === "string" ? manifest.packageManager : "";
  const [name] = told.split("@", 1);
  if (name === "npm" || name === "pnpm" || name === "yarn" || name === "bun") return name;
  // In a workspace the lock file is further up.
  for (let folder = root; ; folder = dirname(folder)) {
    for (const [file, manager] of lockFiles) if (await isThere(join(folder, file))) return manager;
    if (folder === dirname(folder) || (await isThere(join(folder, ".git")))) return "npm";
  }
}

/** Source files relative to the root, the likely ones first. */
async function sourceFiles(root: string): Promise<string[]> {
  const found: string[] = [];
  const folders = [root];
  for (let folder = folders.shift(); folder !== undefined; folder = folders.shift()) {
    for (const each of await readdir(folder, { withFileTypes: true })) {
      const path = join(folder, each.name);
      if (each.isDirectory() && !each.name.startsWith(".") && !skippedFolders.has(each.name))
        folders.push(path);
      else if (
        each.isFile() &&
        sourceEndings.has(extname(each.name)) &&
        !/\.(?:test|spec|d)\./.test(each.name)
      )
        found.push(relative(root, path));
      if (found.length >= maxFiles) return found;
    }
  }
  const rank = (file: string) => {
    const name = likelyNames.indexOf(basename(file, extname(file)));
    return (name === -1 ? likelyNames.length : name) + 10 * file.split(sep).length;
  };
  return found.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

/** The file in which the kit belongs: the one that makes the application, or with fastify-cli its plugin. */
async function findEntry(
  root: string,
  candidates: readonly string[],
  manifest: Manifest,
  framework: Framework,
): Promise<string | undefined> {
  const made = await findMade(root, candidates, manifest, framework);
  if (framework !== "fastify") return made;
  // Where a file makes the application as well, as `fastify eject` writes it, it registers the plugin.
  const hasKit = made !== undefined && (await readFile(join(root, made), "utf8")).includes(kit);
  return hasKit ? made : ((await findStarted(root, candidates, manifest)) ?? made);
}

/** The first file that makes an application: those named in package.json, then the likely ones. */
async function findMade(
  root: string,
  candidates: readonly string[],
  manifest: Manifest,
  framework: Framework,
): Promise<string | undefined> {
  const told = [manifest.main, ...Object.values(manifest.scripts ?? {})].filter(
    (text) => typeof text === "string",
  );
  const named = candidates.filter((file) =>
    told.some((text) => text.split(/\s+/).some((word) => word.replace(/^\.\//, "") === file)),
  );
  for (const file of new Set([...named, ...candidates])) {
    const path = join(root, file);
    if ((await stat(path)).size > maxFileBytes) continue;
    if (createsApplication(await readFile(path, "utf8"), framework)) return file;
  }
  return undefined;
}

/** The plugin that `fastify start` is told to serve: `app.js`, or for `dist/app.js` what it is built from. */
async function findStarted(
  root: string,
  candidates: readonly string[],
  { scripts = {} }: Manifest,
): Promise<string | undefined> {
  for (const script of Object.values(scripts)) {
    if (typeof script !== "string" || !/\bfastify\s{1,9}start\b/.test(script)) continue;
    const words = script.split(/\s+/).filter((word) => sourceEndings.has(extname(word)));
    for (const word of words.map((each) => each.replace(/^\.\//, ""))) {
      const stem = basename(word, extname(word));
      const built = candidates.filter((file) => basename(file, extname(file)) === stem);
      for (const file of candidates.includes(word) ? [word] : built) {
        const path = join(root, file);
        if ((await stat(path)).size > maxFileBytes) continue;
        if (findPlugin(await readFile(path, "utf8")) !== undefined) return file;
      }
    }
  }
  return undefined;
}

/** How a source says the port that it listens on. */
const ports = [
  /\blisten\(\s{0,20}(\d{2,5})\b/,
  /\bPORT["'\]]{0,2}\s{0,9}\)?\s{0,9}(?:\?\?|\|\|)\s{0,9}["']?(\d{2,5})\b/,
];
const listenOptions = /\blisten\(\s{0,20}\{([^}]{0,200})/;
const anyPort = /\bport\s{0,9}[:=]\s{0,9}(\d{2,5})\b/i;

/**
 * The port that the service listens on by itself, else 3000: as the first file says it, in which the
 * application is made, or another one, as where one file makes it and another listens.
 */
async function portOfAny(root: string, files: readonly string[]): Promise<number> {
  for (const [at, file] of files.entries()) {
    const path = join(root, file);
    if ((await stat(path)).size > maxFileBytes) continue;
    const source = await readFile(path, "utf8");
    const said = [
      ...ports.map((pattern) => pattern.exec(source)),
      anyPort.exec(listenOptions.exec(source)?.[1] ?? ""),
      ...(at === 0 ? [anyPort.exec(source)] : []),
    ];
    for (const found of said) {
      const port = Number(found?.[1]);
      if (port > 0 && port < 65_536) return port;
    }
  }
  return defaultPort;
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
