import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { parse } from "yaml";

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (path: string) => readFileSync(join(root, path), "utf8");
/** Files that are there before anything is built. */
const tracked = execFileSync("git", ["ls-files"], { cwd: root, encoding: "utf8" }).split("\n");
const isTracked = (path: string) =>
  tracked.some((file) => file === path || file.startsWith(`${path}/`));
/** What the server reads of its environment, and which options it takes. */
const sources = ["main.ts", "config.ts", "clickhouse-config.ts"]
  .map((file) => read(`packages/server/src/${file}`))
  .join();

/** The source of a program that is built. */
const sourceOf = (program: string) => program.replace("/dist/", "/src/").replace(/\.js$/, ".ts");

function expectOptions(words: readonly string[]): void {
  const options = words.flatMap((word) => /^--([\w-]+)$/.exec(word)?.[1] ?? []);
  expect(options.length).toBeGreaterThan(0);
  for (const option of options) expect(sources).toMatch(new RegExp(`["\\s]${option}"?: \\{ type:`));
}

describe("the Dockerfile", () => {
  const text = read("deploy/Dockerfile");
  /** Instructions with their words. */
  const steps = text
    .replace(/\\\n/g, " ")
    .split("\n")
    .filter((line) => /^[A-Z]+ /.test(line))
    .map((line) => ({ name: line.split(" ")[0] ?? "", rest: line.replace(/^[A-Z]+ +/, "") }));
  const of = (name: string) => steps.filter((step) => step.name === name).map(({ rest }) => rest);

  it("copies what is there, and from the build what it made", () => {
    const copies = of("COPY").map((rest) => rest.split(/\s+/));
    const own = copies.filter(([first = ""]) => !first.startsWith("--from="));
    expect(own.length).toBeGreaterThan(4);
    const ignored = read("deploy/Dockerfile.dockerignore").split("\n");
    for (const path of own.flatMap((words) => words.slice(0, -1))) {
      expect(isTracked(path), path).toBe(true);
      expect(ignored).not.toContain(path);
    }
    for (const [from, path = ""] of copies.filter((words) => !own.includes(words))) {
      expect(from).toBe("--from=build");
      const made = path.replace("/opt/seaworthy/", "");
      expect(made === "node_modules" || isTracked(made), path).toBe(true);
    }
  });

  it("builds with the files that the build names", () => {
    const built = new Set(of("COPY").flatMap((rest) => rest.split(/\s+/)));
    for (const { path } of (JSON.parse(read("tsconfig.json")) as { references: { path: string }[] })
      .references) {
      expect(built).toContain(path.split("/")[0]);
    }
    for (const [, path = ""] of text.matchAll(/\/opt\/seaworthy\/(packages\/[\w./-]+\.js)/g)) {
      expect(isTracked(sourceOf(path)), path).toBe(true);
    }
  });

  it("runs the server as somebody without rights, and looks after it", () => {
    const [entry = "[]"] = of("ENTRYPOINT");
    const [node, program = "", ...options] = JSON.parse(entry) as string[];
    expect(node).toBe("node");
    expect(isTracked(sourceOf(program))).toBe(true);
    expectOptions(options);
    expect(of("USER")).toEqual(["node"]);
    expect(steps.findIndex(({ name }) => name === "USER")).toBeLessThan(
      steps.findIndex(({ name }) => name === "ENTRYPOINT"),
    );
    const [check = ""] = of("HEALTHCHECK");
    const [, , probe = ""] = JSON.parse(check.slice(check.indexOf("["))) as string[];
    // It is a program, and says that nobody is there.
    const url = /http:[^']+/.exec(probe)?.[0] ?? "";
    expect(new URL(url).pathname).toBe("/health/ready");
    expect(of("EXPOSE")).toEqual([new URL(url).port]);
    const nobody = probe.replace(url, "http://127.0.0.1:1/");
    expect(spawnSync(process.execPath, ["--eval", nobody]).status).toBe(1);
    expect(spawnSync(process.execPath, ["--eval", probe.replace(url, "data:,ok")]).status).toBe(0);
  });
});

describe("the compose files", () => {
  it.each(["deploy/compose.yaml", "deploy/compose.servers.yaml"])("%s holds together", (path) => {
    const compose = parse(read(path), { merge: true }) as {
      services: Record<
        string,
        {
          build?: { context: string; dockerfile: string };
          environment?: Record<string, string>;
          volumes?: string[];
          depends_on?: Record<string, unknown>;
          healthcheck?: unknown;
        }
      >;
      volumes: Record<string, unknown>;
    };
    const { services } = compose;
    for (const [name, service] of Object.entries(services)) {
      for (const volume of service.volumes ?? [])
        expect(Object.keys(compose.volumes)).toContain(volume.split(":")[0]);
      if (service.build === undefined) {
        expect(service.healthcheck, name).toBeDefined();
        continue;
      }
      expect(isTracked(join("deploy", service.build.context, service.build.dockerfile))).toBe(true);
      for (const variable of Object.keys(service.environment ?? {}))
        expect(sources).toContain(`"${variable}"`);
      for (const needed of Object.keys(service.depends_on ?? {}))
        expect(Object.keys(services)).toContain(needed);
      for (const key of ["SEAWORTHY_CLICKHOUSE_URL", "SEAWORTHY_POSTGRES_URL"]) {
        const host = /@([\w-]+)[:/]/.exec(service.environment?.[key] ?? "")?.[1];
        if (host !== undefined) expect(Object.keys(services)).toContain(host);
      }
    }
  });
});

describe("the systemd unit", () => {
  const unit = read("deploy/seaworthy.service");

  it("starts what the build makes, with options that there are", () => {
    const [node, program = "", ...options] = /^ExecStart=(.*)$/m.exec(unit)?.[1]?.split(" ") ?? [];
    expect(node).toBe("/usr/bin/node");
    expect(isTracked(sourceOf(program.replace("/opt/seaworthy/", "")))).toBe(true);
    expectOptions(options);
  });

  it("is what systemd understands, where there is one to ask", async () => {
    if (!existsSync("/usr/bin/systemd-analyze")) return;
    const dir = await mkdtemp(join(tmpdir(), "seaworthy-unit-"));
    onTestFinished(() => rm(dir, { recursive: true, force: true }));
    const file = join(dir, "seaworthy.service");
    const check = async (text: string) => {
      await writeFile(file, text.replace("/usr/bin/node", process.execPath));
      const { stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", file], {
        encoding: "utf8",
      });
      return stderr.split("\n").filter((line) => line.includes(file));
    };
    expect(await check(unit)).toEqual([]);
    expect((await check(unit.replace("KillMode=mixed", "KillMode=gentle"))).join()).toContain(
      "gentle",
    );
  });
});
