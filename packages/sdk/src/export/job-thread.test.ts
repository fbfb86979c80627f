import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { JobThread } from "./job-thread.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "seaworthy-thread-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function thread(code: string): Promise<JobThread> {
  const file = join(folder, `${String(Math.random()).slice(2)}.mjs`);
  await writeFile(file, `import { parentPort } from "node:worker_threads";\n${code}`);
  return new JobThread(pathToFileURL(file));
}

const resource = { service: "s", environment: "e", version: "1", instance: "i" };

/** Has some lines packed and reads what came of it. */
async function pack(it: JobThread, ...messages: string[]): Promise<string[]> {
  const lines = messages.map((message) => JSON.stringify({ level: "info", message }));
  const { body, count, errors } = await it.run("packLines", { resource, lines });
  expect(errors).toEqual([]);
  expect(count).toBe(messages.length);
  const text = gunzipSync(body ?? new Uint8Array()).toString();
  return [...text.matchAll(/"body":\{"stringValue":"(.*?)"\}/g)].map(([, message = ""]) => message);
}

test("what the thread says is the answer to what it was asked", async () => {
  const it = await thread(`
    const asked = [];
    parentPort.on("message", (one) => {
      asked.push(one);
      if (asked.length < 3) return;
      // In another order, and one of them a failure.
      const [first, second, third] = asked;
      parentPort.postMessage({ id: third.id, failed: "Error: no answer in time" });
      parentPort.postMessage({ id: 99, done: "never asked" });
      parentPort.postMessage({ id: second.id, done: second.given.url });
      parentPort.postMessage({ id: first.id, done: first.given.url });
    });`);
  const body = new Uint8Array(1);
  const answers = ["a", "b", "c"].map((url) => it.run("post", { url, body, headers: {} }));
  expect(await Promise.allSettled(answers)).toMatchObject([
    { value: "a" },
    { value: "b" },
    { reason: { message: "Error: no answer in time" } },
  ]);
});

test.each([
  ["throws", `parentPort.on("message", () => { throw new Error("broken"); });`],
  ["exits", `parentPort.on("message", () => process.exit(0));`],
  ["cannot be read", "this is no JavaScript"],
  ["fills its memory", `const all = []; for (;;) all.push(new Array(10_000).fill(all.length));`],
])("the jobs of a thread that %s are done without it", async (_, code) => {
  const it = await thread(code);
  expect(await Promise.all([pack(it, "a", "b"), pack(it, "c")])).toEqual([["a", "b"], ["c"]]);
  expect(await pack(it, "later")).toEqual(["later"]);
});

test("no thread, or none to be found: the jobs are done", async () => {
  const missing = pathToFileURL(join(folder, "missing.mjs"));
  for (const file of [undefined, missing, new URL("https://seaworthy.example/thread.js")])
    expect(await pack(new JobThread(file), "a")).toEqual(["a"]);
});

test("what cannot be cloned is not given to a thread", async () => {
  const it = await thread(`parentPort.on("message", () => {});`);
  const odd = { toString: () => '{"level":"info","message":"odd"}' };
  const lines = [odd as unknown as string];
  expect(await it.run("packLines", { resource, lines })).toMatchObject({ count: 1 });
});
