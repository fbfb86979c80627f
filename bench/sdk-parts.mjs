// What each part of the kit costs a request with an empty handler: requests are played to the server
// in its own process, hot and with cold caches (see sdk/played.mjs). A busy machine hardly shows in it:
// what is told is the quick quarter. Over sockets a request costs a server between the two.
// `--only fastify|express`, `--instances N` processes a case (the quickest counts: V8 does not do the
// same in each), `--case TEXT`, `--node PATH` and `--json`.
import { parseArgs } from "node:util";
import { startServer, startSink } from "./sdk/servers.mjs";

const { values: flags } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    instances: { type: "string", default: "3" },
    only: { type: "string" },
    case: { type: "string", default: "" },
    node: { type: "string", default: process.execPath },
  },
});

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

/** What a request costs one process. */
async function measure(framework, kind, sinkUrl) {
  const server = await startServer(framework, kind, { sinkUrl, node: flags.node });
  try {
    return (await server.ask("played cost")).played;
  } finally {
    server.child.kill();
  }
}

const sink = await startSink();
for (const framework of ["fastify", "express"]) {
  if (flags.only !== undefined && flags.only !== framework) continue;
  let bare;
  for (const [name, kind] of Object.entries(cases)) {
    if (name !== "bare" && !name.includes(flags.case)) continue;
    const runs = [];
    for (let run = 0; run < Number(flags.instances); run += 1)
      runs.push(await measure(framework, kind, sink.url));
    const ours = {
      hot: Math.min(...runs.map(({ hot }) => hot)),
      cold: Math.min(...runs.map(({ cold }) => cold)),
    };
    bare ??= ours;
    for (const caches of ["hot", "cold"]) {
      const result = {
        bench: "sdk-parts",
        case: `${framework}, ${name}, ${caches}`,
        unit: "µs a request",
        ours: Number(ours[caches].toFixed(2)),
        peer: null,
        peerName: null,
        limit: Number(bare[caches].toFixed(2)),
        ratio: null,
      };
      const more = (ours[caches] - bare[caches]).toFixed(2);
      process.stdout.write(
        flags.json
          ? `${JSON.stringify(result)}\n`
          : `${result.case}: ${result.ours} µs, ${more} more than bare\n`,
      );
    }
  }
}
sink.close();
