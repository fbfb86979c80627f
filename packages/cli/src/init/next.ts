import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { kit } from "./frameworks.ts";
import { codeOnly } from "./source-text.ts";

/** Where the kit belongs in a project of Next's. */
export interface NextProject {
  /** The instrumentation file, relative to the root. */
  readonly instrumentation: string;
  /** The configuration, relative to the root. */
  readonly config: string;
}

/** What to do with a file: its text, or what a person has to add. */
export type NextEdit = { readonly text: string } | { readonly byHand: string };

const instrumentationNames = ["instrumentation.ts", "instrumentation.js", "instrumentation.mjs"];
const configNames = ["next.config.ts", "next.config.mjs", "next.config.js", "next.config.cjs"];

/** Finds both files, or says what they will be called. */
export async function detectNext(root: string, typescript: boolean): Promise<NextProject> {
  // Next reads the file beside `app` or `pages`, wherever these are.
  const below =
    (await isFolder(join(root, "src", "app"))) || (await isFolder(join(root, "src", "pages")));
  const folder = below ? "src/" : "";
  const here = await namesIn(join(root, folder));
  const name = instrumentationNames.find((each) => here.includes(each));
  const top = await namesIn(root);
  return {
    instrumentation: `${folder}${name ?? (typescript ? "instrumentation.ts" : "instrumentation.js")}`,
    config: configNames.find((each) => top.includes(each)) ?? "next.config.mjs",
  };
}

/** The instrumentation file with the kit; one that exists is edited by a person. */
export function instrumentationWithKit(
  before: string | undefined,
  service: string,
  typescript: boolean,
): NextEdit {
  if (before?.includes(kit) === true) return { text: before };
  if (before !== undefined && before.trim() !== "")
    return {
      byHand: `in register() and onRequestError():\n${instrumentation(service, typescript)}`,
    };
  return { text: instrumentation(service, typescript) };
}

function instrumentation(service: string, typescript: boolean): string {
  const types = typescript
    ? "error: unknown, request: unknown, context: { routePath?: string }"
    : "error, request, context";
  return `export async function register() {
  if (process.env.NEXT_RUNTIME === "nodejs") {
    const { seaworthy } = await import("${kit}/next");
    seaworthy({ service: ${JSON.stringify(service)} });
  }
}

export async function onRequestError(${types}) {
  if (process.env.NEXT_RUNTIME === "nodejs") {
    const kit = await import("${kit}/next");
    kit.onRequestError(error, request, context);
  }
}
`;
}

/**
 * The configuration with the kit among `serverExternalPackages`: bundled, it would be there twice and
 * could not see what the application's own packages do.
 */
export function configWithKit(before: string | undefined): NextEdit {
  if (before === undefined)
    return {
      text: `/** @type {import("next").NextConfig} */
const nextConfig = {
  serverExternalPackages: ["${kit}"],
};

export default nextConfig;
`,
    };
  if (before.includes(kit)) return { text: before };
  const quote = before.split("'").length > before.split('"').length ? "'" : '"';
  const name = `${quote}${kit}${quote}`;
  const code = codeOnly(before);
  const list = /\bserverExternalPackages\s{0,9}:\s{0,9}\[/.exec(code);
  if (list !== null) {
    const at = list.index + list[0].length;
    const rest = /^\s{0,99}\]/.test(code.slice(at)) ? "" : ", ";
    return { text: `${before.slice(0, at)}${name}${rest}${before.slice(at)}` };
  }
  const object = configObject(code);
  if (object === undefined || code.includes("serverExternalPackages"))
    return { byHand: `serverExternalPackages: ["${kit}"],\n` };
  const at = object.index + object[0].length;
  const newline = before.includes("\r\n") ? "\r\n" : "\n";
  const gap = /^[ \t]{0,40}\r?\n/.test(before.slice(at)) ? "" : newline;
  return {
    text: `${before.slice(0, at)}${newline}  serverExternalPackages: [${name}],${gap}${before.slice(at)}`,
  };
}

/** Where the configuration's object begins: a variable whose name ends in "config", or what is exported. */
function configObject(code: string): RegExpExecArray | undefined {
  const variable = /\b(?:const|let|var) (\w+)(?:: [\w.<>]+)? ?= ?\{/g;
  return (
    [...code.matchAll(variable)].find(([, name = ""]) => /config$/i.test(name)) ??
    /\bmodule\.exports\s{0,9}=\s{0,9}\{/.exec(code) ??
    /\bexport\s{1,9}default\s{0,9}\{/.exec(code) ??
    undefined
  );
}

/** The version of `next` that package.json asks for, its first number; undefined when it cannot be told. */
export function majorOf(range: unknown): number | undefined {
  const major = /\d{1,3}/.exec(typeof range === "string" ? range : "")?.[0];
  return major === undefined ? undefined : Number(major);
}

/** The port that a program (`next dev`, `fastify start`) is given in package.json's scripts. */
export function portOfScripts(
  program: "next" | "fastify",
  scripts: Readonly<Record<string, unknown>> = {},
): number | undefined {
  for (const script of Object.values(scripts)) {
    const words = String(script).split(/[\s=]+/);
    const flag = words.findIndex(
      (word, at) => (word === "-p" || word === "--port") && words.slice(0, at).includes(program),
    );
    const port = Number(flag === -1 ? 0 : words[flag + 1]);
    if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  }
  return undefined;
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** Whether the instrumentation file has the kit. */
export async function usesKit(
  root: string,
  { instrumentation: file }: NextProject,
): Promise<boolean> {
  return readFile(join(root, file), "utf8").then(
    (text) => text.includes(kit),
    () => false,
  );
}
