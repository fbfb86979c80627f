/** How fast log lines come in, by each protocol, beside what the engine alone needs for them. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  createLogReceiver,
  startLogTailer,
  startSyslog,
} from "../packages/server/dist/receive/index.js";
import { LogRows } from "../packages/server/dist/store/clickhouse/logs/log-rows.js";
import { SeriesRegistry } from "../packages/server/dist/store/clickhouse/series-registry.js";
import { systemClock } from "../packages/server/dist/model/index.js";
import {
  countedMetrics,
  engineCosts,
  inFolder,
  openStore,
  piece,
  processorTime,
  silent,
  sixteenAtATime,
} from "./ingest-work.mjs";
import { jsonLine, LOG_PROTOCOLS, syslogLine } from "./log-lines.mjs";

const LINES = 200_000;
const PER_REQUEST = 1000;
const PER_COMMIT = 50_000;
/** Fewer, because their sender must pause for the receiver to come to them. */
const UDP_LINES = 40_000;
const UNIT = "lines per core/s";

/** Lines of [ms, text] as a batch of the store. */
export function batchOf(lines, service) {
  return {
    streams: [{ app: service, service_name: service }],
    streamOf: new Uint32Array(lines.length),
    times: BigInt64Array.from(lines, ([ms]) => BigInt(ms) * 1_000_000n),
    lines: lines.map(([, text]) => text),
    metadata: lines.map(() => ({ detected_level: "info" })),
  };
}

const groupsOf = (lines, size) =>
  Array.from({ length: Math.ceil(lines.length / size) }, (_, i) =>
    lines.slice(i * size, (i + 1) * size),
  );

/** Runs a sender in a process of its own, whose processor time does not count, until it has ended. */
async function sender(program, args) {
  const child = spawn(process.execPath, ["--input-type=module", "-e", program, ...args], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`the sender ended with ${code}`);
}

const TCP_SENDER = `
import { readFileSync } from "node:fs"; import { connect } from "node:net"; import { once } from "node:events";
const [port, file] = process.argv.slice(1);
const socket = connect(Number(port), "127.0.0.1"); await once(socket, "connect");
socket.end(readFileSync(file)); await once(socket, "close");`;

const UDP_SENDER = `
import { readFileSync } from "node:fs"; import { createSocket } from "node:dgram";
const [port, file] = process.argv.slice(1);
const socket = createSocket("udp4"); socket.connect(Number(port), "127.0.0.1");
await new Promise((resolve) => socket.once("connect", resolve));
const lines = readFileSync(file, "utf8").split("\\n");
for (let at = 0; at < lines.length; at += 20) {
  for (const line of lines.slice(at, at + 20)) socket.send(line);
  await new Promise((resolve) => setTimeout(resolve, 1));
}
socket.close();`;

async function bySyslog(transport, lines) {
  return inFolder(async (dir) => {
    const telemetry = await openStore(dir);
    const { metrics, received, until } = countedMetrics();
    const syslog = await startSyslog({
      settings: {
        host: "127.0.0.1",
        port: 0,
        transports: [transport],
        allow: [],
        labels: {},
        maxMessageBytes: 65_536,
      },
      logs: telemetry.logs,
      clock: systemClock,
      log: silent,
      metrics,
    });
    const file = join(dir, "messages");
    await writeFile(file, lines.map(syslogLine).join("\n") + (transport === "tcp" ? "\n" : ""));
    const seconds = await processorTime(async () => {
      await sender(transport === "tcp" ? TCP_SENDER : UDP_SENDER, [String(syslog.port), file]);
      // Datagrams may be lost on the way; who sends over TCP is heard to the end.
      if (transport === "tcp") await until(lines.length);
      await syslog.close();
    });
    await telemetry.close();
    return { stored: received(), seconds };
  });
}

/** The server follows a file that is there. */
async function byFile(lines) {
  return inFolder(async (dir) => {
    const telemetry = await openStore(dir);
    const { metrics, received, until } = countedMetrics();
    const file = join(dir, "shop.log");
    await writeFile(file, lines.map(([, text]) => `${text}\n`).join(""));
    const seconds = await processorTime(async () => {
      const tailer = startLogTailer({
        inputs: [{ kind: "files", patterns: [file], labels: {} }],
        positions: join(dir, "positions.json"),
        logs: telemetry.logs,
        clock: systemClock,
        log: silent,
        metrics,
      });
      await until(lines.length);
      await tailer.stop();
    });
    await telemetry.close();
    return { stored: received(), seconds };
  });
}

/** What `seaworthy tail` itself takes, beside a platform that throws away what it is sent. */
async function byCommand(lines) {
  return inFolder(async (dir) => {
    const file = join(dir, "shop.log");
    await writeFile(file, lines.map(([, text]) => `${text}\n`).join(""));
    const server = createServer((request, response) => {
      request.resume().on("end", () => response.writeHead(204).end());
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const atExit =
      'process.on("exit", () => { const { user, system } = process.cpuUsage(); console.log(user + system); });';
    const command = fileURLToPath(new URL("../packages/cli/dist/main.js", import.meta.url));
    const child = spawn(
      process.execPath,
      [
        "--import",
        `data:text/javascript,${encodeURIComponent(atExit)}`,
        command,
        "tail",
        "--once",
        "--positions",
        join(dir, "positions.json"),
        file,
      ],
      {
        env: {
          ...process.env,
          SEAWORTHY_URL: `http://127.0.0.1:${server.address().port}`,
          SEAWORTHY_KEY: "any",
        },
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    let [microseconds, told] = ["", ""];
    child.stdout.on("data", (chunk) => {
      microseconds += chunk;
    });
    child.stderr.on("data", (chunk) => {
      told += chunk;
    });
    await once(child, "close");
    server.close();
    const stored = Number(/(\d+) lines were sent/.exec(told)?.[1]);
    return { stored, seconds: Number(microseconds) / 1e6 };
  });
}

/** Requests of one protocol, 1,000 lines each, from sixteen senders. */
async function byRequests({ protocol, contentType, contentEncoding, body }, lines) {
  return inFolder(async (dir) => {
    const telemetry = await openStore(dir);
    const { metrics, received } = countedMetrics();
    const receiver = createLogReceiver({ logs: telemetry.logs, clock: systemClock, metrics });
    const bodies = groupsOf(lines, PER_REQUEST).map(body);
    const query = new URLSearchParams();
    const seconds = await processorTime(() =>
      sixteenAtATime(bodies, (bytes) =>
        receiver.receive(protocol, { contentType, contentEncoding, query, body: piece(bytes) }),
      ),
    );
    await telemetry.close();
    return { stored: received(), seconds };
  });
}

/** Prints how many lines a core stores in a second, by each way in. */
export async function ingestLogs(print) {
  const now = Date.now();
  const lines = Array.from({ length: LINES }, (_, i) => {
    const ms = now - LINES + i;
    return [ms, jsonLine(ms, i)];
  });
  const registry = new SeriesRegistry(1000);
  const blocks = groupsOf(lines, PER_COMMIT).map((group) => {
    const rows = new LogRows([batchOf(group, "shop")], registry, () => false);
    const { block, columns } = rows.encode(Math.floor(now / 1000), 0);
    return ["logs", block, columns];
  });
  const limit = await engineCosts(print, {
    table: "logs",
    rows: LINES,
    blocks,
    unit: "line",
    variants: {
      "the table as it is": [],
      "without counts of minutes": ["ALTER TABLE logs DROP PROJECTION minutes"],
      "without the index of words": ["ALTER TABLE logs DROP INDEX words"],
      "without the index of bytes, which merges make": ["ALTER TABLE logs DROP INDEX grams"],
    },
  });
  const show = (name, { stored, seconds }, whole = lines.length) => {
    const lost = whole - stored;
    const note = lost === 0 ? "" : ` (${lost} of ${whole} lost on the way)`;
    print({ case: `ingest, ${name}${note}`, unit: UNIT, ours: stored / seconds, limit });
  };
  for (const [name, protocol] of Object.entries(LOG_PROTOCOLS)) {
    show(name, await byRequests(protocol, lines));
  }
  show("syslog, TCP", await bySyslog("tcp", lines));
  show("syslog, UDP", await bySyslog("udp", lines.slice(0, UDP_LINES)), UDP_LINES);
  show("a file that the server follows", await byFile(lines));
  const { stored, seconds } = await byCommand(lines);
  print({
    case: `seaworthy tail's own part, ${stored} lines`,
    unit: UNIT,
    ours: stored / seconds,
    limit: null,
  });
}
