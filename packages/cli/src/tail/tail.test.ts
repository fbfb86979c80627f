import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, onTestFinished, test, vi } from "vitest";
import { fakeTerminal } from "../../test/terminal.ts";
import { tail, tailHelp } from "./tail.ts";

interface Push {
  readonly streams: readonly {
    readonly stream: Record<string, string>;
    readonly values: readonly [string, string, Record<string, string>][];
  }[];
}

/** A platform that answers as it is told to, and keeps what it took. */
async function platform(answers: readonly (readonly [number, string])[] = []) {
  const pushes: Push[] = [];
  const bodies: string[] = [];
  let asked = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = gunzipSync(Buffer.concat(chunks)).toString();
      bodies.push(body);
      const allowed = request.headers.authorization === "Bearer right";
      const [status, text] = allowed ? (answers[asked++] ?? [204, ""]) : [401, "sign in"];
      if (status === 204 || status === 400) pushes.push(JSON.parse(body) as Push);
      response.writeHead(status).end(text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const folder = await mkdtemp(join(tmpdir(), "seaworthy-cli-tail-"));
  onTestFinished(async () => {
    server.close();
    server.closeAllConnections();
    await rm(folder, { recursive: true, force: true });
  });
  const SEAWORTHY_URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const env = { SEAWORTHY_URL, SEAWORTHY_KEY: "right", XDG_STATE_HOME: folder };
  const lines = () =>
    pushes.flatMap(({ streams }) =>
      streams.flatMap(({ values }) => values.map(([, line]) => line)),
    );
  return { env, folder, pushes, bodies, lines };
}

test("sends files with their labels, once, and goes on where it was", async () => {
  const { env, folder, pushes, lines } = await platform();
  await writeFile(join(folder, "shop.log"), 'one\n{"level":"warn","msg":"two"}\n');
  const terminal = fakeTerminal(folder, { env });
  const args = ["--once", "--label", "env=prod", "*.log"];
  expect(await tail(args, terminal)).toBe(0);
  expect(lines()).toEqual(["one", '{"level":"warn","msg":"two"}']);
  expect(pushes[0]?.streams[0]?.stream).toMatchObject({
    service_name: "shop",
    env: "prod",
    filename: join(folder, "shop.log"),
  });
  expect(pushes[0]?.streams[0]?.values[1]?.[2]).toEqual({ level: "warn" });
  await appendFile(join(folder, "shop.log"), "three\n");
  expect(await tail(args, terminal)).toBe(0);
  expect(lines()).toHaveLength(3);
  expect(terminal.errors()).toContain("1 lines were sent to");
});

test("follows until it is stopped, sends again what could not be taken, and tells of refused lines", async () => {
  const told = "1 of 1 lines were not stored, the others were; too old";
  const { env, folder, bodies, lines } = await platform([
    [503, "later"],
    [204, ""],
    [400, told],
  ]);
  await writeFile(join(folder, "a.log"), "first\n");
  const terminal = fakeTerminal(folder, { env });
  const stop = new AbortController();
  const running = tail(["a.log"], terminal, stop.signal);
  const until = (count: number) =>
    vi.waitFor(() => expect(lines()).toHaveLength(count), { timeout: 30_000 });
  await until(1);
  expect(bodies[1]).toBe(bodies[0]);
  await appendFile(join(folder, "a.log"), "second\n");
  await until(2);
  stop.abort();
  expect(await running).toBe(0);
  expect(terminal.errors()).toContain("could not be delivered yet");
  expect(terminal.errors()).toContain(told);
});

test("ends when the key is not taken, and says what it needs", async () => {
  const { env, folder } = await platform();
  await writeFile(join(folder, "a.log"), "first\n");
  const terminal = fakeTerminal(folder, { env: { ...env, SEAWORTHY_KEY: "wrong" } });
  expect(await tail(["a.log"], terminal)).toBe(1);
  expect(terminal.errors()).toContain("SEAWORTHY_KEY must be a token of the scope ingest");
  expect(await tail([], terminal)).toBe(2);
  expect(await tail(["--label", "x", "a"], terminal)).toBe(2);
  expect(terminal.errors()).toContain('--label takes NAME=VALUE, not "x"');
  expect(await tail(["--help"], terminal)).toBe(0);
  expect(terminal.written()).toBe(tailHelp);
});
