import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { processTerminal, type Terminal } from "../terminal.ts";
import { unifiedDiff } from "./diff.ts";
import { planFor, type Change, type Plan } from "./plan.ts";
import { version } from "../version.ts";
import { detectProject, ProjectError, type Project } from "./project.ts";

/** What `seaworthy init --help` prints. */
export const initHelp = `seaworthy init: add the kit to a service, and the files that watch it

Usage: seaworthy init [OPTIONS]

Looks at the repository (framework, package manager, ES or CommonJS modules, TypeScript), shows what it
would change, and asks before it writes:

  package.json     @seaworthy/sdk among the dependencies
  your entry file  the kit, right after the application is made (Fastify, Express, Koa, Hono on
                   Node, NestJS); in Next.js instrumentation.ts and next.config
  seaworthy/       prometheus.yml, alertmanager.yml, rules, runbooks, dashboards
  .env.example     the variables that are read

Files below seaworthy/ that exist are yours and stay as they are: a second run changes nothing.

Options:
  --dir DIR    the repository (default: here)
  --yes, -y    write without asking
  --dry-run    show the changes and write nothing
  --json       say all of it as one JSON object; writes with --yes only
  --help       show this

Examples:
  npx seaworthy init
  npx seaworthy init --dry-run
  npx seaworthy init --yes --dir services/shop
  npx seaworthy init --json | jq '.changes[].path'

Exit codes: 0 done, or nothing to do; 1 not written; 2 wrong use
`;

const install = {
  npm: "npm install",
  pnpm: "pnpm install",
  yarn: "yarn install",
  bun: "bun install",
};

/** Runs the command. Resolves with its exit code. */
export async function init(
  args: string[],
  terminal: Terminal = processTerminal(),
): Promise<number> {
  let options;
  try {
    options = parseArgs({
      args,
      options: {
        dir: { type: "string", default: "." },
        yes: { type: "boolean", short: "y", default: false },
        "dry-run": { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    }).values;
  } catch (error) {
    terminal.err(`seaworthy init: ${messageOf(error)}\n\n${initHelp}`);
    return 2;
  }
  if (options.help) {
    terminal.out(initHelp);
    return 0;
  }
  try {
    const project = await detectProject(resolve(terminal.cwd, options.dir));
    const plan = await planFor(project, await version());
    if (!options.json) show(terminal, project, plan);
    const wanted = plan.changes.length > 0 && !options["dry-run"];
    const agreed = wanted && (options.yes || (!options.json && (await agree(terminal))));
    if (agreed) await write(project.root, plan);
    if (options.json)
      terminal.out(`${JSON.stringify(summary(project, plan, agreed), undefined, 2)}\n`);
    else if (agreed) nextSteps(terminal, project);
    return !wanted || agreed || options.json ? 0 : 1;
  } catch (error) {
    if (!(error instanceof ProjectError) && !isFileError(error)) throw error;
    terminal.err(`seaworthy init: ${messageOf(error)}\n`);
    return 1;
  }
}

function show(terminal: Terminal, project: Project, plan: Plan): void {
  const { framework = project.otherFramework ?? "no framework that is known" } = project;
  const language = project.typescript ? "TypeScript" : "JavaScript";
  const modules = project.modules === "esm" ? "ES modules" : "CommonJS";
  terminal.out(
    `${project.service}: ${framework}, ${language}, ${modules}, ${project.packageManager}\n\n`,
  );
  // New files are content to look at in an editor; what changes is shown line by line.
  const isContent = ({ path, before }: Change) =>
    before === undefined && path.startsWith("seaworthy/");
  for (const { path, before, after } of plan.changes.filter((change) => !isContent(change))) {
    const lines = unifiedDiff(path, before, after).split("\n");
    terminal.out(`${lines.map((line) => painted(terminal, line)).join("\n")}\n`);
  }
  const folders = new Map<string, string[]>();
  for (const { path } of plan.changes.filter(isContent)) {
    const folder = path.slice(0, path.lastIndexOf("/") + 1);
    folders.set(folder, [...(folders.get(folder) ?? []), path.slice(folder.length)]);
  }
  for (const [folder, names] of folders)
    terminal.out(
      `${terminal.style.good("new")} ${folder} ${names.length > 5 ? `${names.length} files` : names.join(", ")}\n`,
    );
  for (const note of plan.notes) terminal.out(`${terminal.style.strong("note")} ${note}\n`);
  if (plan.changes.length === 0) terminal.out("Everything is there already; nothing is changed.\n");
}

function painted({ style }: Terminal, line: string): string {
  if (line.startsWith("+++") || line.startsWith("---")) return style.strong(line);
  if (line.startsWith("@@")) return style.faint(line);
  if (line.startsWith("+")) return style.good(line);
  return line.startsWith("-") ? style.bad(line) : line;
}

async function agree(terminal: Terminal): Promise<boolean> {
  if (!terminal.interactive) {
    terminal.err("Nothing is written: nobody can be asked here. Run it again with --yes.\n");
    return false;
  }
  return /^y(?:es)?$/i.test((await terminal.ask("\nWrite this? [y/N] ")).trim());
}

async function write(root: string, plan: Plan): Promise<void> {
  for (const { path, after } of plan.changes) {
    const file = join(root, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, after);
  }
}

function nextSteps(terminal: Terminal, project: Project): void {
  terminal.out(
    `\nWritten. Next:\n  ${install[project.packageManager]}\n  start your service\n  npx seaworthy up\n  npx seaworthy doctor\n`,
  );
}

function summary(project: Project, plan: Plan, written: boolean): object {
  const { service, framework, packageManager, modules, typescript, entry, port } = project;
  return {
    project: { service, framework, packageManager, modules, typescript, entry, port },
    changes: plan.changes.map(({ path, before, after }) => ({
      path,
      action: before === undefined ? "create" : "update",
      diff: unifiedDiff(path, before, after),
    })),
    unchanged: plan.unchanged,
    notes: plan.notes,
    written,
  };
}

function isFileError(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
