import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { freePort } from "../../packages/server/test/free-port.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The admin token that these systems are started with. */
export const TOKEN = "end-to-end-token-0123456789abcdef";

/** What one test system is made of. */
export interface Setup {
  readonly config: string;
  readonly data: string;
  readonly port: number;
  readonly shopPort: number;
}

/**
 * Writes a configuration like the demo's into `folder`, with ports of its own, notifying the receiver
 * at `receiverURL` by webhook and in Slack's form. `extraTargets` are scraped as job `extra`; without the
 * demo, the shop is the test's to run.
 */
export async function writeSetup(
  folder: string,
  receiverURL: string,
  options: { readonly extraTargets?: readonly string[]; readonly demo?: boolean } = {},
): Promise<Setup> {
  const { extraTargets = [], demo: withDemo = true } = options;
  const shopPort = await freePort();
  const port = await freePort();
  const demo = join(root, "examples/shop/seaworthy");
  await mkdir(join(folder, "config"), { recursive: true });
  await cp(join(demo, "rules"), join(folder, "config/rules"), { recursive: true });
  const prometheus = await readFile(join(demo, "prometheus.yml"), "utf8");
  const extra =
    extraTargets.length === 0
      ? ""
      : `  - job_name: extra\n    static_configs: [{targets: ${JSON.stringify(extraTargets)}}]\n`;
  await writeFile(
    join(folder, "config/prometheus.yml"),
    prometheus.replaceAll("127.0.0.1:4100", `127.0.0.1:${shopPort}`).replace(/\n*$/, `\n${extra}`),
  );
  const alertmanager = await readFile(join(demo, "alertmanager.yml"), "utf8");
  const receiver = [
    "    webhook_configs:",
    `      - url: ${receiverURL}/webhook`,
    "    slack_configs:",
    `      - api_url: ${receiverURL}/slack`,
    "        channel: '#pages'",
    "        send_resolved: true",
  ].join("\n");
  await writeFile(
    join(folder, "config/alertmanager.yml"),
    alertmanager.replace(/^( *)- name: ["']?demo["']?$/m, (line) => `${line}\n${receiver}`),
  );
  await writeFile(
    join(folder, "config/seaworthy.yml"),
    `http: {port: ${port}}\ndemo: {enabled: ${withDemo}, port: ${shopPort}}\nprobes: {addresses: ["127.0.0.1:9115"]}\n`,
  );
  return {
    config: join(folder, "config/seaworthy.yml"),
    data: join(folder, "data"),
    port,
    shopPort,
  };
}

/** A running platform. */
export interface Platform {
  readonly url: string;
  readonly child: ChildProcess;
  /** Everything it wrote to stderr so far. */
  readonly output: () => string;
  /** From the start of the process to its word that it is ready, in milliseconds. */
  readonly readyAfter: number;
  /** Calls the API with the admin token; answers the parsed body. Throws on an error status. */
  call(path: string, init?: { method?: string; body?: unknown }): Promise<unknown>;
  /** Sends the signal and waits for the end; answers the exit code and how long it took. */
  end(signal: NodeJS.Signals): Promise<{ code: number | null; took: number }>;
}

/**
 * Starts the platform: by `npm start` as a person does, or as the bare server process when it is to be
 * killed. Rejects with its output when it ends before it is ready.
 */
export async function startPlatform(
  setup: Setup,
  how: "npm" | "server",
  args: readonly string[] = [],
  environment: Readonly<Record<string, string>> = {},
): Promise<Platform> {
  const options = ["--config", setup.config, "--data", setup.data, ...args];
  const [command, ...rest] =
    how === "npm"
      ? ["npm", "start", "--", ...options]
      : [process.execPath, join(root, "packages/server/dist/main.js"), ...options];
  return launch([command, ...rest], root, environment);
}

/** Starts a platform by any command, in `folder`. Rejects with its output when it ends before it is ready. */
export async function launch(
  [command = "", ...args]: readonly string[],
  folder: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<Platform> {
  const started = performance.now();
  const child = spawn(command, args, {
    cwd: folder,
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, UV_THREADPOOL_SIZE: "16", SEAWORTHY_TOKEN: TOKEN, ...environment },
  });
  const ended = once(child, "exit") as Promise<[number | null, string | null]>;
  let output = "";
  const lines = createInterface({ input: child.stderr });
  const ready = new Promise<string>((resolve, reject) => {
    lines.on("line", (line) => {
      output += `${line}\n`;
      const url = /Seaworthy is ready at (\S+)/.exec(line)?.[1];
      if (url !== undefined) resolve(url);
    });
    void ended.then(([code]) =>
      reject(new Error(`the platform ended with ${code} before it was ready:\n${output}`)),
    );
  });
  const url = await ready;
  return {
    url,
    child,
    output: () => output,
    readyAfter: performance.now() - started,
    async call(path, init = {}) {
      const response = await fetch(url + path, {
        method: init.method ?? "GET",
        headers: {
          authorization: `Bearer ${TOKEN}`,
          ...(init.body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(init.body === undefined ? {} : { body: JSON.stringify(init.body) }),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text}`);
      return JSON.parse(text) as unknown;
    },
    async end(signal) {
      const asked = performance.now();
      child.kill(signal);
      const [code] = await ended;
      return { code, took: performance.now() - asked };
    },
  };
}

/** The demo shop as a process of its own, which outlives the platform. */
export async function startShop(port: number): Promise<ChildProcess> {
  const program = join(root, "examples/shop/dist/main.js");
  const child = spawn(process.execPath, [program, "--port", String(port)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.includes('"ready":true')) return child;
  }
  throw new Error("the shop ended before it was ready");
}

/** Switches one of the demo shop's faults. */
export async function switchFault(shopPort: number, name: string, on: boolean): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${shopPort}/faults/${name}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ on }),
  });
  if (!response.ok) throw new Error(`fault ${name}: ${response.status} ${await response.text()}`);
}

/** Asks again every 100 ms until `probe` answers something; its own errors mean "not yet". */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined>,
  ms = 60_000,
): Promise<T> {
  const deadline = Date.now() + ms;
  let last: unknown;
  while (Date.now() < deadline) {
    try {
      const answer = await probe();
      if (answer !== undefined) return answer;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${what}: not within ${ms} ms`, { cause: last });
}
