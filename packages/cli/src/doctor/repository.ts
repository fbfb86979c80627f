import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { usesKit } from "../init/next.ts";
import { detectProject, ProjectError, type Project } from "../init/project.ts";
import { fails, listOf, member, skipped, works, type Finding } from "./trial.ts";

/** What the repository says, for the trials that follow. */
export interface Repository {
  readonly findings: readonly Finding[];
  /** `host:port` of the service in prometheus.yml. */
  readonly target: string | undefined;
}

const leastNode = [20, 19] as const;

/** Tries what can be tried without a running service. */
export async function tryRepository(folder: string): Promise<Repository> {
  const findings: Finding[] = [tryNode(process.versions.node)];
  let project: Project;
  try {
    project = await detectProject(folder);
  } catch (error) {
    if (!(error instanceof ProjectError)) throw error;
    return {
      findings: [...findings, fails("repository", error.message, "use --dir DIR")],
      target: undefined,
    };
  }
  findings.push(tryKit(project), await tryEntry(project));
  const { finding, target } = await tryFiles(project.root);
  return { findings: [...findings, finding], target };
}

/** @param version as in `process.versions.node` */
export function tryNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > leastNode[0] || (major === leastNode[0] && minor >= leastNode[1])
    ? works("Node.js", version)
    : fails("Node.js", version, `install ${leastNode.join(".")} or later`);
}

function tryKit(project: Project): Finding {
  const name = "the kit is installed";
  const { manifest } = project;
  if (!("@seaworthy/sdk" in { ...manifest.devDependencies, ...manifest.dependencies }))
    return fails(name, "@seaworthy/sdk is not in package.json", "npx seaworthy init");
  try {
    const found = createRequire(join(project.root, "package.json")).resolve("@seaworthy/sdk");
    return works(name, found);
  } catch {
    return fails(
      name,
      "@seaworthy/sdk is not in node_modules",
      `${project.packageManager} install`,
    );
  }
}

async function tryEntry(project: Project): Promise<Finding> {
  const name = "the application uses the kit";
  if (project.next !== undefined) {
    const { instrumentation } = project.next;
    return (await usesKit(project.root, project.next))
      ? works(name, instrumentation)
      : fails(name, `${instrumentation} does not start it`, "npx seaworthy init");
  }
  if (project.entry === undefined)
    return skipped(name, "the file in which the application is made was not found");
  const source = await readFile(join(project.root, project.entry), "utf8");
  return source.includes("@seaworthy/sdk")
    ? works(name, project.entry)
    : fails(name, `${project.entry} does not import it`, "npx seaworthy init");
}

async function tryFiles(root: string): Promise<{ finding: Finding; target: string | undefined }> {
  const name = "seaworthy/ can be read";
  const folder = join(root, "seaworthy");
  let files: string[];
  try {
    files = (await readdir(folder, { recursive: true })).filter((file) => /\.ya?ml$/.test(file));
  } catch {
    return {
      finding: fails(name, "there is no such folder", "npx seaworthy init"),
      target: undefined,
    };
  }
  let target: string | undefined;
  for (const file of files.sort()) {
    const document = parseDocument(await readFile(join(folder, file), "utf8"), {
      prettyErrors: true,
    });
    const [error] = document.errors;
    if (error !== undefined) {
      const [line = ""] = error.message.split("\n", 1);
      return { finding: fails(name, `${file}: ${line}`, "correct the file"), target };
    }
    if (file === "prometheus.yml") target = firstTarget(document.toJS());
  }
  const finding =
    target === undefined
      ? fails(name, "prometheus.yml scrapes nothing", "name your service's host and port in it")
      : works(name, `${files.length} files, scraping ${target}`);
  return { finding, target };
}

function firstTarget(prometheus: unknown): string | undefined {
  for (const job of listOf(member(prometheus, "scrape_configs")))
    for (const group of listOf(member(job, "static_configs")))
      for (const target of listOf(member(group, "targets")))
        if (typeof target === "string") return target;
  return undefined;
}
