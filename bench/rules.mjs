// 1,000 rules on a 15 s interval over 10,000 series: what one evaluation of all of them takes, and how
// much of the processor the whole server needs meanwhile, beside Prometheus with the same files. One
// after the other, each with the machine to itself. `--json` prints one object a line.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { freePort } from "./free-port.mjs";
import { processorSeconds } from "./processor-seconds.mjs";

const json = process.argv.includes("--json");
const METRICS = 100;
const SERIES_OF_METRIC = 100;
const GROUPS = 20;
const RULES_OF_GROUP = 50;
const INTERVAL_S = 15;
const WARM_UP_S = Number(process.env["WARM_UP_S"] ?? 75);
const MEASURED_S = Number(process.env["MEASURED_S"] ?? 60);
const TOKEN = "a-token-for-the-benchmark";

if (spawnSync("prometheus", ["--version"]).status !== 0) {
  process.stderr.write("the peer is not installed: apt-get install prometheus\n");
  process.exit(2);
}

const root = fileURLToPath(new URL("..", import.meta.url));
const started = Date.now();

/** What the target says: counters that grow, each at a speed of its own. */
function exposition() {
  const seconds = (Date.now() - started) / 1000;
  const lines = [];
  for (let m = 0; m < METRICS; m += 1) {
    lines.push(`# TYPE bench_${m}_total counter`);
    for (let s = 0; s < SERIES_OF_METRIC; s += 1) {
      const labels = `instance="i${s % 50}",path="/p${s % 4}",status="${s % 7 === 0 ? 500 : 200}",shard="${s}"`;
      lines.push(`bench_${m}_total{${labels}} ${Math.floor(seconds * (1 + ((s * 7 + m) % 13)))}`);
    }
  }
  return `${lines.join("\n")}\n`;
}

/** What people write: rates by label, shares of errors, thresholds, some that build on others. */
function rule(n) {
  const metric = `bench_${n % METRICS}_total`;
  const kinds = [
    `{record: 'path:bench_${n}:rate1m', expr: 'sum by (path) (rate(${metric}[1m]))'}`,
    `{record: 'job:bench_${n}:errors', expr: 'sum(rate(${metric}{status="500"}[1m])) / sum(rate(${metric}[1m]))'}`,
    `{alert: TooFast${n}, expr: 'rate(${metric}[1m]) > 1000', for: 1m, labels: {severity: warning}}`,
    `{alert: Quiet${n}, expr: 'sum by (instance) (increase(${metric}[1m])) == 0', for: 1m}`,
    `{record: 'job:bench_${n}:max', expr: 'max(${metric})'}`,
  ];
  return kinds[n % kinds.length];
}

const ruleFile = `groups:\n${Array.from({ length: GROUPS }, (_, g) => {
  const rules = Array.from(
    { length: RULES_OF_GROUP },
    (__, r) => `  - ${rule(g * RULES_OF_GROUP + r)}\n`,
  );
  return `- name: g${g}\n  interval: ${INTERVAL_S}s\n  rules:\n${rules.join("")}`;
}).join("")}`;

const server = createServer((_request, response) => {
  response.setHeader("content-type", "text/plain; version=0.0.4");
  response.end(exposition());
});

async function listen(listener) {
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  return listener.address().port;
}

/** Runs a server over the rules; answers what it took. */
async function measure(command, args, readyLine, port, headers, missedMetric) {
  const child = spawn(command, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, UV_THREADPOOL_SIZE: "16", SEAWORTHY_TOKEN: TOKEN },
  });
  try {
    await new Promise((resolve, reject) => {
      for (const stream of [child.stdout, child.stderr]) {
        createInterface({ input: stream }).on("line", (line) => {
          if (line.includes(readyLine)) resolve();
        });
      }
      child.once("exit", (code) => reject(new Error(`${command} ended with ${code}`)));
    });
    const get = async (path) => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
      return response;
    };
    const missed = async () => {
      const text = await (await get("/metrics")).text();
      const lines = text.split("\n").filter((line) => line.startsWith(missedMetric));
      return lines.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
    };
    await new Promise((resolve) => setTimeout(resolve, WARM_UP_S * 1000));
    const before = { processor: await processorSeconds(child.pid), missed: await missed() };
    const rounds = [];
    const faults = new Set();
    for (let waited = 0; waited < MEASURED_S; waited += INTERVAL_S) {
      await new Promise((resolve) => setTimeout(resolve, INTERVAL_S * 1000));
      const { data } = await (await get("/api/v1/rules")).json();
      rounds.push(data.groups.reduce((sum, { evaluationTime }) => sum + evaluationTime, 0));
      for (const { lastError } of data.groups.flatMap(({ rules }) => rules)) {
        if (lastError) faults.add(lastError);
      }
    }
    if (faults.size > 0) throw new Error(`rules fail: ${[...faults].slice(0, 3).join("; ")}`);
    return {
      evaluation: rounds.reduce((sum, seconds) => sum + seconds, 0) / rounds.length,
      processor:
        ((await processorSeconds(child.pid)) - before.processor) / (MEASURED_S / INTERVAL_S),
      missed: (await missed()) - before.missed,
    };
  } finally {
    child.removeAllListeners("exit");
    child.kill("SIGTERM");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  }
}

const folder = await mkdtemp(join(tmpdir(), "sw-bench-rules-"));
try {
  const target = await listen(server);
  const ports = { ours: await freePort(), peer: await freePort() };
  await mkdir(join(folder, "files"));
  const file = (name) => join(folder, "files", name);
  await writeFile(file("rules.yml"), ruleFile);
  await writeFile(
    file("prometheus.yml"),
    `global: {scrape_interval: 5s}\nrule_files: [rules.yml]\nscrape_configs: [{job_name: bench, honor_labels: true, static_configs: [{targets: ['127.0.0.1:${target}']}]}]\n`,
  );
  await writeFile(file("alertmanager.yml"), "route: {receiver: none}\nreceivers: [{name: none}]\n");
  await writeFile(file("seaworthy.yml"), `http: {port: ${ports.ours}}\n`);
  const peer = await measure(
    "prometheus",
    [
      `--config.file=${file("prometheus.yml")}`,
      `--storage.tsdb.path=${join(folder, "samples")}`,
      `--web.listen-address=127.0.0.1:${ports.peer}`,
    ],
    "Server is ready",
    ports.peer,
    {},
    "prometheus_rule_group_iterations_missed_total{",
  );
  const ours = await measure(
    process.execPath,
    [
      join(root, "packages/server/dist/main.js"),
      "--config",
      file("seaworthy.yml"),
      "--data",
      join(folder, "data"),
    ],
    "Seaworthy is ready",
    ports.ours,
    { authorization: `Bearer ${TOKEN}` },
    "seaworthy_rule_group_evaluations_missed_total{",
  );
  report("evaluate 1,000 rules once", "s", ours.evaluation, peer.evaluation, INTERVAL_S);
  report("processor time of an interval", "s", ours.processor, peer.processor, null);
  report("missed evaluations", "", ours.missed, peer.missed, 0);
} finally {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true, force: true });
}

function report(what, unit, ours, peer, limit) {
  const round = (value) => Number(value.toFixed(3));
  const ratio = peer === 0 ? null : round(ours / peer);
  const result = { bench: "rules", case: what, unit, ours: round(ours), peer: round(peer) };
  const whole = { ...result, peerName: "Prometheus", limit, ratio };
  process.stdout.write(
    json
      ? `${JSON.stringify(whole)}\n`
      : `${what}: ${result.ours} ${unit}, Prometheus ${result.peer} ${unit}${ratio === null ? "" : `, ratio ${ratio}`}\n`,
  );
}
