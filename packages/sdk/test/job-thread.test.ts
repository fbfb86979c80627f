/** The thread by which the kit as it is installed sends; what runs from the sources has none. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Collector } from "./collector.ts";

const root = new URL("..", import.meta.url);
let collector: Collector;
let folder: string;
beforeEach(async () => {
  collector = await Collector.start();
  folder = await mkdtemp(join(tmpdir(), "seaworthy-sending-"));
});
afterEach(async () => {
  await collector.close();
  await rm(folder, { recursive: true, force: true });
});

/** A service that sends some things and says how many requests its own thread has made. */
const program = (end: string) => `
  import { subscribe } from "node:diagnostics_channel";
  import { createKit } from "@seaworthy/sdk";
  let requests = 0;
  subscribe("http.client.request.start", () => (requests += 1));
  const kit = createKit({
    service: "shop",
    export: { url: ${JSON.stringify(collector.url)}, key: "test-key" },
    logs: { destination: { write: () => {} } },
  });
  for (const item of ["one", "two", "three"]) kit.logger.info(item);
  kit.span("work", () => {});
  kit.captureException(new Error("failed"));
  ${end}
  console.log(requests);`;

async function run(code: string, ...flags: string[]): Promise<number> {
  const args = [...flags, "--input-type=module", "-e", code];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root });
  return Number(stdout);
}

function expectAll(): void {
  const bodies = collector.logs.map(({ body }) => body);
  expect(bodies).toEqual(expect.arrayContaining(["one", "two", "three"]));
  expect(collector.logs.map(({ attributes }) => attributes["exception.message"])).toContain(
    "failed",
  );
  expect(collector.spans.map(({ name }) => name)).toEqual(["work"]);
}

test("what is sent is sent by a thread, and all of it before a shutdown ends", async () => {
  expect(await run(program("await kit.shutdown();"))).toBe(0);
  expectAll();
});

test("the thread keeps no process", async () => {
  const sent = `
    const text = () => kit.registry.metrics();
    const all = /^seaworthy_sdk_exported_total\\{.*\\} (\\d+)$/gm;
    const count = async () => {
      let sum = 0;
      for (const [, number] of (await text()).matchAll(all)) sum += Number(number);
      return sum;
    };
    while ((await count()) < 5) await new Promise((done) => setTimeout(done, 20));`;
  expect(await run(program(sent))).toBe(0);
  expectAll();
});

test("what an application loads into its threads is not loaded into this one", async () => {
  const loaded = join(folder, "loaded");
  const module = join(folder, "loaded.mjs");
  await writeFile(
    module,
    `import { appendFileSync } from "node:fs";
     import { threadId } from "node:worker_threads";
     appendFileSync(${JSON.stringify(loaded)}, "thread " + threadId + "\\n");`,
  );
  const code = program("await kit.shutdown();");
  expect(await run(code, "--import", pathToFileURL(module).href)).toBe(0);
  expectAll();
  expect(await readFile(loaded, "utf8")).toBe("thread 0\n");
});

test("where threads are not permitted, the application's own sends", async () => {
  const [major = 0] = process.versions.node.split(".").map(Number);
  const permission = major < 24 ? "--experimental-permission" : "--permission";
  const flags = [permission, "--allow-fs-read=*", "--no-warnings"];
  expect(await run(program("await kit.shutdown();"), ...flags)).toBeGreaterThan(0);
  expectAll();
});
