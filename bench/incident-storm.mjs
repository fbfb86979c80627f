// 10,000 alerts of one failure: 100 services that call one database (by traces, so that the service map
// knows of it), 5 rules, 20 instances each, handed over in no order, in 500 notification groups. From the
// hand-over to the open incident, and until it holds them all; processor time of the server and of its
// PostgreSQL, peak memory, statements, and what the incident's page costs afterwards. The limit, in the same
// PostgreSQL: the rows of the incident's alerts inserted by one statement in one transaction.
// `--json` prints one object a line; `--profile DIR` writes a processor profile of the server there;
// `--statements` lists the statements that took the most. Run by `npm run bench -- incident-storm`.
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { openEmbeddedPostgres } from "../packages/server/dist/store/postgres/embedded.js";
import { processorSeconds } from "./processor-seconds.mjs";
import { startSeaworthy } from "./write-targets.mjs";

/** The server's own client. */
const { Client } = createRequire(new URL("../packages/server/package.json", import.meta.url))("pg");

const json = process.argv.includes("--json");
const argument = (name) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
};
const profile = argument("--profile");
const SERVICES = 100;
const RULES = ["DatabaseErrors", "HighErrorRate", "SlowRequests", "QueueGrows", "PoolExhausted"];
const INSTANCES = 20;
const ALERTS = SERVICES * RULES.length * INSTANCES;
const DATABASE = "orders-db";
/** An evaluation's alerts come in posts of this many, as Prometheus sends them. */
const POST = 64;
const SENDERS = 4;
const GROUP_WAIT_MS = 1000;
const TOKEN = "benchmark-token-0123456789abcdef";
const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
const PATIENCE_MS = 300_000;

const serviceOf = (index) => (index === 0 ? DATABASE : `service-${index}`);

/** The same order each time. */
function shuffled(list) {
  let state = 7;
  const random = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  const copy = [...list];
  for (let index = copy.length - 1; index > 0; index -= 1) {
    const other = Math.floor(random() * (index + 1));
    [copy[index], copy[other]] = [copy[other], copy[index]];
  }
  return copy;
}

function storm(endsAt) {
  const startsAt = new Date().toISOString();
  const alerts = [];
  for (let service = 0; service < SERVICES; service += 1)
    for (const alertname of RULES)
      for (let instance = 0; instance < INSTANCES; instance += 1)
        alerts.push({
          labels: {
            alertname,
            service: serviceOf(service),
            instance: `10.0.${service}.${instance}:8080`,
            severity: "critical",
          },
          annotations: {
            summary: `${serviceOf(service)}: ${alertname} on 10.0.${service}.${instance}`,
            description: "The database does not answer. ".repeat(8),
          },
          startsAt,
          endsAt: new Date(endsAt).toISOString(),
          generatorURL: "http://prometheus/graph?g0.expr=up",
        });
  return shuffled(alerts);
}

/** Each service calls the database, and a front door calls each service. */
function traces() {
  const now = BigInt(Date.now()) * 1_000_000n;
  const byService = new Map();
  const add = (service, span) =>
    byService.set(service, [...(byService.get(service) ?? []), { name: "call", ...span }]);
  const hex = (number, digits) => number.toString(16).padStart(digits, "0");
  const times = { startTimeUnixNano: String(now), endTimeUnixNano: String(now + 1_000_000n) };
  let next = 1;
  const call = (caller, callee) => {
    const traceId = hex(next, 32);
    const [spanId, calledId] = [hex(next * 2, 16), hex(next * 2 + 1, 16)];
    next += 1;
    add(caller, { traceId, spanId, kind: 3, ...times });
    add(callee, { traceId, spanId: calledId, parentSpanId: spanId, kind: 2, ...times });
  };
  for (let service = 1; service < SERVICES; service += 1) call(serviceOf(service), DATABASE);
  return [...byService].map(([service, spans]) => ({
    resource: { attributes: [{ key: "service.name", value: { stringValue: service } }] },
    scopeSpans: [{ spans }],
  }));
}

async function call(url, method, path, body) {
  const answer = await fetch(url + path, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`);
  return { text, body: text === "" ? undefined : JSON.parse(text) };
}

async function until(what, look) {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > end) throw new Error(`waited in vain for ${what}`);
    await delay(20);
  }
}

async function parentOf(pid) {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
}

async function peakMemory(pid) {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

async function end(child, signal = "SIGTERM") {
  const gone = once(child, "exit");
  child.kill(signal);
  await gone;
}

const folder = await mkdtemp(join(tmpdir(), "sw-bench-storm-"));
const quiet = { info() {}, warn() {} };
const pages = [];
const receiver = createServer((request, response) => {
  request.resume();
  pages.push(String(request.headers["idempotency-key"]));
  response.end();
});
receiver.listen(0, "127.0.0.1");
await once(receiver, "listening");
const postgres = await openEmbeddedPostgres({
  dir: join(folder, "postgres"),
  log: quiet,
  settings: { shared_preload_libraries: "pg_stat_statements" },
});
let client;
let server;
try {
  await postgres.ensureDatabase("storm");
  client = new Client({ host: postgres.socketDir, database: "storm", user: "seaworthy" });
  await client.connect();
  await client.query("create extension pg_stat_statements");
  const host = encodeURIComponent(postgres.socketDir);
  const settings = `postgres: {url: "postgres://seaworthy@/storm?host=${host}"}
paging: {allow_private_addresses: true}
`;
  const start = (name) => startSeaworthy(join(folder, name), options);
  const options = {
    token: TOKEN,
    settings,
    alertmanager: `route: {receiver: none, group_by: [alertname, service], group_wait: ${GROUP_WAIT_MS}ms, group_interval: 10s}
receivers: [{name: none}]
`,
    flags: profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profile}`],
    data: join(folder, "data"),
  };
  // The first server takes the traces; the second knows the service map from its start on.
  server = await start("first");
  await call(server.url, "POST", "/v1/traces", { resourceSpans: traces() });
  const { person } = (
    await call(server.url, "POST", "/api/people", { name: "Ana", email: "ana@sea.test" })
  ).body;
  await client.query(
    `insert into contact_methods (id, user_id, kind, address, severities, created_at)
     values (gen_random_uuid(), $1, 'webhook', $2, '["P1"]', now())`,
    [person.id, `http://127.0.0.1:${receiver.address().port}/`],
  );
  await call(server.url, "POST", "/api/escalation-policies", {
    name: "Everything",
    steps: [{ targets: [{ kind: "person", id: person.id }], waitSeconds: 3600 }],
  });
  await end(server.child);
  server = await start("second");
  await delay(3000);
  const { url, child } = server;
  const memoryBefore = await peakMemory(child.pid);

  const load = loadavg()[0] ?? 0;
  await client.query("select pg_stat_statements_reset()");
  const backend = (await client.query("select pg_backend_pid() as pid")).rows[0].pid;
  const postmaster = await parentOf(backend);
  const processorBefore = await processorSeconds(child.pid);
  const databaseBefore = await processorSeconds(postmaster);
  const alerts = storm(Date.now() + 3_600_000);
  const posts = [];
  for (let from = 0; from < alerts.length; from += POST)
    posts.push(alerts.slice(from, from + POST));
  const began = performance.now();
  const sender = async () => {
    for (let post = posts.shift(); post !== undefined; post = posts.shift())
      await call(url, "POST", "/api/v2/alerts", post);
  };
  const sending = Promise.all(Array.from({ length: SENDERS }, sender)).then(
    () => performance.now() - began,
  );
  const opened = until("the incident", async () => {
    const { rowCount } = await client.query("/* looked at */ select from incidents limit 1");
    return rowCount === 1 && performance.now() - began;
  });
  const [handedOver, openAfter] = await Promise.all([sending, opened]);
  const fullAfter = await until("all alerts", async () => {
    const { rows } = await client.query(
      "/* looked at */ select count(*)::int as held from incident_alerts",
    );
    // Looking costs, too.
    if (rows[0].held < ALERTS) await delay(150);
    return rows[0].held === ALERTS && performance.now() - began;
  });
  const processor = (await processorSeconds(child.pid)) - processorBefore;
  const database = (await processorSeconds(postmaster)) - databaseBefore;
  const { rows: statements } = await client.query(
    `select query, calls::int, total_exec_time as ms from pg_stat_statements
     where query not like '/* looked at */%' and query not like '%pg_stat_statements%' order by total_exec_time desc`,
  );
  const calls = statements.reduce((sum, one) => sum + one.calls, 0);
  const { rows: found } = await client.query(
    `select number, title, service, (select count(*)::int from incident_alerts where incident_id = id) as alerts
     from incidents order by number`,
  );
  await until("the page", () => pages.length > 0);
  await delay(2000);

  const first = found[0];
  const timed = async (path, times = 15) => {
    const waits = [];
    let bytes = 0;
    const before = await processorSeconds(child.pid);
    for (let turn = 0; turn < times; turn += 1) {
      const from = performance.now();
      bytes = (await call(url, "GET", path)).text.length;
      waits.push(performance.now() - from);
    }
    const used = ((await processorSeconds(child.pid)) - before) / times;
    return { ms: median(waits), bytes, processor: used * 1000 };
  };
  const page = await timed(`/api/incidents/${first.number}`);
  const list = await timed("/api/incidents");
  const peak = await peakMemory(child.pid);

  // The limit: the same rows once more, by one statement.
  await client.query("create table by_hand (like incident_alerts including all)");
  const byHandBefore = await processorSeconds(postmaster);
  const from = performance.now();
  await client.query("begin");
  await client.query("insert into by_hand select * from incident_alerts");
  await client.query("commit");
  const limit = performance.now() - from;
  const limitProcessor = (await processorSeconds(postmaster)) - byHandBefore;

  report("incidents opened by one failure", "incidents", found.length, null);
  report(
    "hand-over to the open incident, without the group's wait",
    "ms",
    openAfter - GROUP_WAIT_MS,
    null,
  );
  report("hand-over of 10,000 alerts", "ms", handedOver, null);
  report(
    "hand-over until the incident holds all, without the group's wait",
    "ms",
    fullAfter - GROUP_WAIT_MS,
    limit,
  );
  report("processor time of the server", "ms", processor * 1000, null);
  report("processor time of its PostgreSQL", "ms", database * 1000, limitProcessor * 1000);
  report("statements", "statements", calls, null);
  report("peak memory of the server", "MiB", peak, null);
  report("… more than before the storm", "MiB", peak - memoryBefore, null);
  report("pages sent", "pages", pages.length, 1);
  report("the incident's page: time", "ms", page.ms, null);
  report("the incident's page: processor time", "ms", page.processor, null);
  report("the incident's page: answer", "bytes", page.bytes, null);
  report("the list of incidents: time", "ms", list.ms, null);
  if (!json) process.stdout.write(`load ${load.toFixed(1)}\n`);
  if (process.argv.includes("--statements"))
    for (const { query, calls: times, ms } of statements.slice(0, 25))
      process.stdout.write(
        `${ms.toFixed(0)} ms, ${times} times: ${query.replaceAll(/\s+/g, " ").slice(0, 200)}\n`,
      );
} finally {
  if (server?.child.exitCode === null) await end(server.child);
  await client?.end();
  await postgres.stop();
  receiver.closeAllConnections();
  receiver.close();
  await rm(folder, { recursive: true, force: true });
}

function report(what, unit, ours, limit) {
  const round = (value) => (value === null ? null : Number(value.toFixed(1)));
  const line = { bench: "incident-storm", case: what, unit, ours: round(ours), peer: null };
  process.stdout.write(
    json
      ? `${JSON.stringify({ ...line, peerName: null, limit: round(limit), ratio: null })}\n`
      : `${what}: ${line.ours} ${unit}${limit === null ? "" : ` (limit ${round(limit)})`}\n`,
  );
}
