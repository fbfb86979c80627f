// What each part of the kit costs a request with an empty handler, in the server's processor time.
// A busy machine hardly shows in it: the load comes from the server's own core at a lower priority,
// so that a reader that wakes up never costs the server a thing, and what is read are the quick
// slices of 256 requests. Needs wrk and taskset. `--only fastify|express`, `--instances N` (a process's
// compiled code differs from the next one's), `--turns N`, `--case TEXT` and `--json`.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { parseArgs } from "node:util";
import { startServer, startSink } from "./sdk/servers.mjs";

const { values: flags } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    instances: { type: "string", default: "3" },
    turns: { type: "string", default: "3" },
    only: { type: "string" },
    case: { type: "string", default: "" },
  },
});
const connections = 32;
const warmUpSeconds = 3;
/** The share of slices that are quicker than what is told. */
const quick = 0.05;

/** What is measured → what the server is made of; see sdk/app.mjs. */
const cases = {
  bare: "bare",
  "bare, with a call to another service every second": "bare calling",
  "context, header and listener alone": "context",
  "the same, with a call to another service every second": "context calling",
  "kit: metrics, ids, spans, health": "kit no-logs no-export no-process",
  "kit, and a log line a request": "kit no-export no-process",
  "kit, and sending": "kit no-logs no-process",
  "kit, and process metrics": "kit no-logs no-export",
  "kit, all of it": "kit",
  "kit, all of it, and security headers": "kit headers",
  "kit, all of it, and a rate limit in memory": "kit limits",
  "kit, all of it, and the input filter": "kit filter",
  "kit, all of it, and these three": "kit headers limits filter",
};

async function load(server, seconds) {
  await server.ask("slices");
  const wrk = spawn(
    "nice",
    ["-n", "15", "taskset", "-c", String(server.core), "wrk", "-t1", `-c${connections}`].concat([
      `-d${seconds}s`,
      `${server.url}/items/42`,
    ]),
    { stdio: ["ignore", "ignore", "inherit"] },
  );
  const [code] = await once(wrk, "close");
  if (code !== 0) throw new Error(`wrk ended with ${code}`);
  return (await server.ask("slices")).slices;
}

/** The quick slices of each case in one set of processes. */
async function measure(framework, sinkUrl, chosen) {
  const servers = [];
  try {
    for (const [name, kind] of chosen) {
      const server = await startServer(framework, kind, { sinkUrl });
      servers.push({ name, server, slices: [] });
      // All on one core, which is the last: what else runs here is mostly on the others.
      server.core = cores - 1;
      spawnSync("taskset", ["-acp", String(server.core), String(server.child.pid)]);
      await load(server, warmUpSeconds);
    }
    for (let turn = 0; turn < Number(flags.turns); turn += 1)
      for (const each of turn % 2 === 0 ? servers : servers.toReversed())
        each.slices.push(...(await load(each.server, 1)));
  } finally {
    for (const { server } of servers) server.child.kill();
  }
  return new Map(
    servers.map(({ name, slices }) => [
      name,
      slices.toSorted((a, b) => a - b)[Math.floor(slices.length * quick)],
    ]),
  );
}

for (const tool of ["wrk", "taskset"])
  if (spawnSync(tool, ["-v"]).error !== undefined) {
    process.stderr.write(`${tool} is not installed (Debian: apt-get install wrk util-linux)\n`);
    process.exit(2);
  }
const cores = Number(spawnSync("nproc", { encoding: "utf8" }).stdout);
const sink = await startSink();
for (const framework of ["fastify", "express"]) {
  if (flags.only !== undefined && flags.only !== framework) continue;
  const chosen = Object.entries(cases).filter(
    ([name]) => name === "bare" || name.includes(flags.case),
  );
  const runs = [];
  for (let run = 0; run < Number(flags.instances); run += 1)
    runs.push(await measure(framework, sink.url, run % 2 === 0 ? chosen : chosen.toReversed()));
  const median = (name) =>
    runs.map((run) => run.get(name)).sort((a, b) => a - b)[Math.floor(runs.length / 2)];
  const bare = median("bare");
  for (const [name] of chosen) {
    const ours = median(name);
    const result = {
      bench: "sdk-parts",
      case: `${framework}, ${name}`,
      unit: "µs of processor a request",
      ours: Number(ours.toFixed(2)),
      peer: null,
      peerName: null,
      limit: Number(bare.toFixed(2)),
      ratio: null,
    };
    const each = runs.map((run) => run.get(name).toFixed(1)).join(", ");
    process.stdout.write(
      flags.json
        ? `${JSON.stringify(result)}\n`
        : `${result.case}: ${result.ours} µs, ${(ours - bare).toFixed(2)} more than bare (${each})\n`,
    );
  }
}
sink.close();
