// What a probe of the health endpoints costs when the results of the checks are cached: the 99th
// percentile of /health and /health/detailed with ten checks, beside the same server answering a
// constant. One connection, one request at a time, alternating.
import { Agent, createServer, get } from "node:http";
import { createKit } from "../packages/sdk/dist/index.js";

const json = process.argv.includes("--json");
const WARM_UP = 2_000;
const REQUESTS = 10_000;

const kit = createKit({ service: "bench", logs: { level: "silent" } });
for (let index = 0; index < 10; index += 1)
  kit.health.check(`check ${index}`, () => new Promise((resolve) => setImmediate(resolve)));
const constant = JSON.stringify({ status: "healthy" });
const server = createServer((request, response) => {
  if (kit.http.serve(request, response)) return;
  response.writeHead(200, {
    "content-type": "application/json",
    "content-length": constant.length,
  });
  response.end(constant);
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const { port } = server.address();
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

function once(path) {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    get({ host: "127.0.0.1", port, path, agent }, (response) => {
      response.once("end", () => resolve(performance.now() - started)).resume();
    }).once("error", reject);
  });
}

const paths = ["/health", "/health/detailed", "/constant"];
const times = new Map(paths.map((path) => [path, new Float64Array(REQUESTS)]));
for (let index = -WARM_UP; index < REQUESTS; index += 1)
  for (const path of paths) {
    const time = await once(path);
    if (index >= 0) times.get(path)[index] = time;
  }
agent.destroy();
server.close();

const p99 = (path) => times.get(path).sort()[Math.floor(REQUESTS * 0.99)];
for (const path of ["/health", "/health/detailed"]) {
  const [ours, limit] = [p99(path), p99("/constant")];
  const result = {
    bench: "sdk-health",
    case: `GET ${path}, cached, p99 with the client's own time`,
    unit: "ms",
    ours: Number(ours.toFixed(3)),
    peer: Number(limit.toFixed(3)),
    peerName: "the same server answering a constant",
    limit: Number(limit.toFixed(3)),
    ratio: Number((ours / limit).toFixed(3)),
  };
  if (json) process.stdout.write(`${JSON.stringify(result)}\n`);
  else process.stdout.write(`${result.case}: ${result.ours} ms (constant ${result.limit} ms)\n`);
}
