import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test, vi } from "vitest";
import { EndedRequests, type EndedRequest } from "./ended-requests.ts";

const ended = (requestId: string): EndedRequest => ({
  requestId,
  traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
  method: "GET",
  url: "/",
  template: "/",
  status: 200,
  milliseconds: 1,
  timestamp: "2026-11-22T04:00:00.000Z",
  requestBytes: 0,
  responseBytes: 0,
  error: undefined,
});

function setUp() {
  const recorded: string[] = [];
  const requests = new EndedRequests(({ requestId }) => recorded.push(requestId));
  const add = (from: number, to: number) => {
    for (let id = from; id < to; id += 1) requests.add(ended(String(id)));
  };
  return { recorded, requests, add };
}

test("records them in order: some together, and what is left a moment later", async () => {
  const { recorded, add } = setUp();
  add(0, 63);
  expect(recorded).toHaveLength(0);
  add(63, 70);
  expect(recorded).toHaveLength(64);
  await vi.waitFor(() => expect(recorded).toHaveLength(70), { timeout: 30_000 });
  // The timer is used again.
  add(70, 71);
  await vi.waitFor(() => expect(recorded).toHaveLength(71), { timeout: 30_000 });
  expect(recorded).toEqual(Array.from({ length: 71 }, (_, index) => String(index)));
});

test("records what waits at once for whoever asks, also while it is being recorded", () => {
  const recorded: string[] = [];
  const requests: EndedRequests = new EndedRequests(({ requestId }) => {
    recorded.push(requestId);
    // As when a full buffer is written out in the midst of it.
    requests.settle();
  });
  requests.add(ended("a"));
  requests.add(ended("b"));
  requests.settle();
  requests.settle();
  expect(recorded).toEqual(["a", "b"]);
});

/** What a process writes that ends, one way or the other, as soon as it has answered a request. */
async function linesOf(end: string): Promise<string[]> {
  const module = fileURLToPath(new URL("../node-http.ts", import.meta.url));
  const source = `
    import { createServer, get } from "node:http";
    import { seaworthy } from ${JSON.stringify(module)};
    const watch = seaworthy({ service: "short", export: false });
    const server = createServer(watch((request, response) => response.end("ok")));
    server.listen(0, "127.0.0.1", () =>
      get({ port: server.address().port, path: "/last", agent: false }, (response) => {
        response.resume();
        response.on("close", () => { ${end} });
      }));`;
  const args = ["--import", "tsx", "--input-type=module", "-e", source];
  const run = promisify(execFile)(process.execPath, args, { timeout: 60_000 });
  const stdout = await run.then(
    (done) => done.stdout,
    (error: unknown) => (error as { stdout: string }).stdout,
  );
  return stdout.split("\n").filter((line) => line !== "");
}

test("a request's line is there when the process ends right after the answer", async () => {
  const ends = [
    "process.exit(0)",
    "throw new Error('x')",
    "server.close()",
    "watch.kit.logger.fatal('the end'); process.kill(process.pid, 'SIGKILL')",
    "watch.kit.shutdown(1000).then(() => process.kill(process.pid, 'SIGKILL'))",
  ];
  const all = await Promise.all(ends.map((end) => linesOf(end)));
  for (const [index, lines] of all.entries()) {
    const urls = lines.map((line) => (JSON.parse(line) as { url?: string }).url);
    expect(urls, ends[index]).toContain("/last");
  }
});
