/** The packages as they are published, in a repository that is not ours. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { launch } from "./platform.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
let folder = "";

interface Manifest {
  readonly name: string;
  readonly bin?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
}
const manifestIn = (path: string) =>
  JSON.parse(readFileSync(join(path, "package.json"), "utf8")) as Manifest;

/** Where the repository has a dependency of one of its packages. */
function installed(workspace: string, name: string): string {
  const places = [join(workspace, "node_modules", name), join(root, "node_modules", name)];
  const found = places.find((place) => existsSync(place));
  if (found === undefined) throw new Error(`${name} is not installed`);
  return found;
}

/**
 * Installs the packed packages, each with what it declares and nothing else: other people's packages
 * are links to those of the repository, so that nothing is fetched.
 */
async function install(packs: string): Promise<void> {
  const modules = join(folder, "node_modules");
  for (const pack of readdirSync(packs)) {
    const unpacked = await mkdtemp(join(packs, "unpacked-"));
    execFileSync("tar", ["-xzf", join(packs, pack), "-C", unpacked]);
    const { name, dependencies = {} } = manifestIn(join(unpacked, "package"));
    const home = join(modules, name);
    await mkdir(dirname(home), { recursive: true });
    execFileSync("mv", [join(unpacked, "package"), home]);
    const workspace = join(root, "packages", name.split("/")[1] ?? "cli");
    for (const [other] of Object.entries(dependencies)) {
      if (other.startsWith("@seaworthy/")) continue;
      const place = join(home, "node_modules", other);
      await mkdir(dirname(place), { recursive: true });
      await symlink(installed(workspace, other), place);
    }
  }
}

function seaworthy(...args: string[]) {
  const home = join(folder, "node_modules/seaworthy");
  const { bin } = manifestIn(home);
  return [process.execPath, join(home, bin?.["seaworthy"] ?? ""), ...args];
}

function run(...args: string[]): string {
  const [command = "", ...rest] = seaworthy(...args);
  const { status, stdout, stderr } = spawnSync(command, rest, { cwd: folder, encoding: "utf8" });
  expect([status, stderr]).toEqual([0, ""]);
  return stdout;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "seaworthy-packed-"));
  const packs = await mkdtemp(join(tmpdir(), "seaworthy-packs-"));
  execFileSync(process.execPath, [join(root, "scripts/pack.mjs"), packs], { stdio: "ignore" });
  await install(packs);
  await rm(packs, { recursive: true });
  await writeFile(
    join(folder, "package.json"),
    JSON.stringify({ name: "boats", type: "module", dependencies: { fastify: "^5" } }),
  );
  await writeFile(
    join(folder, "server.js"),
    'import Fastify from "fastify";\nconst app = Fastify();\nawait app.listen({ port: 3000 });\n',
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it("the command says its version and sets up the repository, once", () => {
  expect(run("--version")).toBe("0.1.0\n");
  expect(run("init", "--yes")).toContain("npx seaworthy up");
  expect(readFileSync(join(folder, "server.js"), "utf8")).toContain("@seaworthy/sdk/fastify");
  expect(JSON.parse(run("init", "--yes", "--json"))).toMatchObject({ changes: [] });
});

it("the platform starts on the files that were written, with its interface", async () => {
  const platform = await launch(seaworthy("up", "--port", "0"), folder);
  try {
    expect((await fetch(`${platform.url}/health/ready`)).status).toBe(200);
    const page = await (await fetch(platform.url)).text();
    const [, script = ""] = /<script type="module"[^>]* src="([^"]+)"/.exec(page) ?? [];
    expect((await fetch(new URL(script, platform.url))).status).toBe(200);
    const rules = await platform.call("/api/v1/rules");
    expect(JSON.stringify(rules)).toContain(join(folder, "seaworthy/rules/availability.yml"));
  } finally {
    const { code } = await platform.end("SIGTERM");
    // On a machine that is busy with much else it may be cut short, and then it says so.
    if (code !== 0) await expect.poll(platform.output).toContain("not everything ended in time");
  }
});
