import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { parseOptions } from "./options.ts";

const program = fileURLToPath(new URL("./main.ts", import.meta.url));
const node = ["--import", "tsx", "--conditions", "@seaworthy/source", program];

let child: ChildProcess | undefined;
afterEach(() => {
  child?.kill("SIGKILL");
});

function start(...args: string[]) {
  const shop = spawn(process.execPath, [...node, ...args], { stdio: ["pipe", "pipe", "pipe"] });
  child = shop;
  return shop;
}

async function ready(shop: ReturnType<typeof start>): Promise<string> {
  for await (const line of createInterface({ input: shop.stdout })) {
    const said = JSON.parse(line) as { ready: boolean; url: string };
    expect(said.ready).toBe(true);
    return said.url;
  }
  throw new Error("the shop ended before it was ready");
}

test("says when it is ready, has traffic, and ends when its parent's pipe closes", async () => {
  const shop = start("--port", "0", "--data", "memory");
  const url = await ready(shop);
  const switched = await fetch(`${url}/faults/auth-storm`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"on":true}',
  });
  expect(switched.status).toBe(200);
  const wanted = [
    /path="\/checkout",status="303"\} [1-9]/,
    /path="\/cart\/items",status="303"\} [1-9]/,
    /path="\/products\/:id",status="200"\} [1-9]/,
    /auth_attempts_total\{result="failure"\} [1-9]/,
    /auth_attempts_total\{result="success"\} [1-9]/,
  ];
  // Traffic goes on by itself, and comes sooner when it is not asked for all the time.
  const metrics = async () => (await fetch(`${url}/metrics`)).text();
  for (const one of wanted) await expect.poll(metrics, { interval: 200 }).toMatch(one);
  const exit = once(shop, "exit");
  shop.stdin.end();
  expect(await exit).toEqual([0, null]);
});

test("ends in order on SIGTERM", async () => {
  const shop = start("--port", "0", "--data", "memory", "--no-traffic");
  const url = await ready(shop);
  expect(await (await fetch(`${url}/metrics`)).text()).not.toMatch(/path="\/checkout",.*\} [1-9]/);
  const exit = once(shop, "exit");
  shop.kill("SIGTERM");
  expect(await exit).toEqual([0, null]);
});

test("says what is wrong with its options, and that a port is taken", async () => {
  expect(() => parseOptions(["--port", "99999"])).toThrow("a port is a number from 0 to 65535");
  expect(() => parseOptions(["--port", "x"])).toThrow("--port x");
  expect(() => parseOptions(["--log-level", "loud"])).toThrow("the levels are");
  expect(() => parseOptions(["--colour"])).toThrow("--colour");
  expect(parseOptions([])).toMatchObject({ host: "127.0.0.1", port: 4100, traffic: true });
  const first = start("--port", "0", "--data", "memory", "--no-traffic");
  const { port } = new URL(await ready(first));
  const second = spawn(process.execPath, [...node, "--port", port], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  second.stderr.on("data", (chunk) => {
    said += String(chunk);
  });
  expect(await once(second, "exit")).toEqual([1, null]);
  expect(said).toContain("EADDRINUSE");
});
