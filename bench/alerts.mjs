// 10,000 active alerts in 500 groups, each with one webhook: from the moment at which an evaluation's
// alerts are handed over to the arrival of the notification, without the group's wait; and the
// processor time that each phase takes. Beside Alertmanager with the same file, one after the other.
// `--json` prints one object a line; `--incidents` gives the alerts a severity that opens incidents here;
// `--profile DIR` writes a processor profile of our server there.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { freePort } from "./free-port.mjs";
import { processorSeconds } from "./processor-seconds.mjs";

const json = process.argv.includes("--json");
const profileAt = process.argv.indexOf("--profile");
const profile =
  profileAt < 0 ? [] : ["--cpu-prof", `--cpu-prof-dir=${process.argv[profileAt + 1]}`];
const severity = process.argv.includes("--incidents") ? "critical" : "info";
const GROUPS = 500;
const ALERTS_OF_GROUP = 20;
const WAIT_MS = 1000;
const INTERVAL_MS = 10_000;
/** An evaluation's alerts come in posts of this many, as Prometheus sends them. */
const POST = 64;
const REPEATS = 4;
const TOKEN = "a-token-for-the-benchmark";

if (spawnSync("prometheus-alertmanager", ["--version"]).error !== undefined) {
  process.stderr.write("the peer is not installed: apt-get install prometheus-alertmanager\n");
  process.exit(2);
}

const root = fileURLToPath(new URL("..", import.meta.url));

/** Told of each notification: the group's number and when it came. */
let arrived = () => {};
const receiver = createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const at = performance.now();
    response.end();
    const body = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    arrived(body.groupLabels.service, body.alerts.length, at);
  });
});

async function listen(listener) {
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  return listener.address().port;
}

function alertsOf(group, count) {
  return Array.from({ length: count }, (_, index) => ({
    labels: { alertname: "Slow", service: `s${group}`, instance: `i${index}`, severity },
    annotations: { summary: `s${group} is slow on i${index}`, description: "x".repeat(200) },
    endsAt: new Date(Date.now() + 240_000).toISOString(),
    generatorURL: "http://prometheus/graph?g0.expr=up",
  }));
}

function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

/** Runs one side through the phases. */
async function measure(command, args, readyLine, port, headers) {
  const child = spawn(command, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, UV_THREADPOOL_SIZE: "16", SEAWORTHY_TOKEN: TOKEN },
  });
  try {
    await new Promise((resolve, reject) => {
      for (const stream of [child.stdout, child.stderr])
        createInterface({ input: stream }).on("line", (line) => {
          if (line.includes(readyLine)) resolve();
        });
      child.once("exit", (code) => reject(new Error(`${command} ended with ${code}`)));
    });
    const sent = new Map();
    const beginnings = new Map();
    // An alert begins when it is first posted: groups do not wait for those that began long ago.
    const began = ({ labels: { service, instance } }) => {
      const id = `${service} ${instance}`;
      if (!beginnings.has(id)) beginnings.set(id, new Date().toISOString());
      return beginnings.get(id);
    };
    const post = async (alerts) => {
      for (let from = 0; from < alerts.length; from += POST) {
        const batch = alerts.slice(from, from + POST);
        for (const { labels } of batch)
          if (!sent.has(labels.service)) sent.set(labels.service, performance.now());
        const answer = await fetch(`http://127.0.0.1:${port}/api/v2/alerts`, {
          method: "POST",
          headers: { ...headers, "content-type": "application/json" },
          body: JSON.stringify(batch.map((alert) => ({ ...alert, startsAt: began(alert) }))),
        });
        if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
        await answer.arrayBuffer();
      }
    };
    const groups = Array.from({ length: GROUPS }, (_, group) => group);
    const all = () => groups.flatMap((group) => alertsOf(group, ALERTS_OF_GROUP));

    /** Does something after which every group tells its receiver; answers how long after `due` each did. */
    const told = async (act, due) => {
      const before = await processorSeconds(child.pid);
      const waits = new Map();
      const done = new Promise((resolve) => {
        arrived = (service, _alerts, at) => {
          if (!waits.has(service)) waits.set(service, at - due(service));
          if (waits.size === GROUPS) resolve();
        };
      });
      sent.clear();
      await act();
      await done;
      return {
        waits: [...waits.values()],
        processor: (await processorSeconds(child.pid)) - before,
      };
    };
    const first = await told(
      () => post(all()),
      (service) => (sent.get(service) ?? Number.NaN) + WAIT_MS,
    );
    const rhythm = new Map(sent);
    // The groups' rhythm is known from here on: one more alert in each group is told by the next flush.
    await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS * 1.5));
    const more = await told(
      () => post(groups.flatMap((group) => alertsOf(group, 21).slice(20))),
      (service) => {
        const began = (rhythm.get(service) ?? Number.NaN) + WAIT_MS;
        const handed = sent.get(service) ?? Number.NaN;
        return began + Math.ceil((handed - began) / INTERVAL_MS) * INTERVAL_MS;
      },
    );
    await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
    const before = await processorSeconds(child.pid);
    for (let round = 0; round < REPEATS; round += 1) {
      await post(all());
      await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
    }
    const repeats = ((await processorSeconds(child.pid)) - before) / REPEATS;
    return { first, more, repeats };
  } finally {
    child.removeAllListeners("exit");
    child.kill("SIGTERM");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  }
}

const folder = await mkdtemp(join(tmpdir(), "sw-bench-alerts-"));
try {
  const hook = await listen(receiver);
  const ports = { ours: await freePort(), peer: await freePort() };
  const file = (name) => join(folder, name);
  await writeFile(
    file("alertmanager.yml"),
    `route: {receiver: hook, group_by: [alertname, service], group_wait: ${WAIT_MS}ms, group_interval: ${INTERVAL_MS}ms, repeat_interval: 1h}
receivers: [{name: hook, webhook_configs: [{url: "http://127.0.0.1:${hook}/"}]}]
`,
  );
  await writeFile(file("prometheus.yml"), "global: {scrape_interval: 1h}\n");
  await writeFile(file("seaworthy.yml"), `http: {port: ${ports.ours}}\n`);
  const peer = await measure(
    "prometheus-alertmanager",
    [
      `--config.file=${file("alertmanager.yml")}`,
      `--storage.path=${file("alertmanager")}`,
      `--web.listen-address=127.0.0.1:${ports.peer}`,
      "--cluster.listen-address=",
    ],
    "Listening on",
    ports.peer,
    {},
  );
  const ours = await measure(
    process.execPath,
    [
      ...profile,
      join(root, "packages/server/dist/main.js"),
      "--config",
      file("seaworthy.yml"),
      "--data",
      file("data"),
    ],
    "Seaworthy is ready",
    ports.ours,
    { authorization: `Bearer ${TOKEN}` },
  );
  for (const [name, share] of [
    ["p50", 0.5],
    ["p99", 0.99],
  ])
    report(
      `10,000 new alerts: hand-over to notification, ${name}`,
      "ms",
      quantile(ours.first.waits, share),
      quantile(peer.first.waits, share),
    );
  report("… processor time", "s", ours.first.processor, peer.first.processor);
  report(
    "one more alert in each of 500 groups: p99 beyond the group's next interval",
    "ms",
    quantile(ours.more.waits, 0.99),
    quantile(peer.more.waits, 0.99),
  );
  report("… processor time", "s", ours.more.processor, peer.more.processor);
  report(
    "10,000 alerts repeated, and an interval of 10 s: processor time",
    "s",
    ours.repeats,
    peer.repeats,
  );
} finally {
  receiver.closeAllConnections();
  receiver.close();
  await rm(folder, { recursive: true, force: true });
}

function report(what, unit, ours, peer) {
  const round = (value) => Number(value.toFixed(3));
  const ratio = peer === 0 ? null : round(ours / peer);
  const line = { bench: "alerts", case: what, unit, ours: round(ours), peer: round(peer) };
  process.stdout.write(
    json
      ? `${JSON.stringify({ ...line, peerName: "Alertmanager", limit: null, ratio })}\n`
      : `${what}: ${line.ours} ${unit}, Alertmanager ${line.peer} ${unit}${ratio === null ? "" : `, ratio ${ratio}`}\n`,
  );
}
