import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { addKit, byHand } from "./entry-edit.ts";
import { environmentFile, manifestWithKit, monitoringFiles } from "./files.ts";
import {
  configWithKit,
  instrumentationWithKit,
  majorOf,
  type NextEdit,
  type NextProject,
} from "./next.ts";
import type { Project } from "./project.ts";

/** One file that is written. */
export interface Change {
  readonly path: string;
  /** Undefined: the file is new. */
  readonly before: string | undefined;
  readonly after: string;
}

export interface Plan {
  readonly changes: readonly Change[];
  /** Files that are as they should be, or the repository's own by now. */
  readonly unchanged: readonly string[];
  /** What a person has to know or do. */
  readonly notes: readonly string[];
}

/**
 * What to write so that the repository has the kit and its files. A file below `seaworthy/` that exists
 * is the repository's own and is never written again.
 *
 * @param version the kit's, for package.json
 */
export async function planFor(project: Project, version: string): Promise<Plan> {
  const changes: Change[] = [];
  const unchanged: string[] = [];
  const notes: string[] = [];
  const want = async (path: string, make: (before: string | undefined) => string) => {
    const before = await textOf(join(project.root, path));
    const after = make(before);
    if (after === before) unchanged.push(path);
    else changes.push({ path, before, after });
  };
  await want("package.json", () => manifestWithKit(project, version));
  if (project.next === undefined) await planEntry(project, want, notes);
  else await planNext(project, project.next, want, notes);
  for (const { path, text } of await monitoringFiles(project))
    await want(path, (before) => before ?? text);
  await want(".env.example", environmentFile);
  return { changes, unchanged, notes };
}

type Want = (path: string, make: (before: string | undefined) => string) => Promise<void>;

async function planNext(
  project: Project,
  { instrumentation, config }: NextProject,
  want: Want,
  notes: string[],
): Promise<void> {
  const { service, typescript, manifest } = project;
  const edited = async (path: string, edit: (before: string | undefined) => NextEdit) => {
    const before = await textOf(join(project.root, path));
    const result = edit(before);
    if ("text" in result) await want(path, () => result.text);
    else notes.push(`${path}: ${result.byHand}`);
  };
  await edited(instrumentation, (before) => instrumentationWithKit(before, service, typescript));
  await edited(config, configWithKit);
  const major = majorOf({ ...manifest.devDependencies, ...manifest.dependencies }["next"]);
  if (major !== undefined && major < 15)
    notes.push(
      `Next.js ${major} calls it experimental.serverComponentsExternalPackages, and wants experimental.instrumentationHook: true`,
    );
}

async function planEntry(project: Project, want: Want, notes: string[]): Promise<void> {
  const { framework, entry, service, otherFramework } = project;
  if (framework === undefined) {
    notes.push(
      otherFramework === undefined
        ? "no framework that is known is among the dependencies: see docs/sdk.md for connecting the kit"
        : `${otherFramework}: connect the kit by hand, as docs/sdk.md says`,
    );
    return;
  }
  const style = project.typescript ? "esm" : project.modules;
  if (entry === undefined) {
    notes.push(`no file that makes a ${framework} application was found; put where it is made:`);
    notes.push(byHand(framework, service, style));
    return;
  }
  // A .ts file with imports is what package.json says; of a .js file Node takes them for the answer.
  const isModule = /\.(?:m[jt]s|js)$/.test(entry) || project.modules === "esm";
  await want(entry, (before = "") => {
    const edit = addKit(before, framework, service, isModule);
    if (edit.kind === "edited") {
      notes.push(...edit.notes.map((note) => `${entry}: ${note}`));
      return edit.text;
    }
    if (edit.kind === "manual") notes.push(`${entry}:\n${byHand(framework, service, style)}`);
    return before;
  });
  if (project.typescript && project.modules === "cjs" && !project.findsKit)
    notes.push(
      'the kit is an ES module: for TypeScript that becomes CommonJS set "module" to nodenext (from TypeScript 5.8), node20 or commonjs',
    );
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
