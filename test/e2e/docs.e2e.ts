import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startPlatform, TOKEN, writeSetup } from "./platform.ts";
import type { Platform, Setup } from "./platform.ts";
import { startReceiver } from "./receiver.ts";
import type { Receiver } from "./receiver.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);

/** Commands that another test runs in the same words, and where. */
const COVERED: Readonly<Record<string, string>> = {
  "npm install && npm start": "fault-to-page.e2e.ts starts the platform so; CI installs",
  "npm install && npm test": ".ci/run is this command",
  "npm install": ".ci/run",
  "npm start": "fault-to-page.e2e.ts",
  "npm test": ".ci/run",
  "npm run check": "scripts/test.mjs runs it",
  "npm start -- --config seaworthy.yml --data /var/lib/seaworthy":
    "platform.ts starts so, with other names",
  "export SEAWORTHY_TOKEN=$(openssl rand -hex 32)": "platform.ts sets the token",
};

let folder: string;
let receiver: Receiver;
let setup: Setup;
let platform: Platform;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "seaworthy-docs-"));
  receiver = await startReceiver();
  setup = await writeSetup(folder, receiver.url);
  platform = await startPlatform(setup, "server");
  // The API's examples speak of incident 1.
  await platform.call("/api/incidents", {
    method: "POST",
    body: { title: "For the examples", severity: "P3" },
  });
});

afterAll(async () => {
  await platform?.end("SIGTERM");
  await receiver?.close();
  await rm(folder, { recursive: true, force: true });
});

/** The commands in the `sh` blocks of a page: one a line, without what stands behind ` # `. */
function commandsOf(text: string): string[] {
  const blocks = [...text.matchAll(/^[ \t]*```sh\n([\s\S]*?)^[ \t]*```/gm)].map(
    (match) => match[1] ?? "",
  );
  return blocks.flatMap((block) =>
    block
      .replaceAll("\\\n", " ")
      .split("\n")
      .map((line) => line.replace(/\s{2,}#.*$/, "").trim())
      .filter((line) => line !== "" && !line.startsWith("#")),
  );
}

async function pages(): Promise<string[]> {
  const docs = (await readdir(join(root, "docs"))).filter((name) => name.endsWith(".md"));
  return ["README.md", "CONTRIBUTING.md", ...docs.map((name) => `docs/${name}`)];
}

it("every command in the documentation works", async () => {
  const failures: string[] = [];
  let ran = 0;
  for (const page of await pages()) {
    for (const command of commandsOf(await readFile(join(root, page), "utf8"))) {
      if (Object.hasOwn(COVERED, command)) continue;
      // The documented ports are the defaults; this system has its own.
      const here = command
        .replaceAll("127.0.0.1:4000", `127.0.0.1:${setup.port}`)
        .replaceAll("127.0.0.1:4100", `127.0.0.1:${setup.shopPort}`)
        .replaceAll(/\bcurl /g, "curl --fail-with-body -sS ");
      ran += 1;
      await run("bash", ["-c", here], {
        cwd: root,
        env: { ...process.env, SEAWORTHY_TOKEN: TOKEN },
        timeout: 60_000,
      }).catch((error: unknown) => failures.push(`${page}: ${command}\n${String(error)}`));
    }
  }
  expect(failures).toEqual([]);
  expect(ran).toBeGreaterThan(4);
});

it("names no covered command that no page has", async () => {
  const all = new Set(
    (await Promise.all((await pages()).map((page) => readFile(join(root, page), "utf8")))).flatMap(
      commandsOf,
    ),
  );
  expect(Object.keys(COVERED).filter((command) => !all.has(command))).toEqual([]);
});
