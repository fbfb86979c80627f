// `npm run bench -- NAME [--json]`: runs one benchmark. Each is a script of its own in this folder; it
// prints one result a line, with --json as {bench, case, unit, ours, peer, peerName, limit, ratio},
// and exits 2 when its peer is not installed. To add one, write the script and add a line here.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Benchmark → its script, and what must be built before it runs. */
const BENCHMARKS = {
  alerts: { script: "alerts.mjs", build: ["packages/server"] },
  logs: { script: "logs.mjs", build: ["packages/server", "packages/cli"] },
  "alertmanager-side-by-side": {
    script: "alertmanager-side-by-side.mjs",
    build: ["packages/server"],
  },
  traces: { script: "traces.mjs", build: ["packages/server"] },
  "live-tail": { script: "live-tail.mjs", build: ["packages/server"] },
  metrics: { script: "metrics.mjs", build: ["packages/server"] },
  promql: { script: "promql.mjs", build: ["packages/promql"] },
  "browser-size": { script: "browser-size.mjs", build: ["packages/browser"] },
  "sdk-start": { script: "sdk-start.mjs", build: ["packages/sdk"] },
  "sdk-health": { script: "sdk-health.mjs", build: ["packages/sdk"] },
  "fault-to-page": { script: "fault-to-page.mjs", build: ["packages/server", "examples/shop"] },
  sdk: { script: "sdk.mjs", build: ["packages/sdk"] },
  "sdk-parts": { script: "sdk-parts.mjs", build: ["packages/sdk"] },
  "sdk-failure": { script: "sdk-failure.mjs", build: ["packages/sdk"] },
  "sdk-memory": { script: "sdk-memory.mjs", build: ["packages/sdk"] },
  "side-by-side": { script: "side-by-side.mjs", build: ["packages/server"] },
  rules: { script: "rules.mjs", build: ["packages/server"] },
  "remote-write": { script: "remote-write.mjs", build: ["packages/server"] },
  "series-memory": { script: "series-memory.mjs", build: ["packages/server"] },
  "status-page": { script: "status-page.mjs", build: ["packages/server"] },
  "incident-storm": { script: "incident-storm.mjs", build: ["packages/server"] },
  "scrape-parse": { script: "scrape-parse.mjs", build: ["packages/server"] },
};

const [name, ...flags] = process.argv.slice(2);
const benchmark = BENCHMARKS[name];
if (benchmark === undefined) {
  const known = Object.keys(BENCHMARKS).join(", ");
  process.stderr.write(`usage: npm run bench -- NAME [--json] (benchmarks: ${known})\n`);
  process.exit(2);
}

const root = fileURLToPath(new URL("..", import.meta.url));
const tsc = join(root, "node_modules", ".bin", "tsc");
const built = spawnSync(tsc, ["-b", ...benchmark.build], { cwd: root, encoding: "utf8" });
if (built.status !== 0) {
  const projects = benchmark.build.join(", ");
  process.stderr.write(`cannot build ${projects}:\n${built.stdout}${built.stderr}`);
  process.exit(2);
}
const done = spawnSync(process.execPath, [join(root, "bench", benchmark.script), ...flags], {
  cwd: root,
  stdio: "inherit",
});
process.exitCode = done.status ?? 1;
