// How long from a fault to the first notification: Seaworthy, and Prometheus with Alertmanager, watch
// the same shop by the same files in the same run, and both page one receiver. The floor is what the
// files ask for: up to a second until the next scrape and evaluation each, `for: 2s`, `group_wait: 1s`.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { freePort } from "./free-port.mjs";

const json = process.argv.includes("--json");
const ROUNDS = 10;
const FLOOR_S = 4;
const FAULTS = ["errors", "down"];
const ALERTS = { errors: "ShopCheckoutErrors", down: "ShopDown" };
const GIVE_UP_MS = 60_000;

for (const peer of ["prometheus", "prometheus-alertmanager"]) {
  if (spawnSync(peer, ["--version"]).status !== 0) {
    process.stderr.write(`the peer is not installed: apt-get install ${peer}\n`);
    process.exit(2);
  }
}

const root = fileURLToPath(new URL("..", import.meta.url));
const demo = join(root, "examples/shop/seaworthy");
const children = [];

async function listen(server) {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server.address().port;
}

/** Starts a program and waits for the line that says it is ready. */
async function start(command, args, readyLine, options = {}) {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"], ...options });
  children.push(child);
  await new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        if (line.includes(readyLine)) resolve();
      });
    }
    child.once("exit", (code) => reject(new Error(`${command} ended with ${code}`)));
  });
  return child;
}

/** Notifications by sender: [path, alert name, status, time of arrival]. */
const arrived = [];
const receiver = createServer((request, response) => {
  const at = performance.now();
  let body = "";
  request.on("data", (chunk) => (body += String(chunk)));
  request.on("end", () => {
    response.end();
    for (const { labels, status } of JSON.parse(body).alerts) {
      arrived.push({ path: request.url, alert: labels.alertname, status, at });
    }
  });
});

async function until(what, probe) {
  const deadline = performance.now() + GIVE_UP_MS;
  for (;;) {
    const answer = await probe();
    if (answer !== undefined) return answer;
    if (performance.now() > deadline) throw new Error(`${what}: not within ${GIVE_UP_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The demo's files with our ports, paging `/NAME` of the receiver. */
async function writeFiles(folder, name, ports) {
  const dir = join(folder, name);
  await mkdir(dir);
  await cp(join(demo, "rules"), join(dir, "rules"), { recursive: true });
  const prometheus = await readFile(join(demo, "prometheus.yml"), "utf8");
  const alerting = `alerting: {alertmanagers: [{static_configs: [{targets: ["127.0.0.1:${ports.alertmanager}"]}]}]}\n`;
  await writeFile(
    join(dir, "prometheus.yml"),
    prometheus.replace("127.0.0.1:4100", `127.0.0.1:${ports.shop}`) +
      (name === "peer" ? `\n${alerting}` : ""),
  );
  const alertmanager = await readFile(join(demo, "alertmanager.yml"), "utf8");
  const hook = `    webhook_configs: [{url: "http://127.0.0.1:${ports.receiver}/${name}"}]`;
  await writeFile(
    join(dir, "alertmanager.yml"),
    alertmanager.replace(/^ *- name: demo$/m, (line) => `${line}\n${hook}`),
  );
  await writeFile(join(dir, "seaworthy.yml"), `http: {port: ${ports.ours}}\n`);
  return dir;
}

async function switchFault(port, name, on) {
  const answer = await fetch(`http://127.0.0.1:${port}/faults/${name}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ on }),
  });
  if (!answer.ok) throw new Error(`fault ${name}: ${answer.status}`);
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.floor(middle - 0.5)] + sorted[Math.ceil(middle - 0.5)]) / 2;
}

const folder = await mkdtemp(join(tmpdir(), "sw-bench-fault-"));
try {
  const ports = {
    receiver: await listen(receiver),
    shop: await freePort(),
    ours: await freePort(),
    prometheus: await freePort(),
    alertmanager: await freePort(),
  };
  const ours = await writeFiles(folder, "ours", ports);
  const peer = await writeFiles(folder, "peer", ports);
  const shop = join(root, "examples/shop/dist/main.js");
  await start(process.execPath, [shop, "--port", String(ports.shop)], '"ready":true');
  await Promise.all([
    start(
      "prometheus-alertmanager",
      [
        `--config.file=${peer}/alertmanager.yml`,
        `--storage.path=${peer}/alerts`,
        `--web.listen-address=127.0.0.1:${ports.alertmanager}`,
        "--cluster.listen-address=",
      ],
      "Listening on",
    ),
    start(
      "prometheus",
      [
        `--config.file=${peer}/prometheus.yml`,
        `--storage.tsdb.path=${peer}/samples`,
        `--web.listen-address=127.0.0.1:${ports.prometheus}`,
      ],
      "Server is ready",
    ),
    start(
      process.execPath,
      [
        join(root, "packages/server/dist/main.js"),
        "--config",
        join(ours, "seaworthy.yml"),
        "--data",
        join(folder, "data"),
      ],
      "Seaworthy is ready",
      { env: { ...process.env, UV_THREADPOOL_SIZE: "16" } },
    ),
  ]);
  // Both need a window of samples before a rate means anything.
  await new Promise((resolve) => setTimeout(resolve, 10_000));
  for (const fault of FAULTS) {
    const took = { "/ours": [], "/peer": [] };
    for (let round = 0; round < ROUNDS; round += 1) {
      // The fault meets the second anywhere, as in life.
      await new Promise((resolve) => setTimeout(resolve, 1000 * Math.random()));
      const [from, since] = [arrived.length, performance.now()];
      const seen = (path, status) =>
        arrived
          .slice(from)
          .find((a) => a.path === path && a.status === status && a.alert === ALERTS[fault]);
      await switchFault(ports.shop, fault, true);
      for (const path of Object.keys(took)) {
        const page = await until(`${path} pages`, async () => seen(path, "firing"));
        took[path].push((page.at - since) / 1000);
      }
      await switchFault(ports.shop, fault, false);
      for (const path of Object.keys(took)) {
        await until(`${path} resolves`, async () => seen(path, "resolved"));
      }
      process.stderr.write(`${fault} ${round + 1} of ${ROUNDS}\n`);
    }
    const [us, them] = [median(took["/ours"]), median(took["/peer"])];
    const result = {
      bench: "fault-to-page",
      case: fault,
      unit: "s",
      ours: Number(us.toFixed(2)),
      peer: Number(them.toFixed(2)),
      peerName: "Prometheus with Alertmanager",
      limit: FLOOR_S,
      ratio: Number((us / them).toFixed(3)),
    };
    const spread = (all) => `${Math.min(...all).toFixed(2)} to ${Math.max(...all).toFixed(2)}`;
    process.stdout.write(
      json
        ? `${JSON.stringify(result)}\n`
        : `${fault}: median of ${ROUNDS} ${result.ours} s (${spread(took["/ours"])}), Prometheus with Alertmanager ${result.peer} s (${spread(took["/peer"])}), ratio ${result.ratio}, floor ${FLOOR_S} s\n`,
    );
  }
} finally {
  for (const child of children.toReversed()) {
    child.removeAllListeners("exit");
    child.kill("SIGTERM");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  }
  receiver.close();
  await rm(folder, { recursive: true, force: true });
}
