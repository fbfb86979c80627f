// The status page while the server takes log lines at half of what it can take: requests a second and the
// 99th percentile by wrk, for the page as browsers ask for it and for the JSON, beside a bare node:http
// that answers the same bytes while the same lines come in. `--seconds N` (default 8), `--json`. Run by
// `npm run bench -- status-page`.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { startSeaworthy } from "./write-targets.mjs";

const json = process.argv.includes("--json");
const at = process.argv.indexOf("--seconds");
const SECONDS = at < 0 ? 8 : Number(process.argv[at + 1]);
const TOKEN = "benchmark-token-0123456789abcdef";
const LINES = 500;
const SENDERS = 4;
const CONNECTIONS = 16;

if (spawnSync("wrk", ["--version"]).error !== undefined) {
  process.stderr.write("wrk is not installed (apt-get install wrk)\n");
  process.exit(2);
}

function body(n) {
  const now = BigInt(Date.now()) * 1_000_000n;
  const values = Array.from({ length: LINES }, (_, i) => [
    String(now + BigInt(i)),
    `level=info msg="request ${n} ${i}" route=/checkout status=200 duration=${(n * i) % 997}ms user=${i}`,
  ]);
  return JSON.stringify({ streams: [{ stream: { service: `s${n % 8}` }, values }] });
}

const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };

/** Pushes lines until told to stop, at most `perSecond` of them; answers how many went in a second. */
async function ingest(url, signal, perSecond = Number.POSITIVE_INFINITY) {
  const began = performance.now();
  let sent = 0;
  const sender = async () => {
    while (!signal.aborted) {
      const due = began + (sent / perSecond) * 1000;
      sent += LINES;
      if (due > performance.now()) await delay(due - performance.now());
      const answer = await fetch(`${url}/loki/api/v1/push`, {
        method: "POST",
        headers,
        body: body(sent / LINES),
      });
      await answer.arrayBuffer();
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, sender));
  return sent / ((performance.now() - began) / 1000);
}

async function during(ms, work) {
  const stop = new AbortController();
  const running = work(stop.signal);
  await delay(ms);
  stop.abort();
  return running;
}

/** Requests a second and the 99th percentile (ms), as wrk counts them. */
async function wrk(url) {
  const child = spawn("wrk", [
    "-t1",
    `-c${CONNECTIONS}`,
    `-d${SECONDS}s`,
    "--latency",
    "-H",
    "accept-encoding: gzip, br",
    url,
  ]);
  let out = "";
  child.stdout.on("data", (chunk) => (out += String(chunk)));
  await once(child, "exit");
  const rate = Number(/Requests\/sec:\s+([\d.]+)/.exec(out)?.[1]);
  const [, p99, unit] = /99%\s+([\d.]+)(us|ms|s)/.exec(out) ?? [];
  const failed = /Non-2xx or 3xx responses: (\d+)/.exec(out)?.[1] ?? "0";
  if (failed !== "0" || Number.isNaN(rate)) throw new Error(`wrk ${url}: ${out}`);
  return { rate, p99: Number(p99) * { us: 0.001, ms: 1, s: 1000 }[unit] };
}

async function startBare(folder, bytes, fields) {
  const file = join(folder, "bare.mjs");
  await writeFile(join(folder, "bytes"), bytes);
  await writeFile(
    file,
    `import { createServer } from "node:http";
import { readFileSync } from "node:fs";
const body = readFileSync(${JSON.stringify(join(folder, "bytes"))});
const headers = { ...${JSON.stringify(fields)}, "content-length": body.length };
const server = createServer((_, response) => { response.writeHead(200, headers); response.end(body); });
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
`,
  );
  const child = spawn(process.execPath, [file], { stdio: ["ignore", "pipe", "inherit"] });
  const [port] = await once(child.stdout, "data");
  return { child, url: `http://127.0.0.1:${String(port).trim()}` };
}

const folder = await mkdtemp(join(tmpdir(), "seaworthy-bench-status-"));
const { child, url } = await startSeaworthy(join(folder, "ours"), { token: TOKEN });
try {
  for (let i = 0; i < 12; i += 1) {
    const draft = { name: `Component ${i}`, group: `Group ${i % 3}`, position: i };
    const made = await fetch(`${url}/api/status-page/components`, {
      method: "POST",
      headers,
      body: JSON.stringify(draft),
    });
    if (!made.ok) throw new Error(await made.text());
  }
  for (;;) {
    const page = await fetch(`${url}/status`);
    if ((await page.text()).includes("Component 11")) break;
    await delay(100);
  }
  const limit = await during(SECONDS * 1000, (signal) => ingest(url, signal));
  const half = limit / 2;
  for (const [name, path] of [
    ["page", "/status"],
    ["summary.json", "/status/api/v2/summary.json"],
  ]) {
    const asked = await fetch(url + path, { headers: { "accept-encoding": "br" } });
    const fields = Object.fromEntries(asked.headers);
    for (const hop of ["connection", "date", "keep-alive", "transfer-encoding", "content-length"])
      delete fields[hop];
    // fetch() has decoded what came; the same number of bytes is what counts.
    const bytes = Buffer.alloc(Number(asked.headers.get("content-length")), "x");
    await asked.arrayBuffer();
    const bare = await startBare(folder, bytes, fields);
    const measured = {};
    for (const [who, target] of [
      ["ours", url + path],
      ["bare", bare.url],
    ]) {
      const stop = new AbortController();
      const running = ingest(url, stop.signal, half);
      await delay(1000);
      measured[who] = await wrk(target);
      stop.abort();
      await running;
    }
    bare.child.kill();
    const load = loadavg()[0]?.toFixed(1);
    const { ours, bare: peer } = measured;
    const peerName = "bare node:http, the same bytes";
    const shared = { bench: "status-page", peerName };
    if (json) {
      const rate = { case: `${name}, half of ${Math.round(limit)} lines/s`, unit: "requests/s" };
      console.log(
        JSON.stringify({
          ...shared,
          ...rate,
          ours: ours.rate,
          peer: peer.rate,
          limit: peer.rate,
          ratio: peer.rate / ours.rate,
        }),
      );
      const late = { case: `${name}, p99`, unit: "ms" };
      console.log(
        JSON.stringify({
          ...shared,
          ...late,
          ours: ours.p99,
          peer: peer.p99,
          limit: peer.p99,
          ratio: ours.p99 / peer.p99,
        }),
      );
    } else {
      console.log(
        `${name} (${bytes.length} bytes): ${Math.round(ours.rate)} requests/s, p99 ${ours.p99.toFixed(1)} ms; ${peerName}: ${Math.round(peer.rate)}, p99 ${peer.p99.toFixed(1)} ms; beside ${Math.round(half)} log lines/s (limit ${Math.round(limit)}), ${CONNECTIONS} connections, load ${load}`,
      );
    }
  }
} finally {
  child.kill();
  await once(child, "exit");
  await rm(folder, { recursive: true, force: true });
}
