// ClickHouse's HTTP interface over the embedded engine, in a process of its own: for the tests of what
// speaks to a server. `clickhouse-endpoint.ts DIR [USER PASSWORD]`; says the port that it listens on.
// It has what such a client asks for: statements in the body or, with data in the body, in the address,
// settings, databases, ids by which a statement is stopped, compressed bodies, and errors as ClickHouse
// tells them. It is the same engine, but it is not the same server.
import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { Session } from "chdb";
import { Pool } from "../../src/store/clickhouse/pool.ts";

const SESSIONS = 8;
/** Parameters of the address that are no settings. */
const OF_HTTP = new Set(["query", "query_id", "database", "session_id", "wait_end_of_query"]);
/** Statements that take no settings. */
const WITHOUT_SETTINGS = /^\s*(?:CREATE DATABASE|DROP DATABASE|KILL)\b/;

const [dir = "", user = "default", password = ""] = process.argv.slice(2);
const path = resolve(dir);
mkdirSync(path, { recursive: true });
const open = () => new Session(path, { connectionArgs: ["--max_server_memory_usage=1500000000"] });
const sessions = new Pool(Array.from({ length: SESSIONS }, open));
const control = new Pool([open()]);

/** An error as ClickHouse would have it. */
class EngineError extends Error {
  readonly code: number;
  constructor(message: string) {
    super(message);
    this.code = Number(/Code: (\d+)\./.exec(message)?.[1] ?? 1002);
  }
}

function failure(code: number, name: string, message: string): EngineError {
  return new EngineError(`Code: ${code}. DB::Exception: ${message}. (${name}) (version 26.7)`);
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  return request.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
}

function authenticate(request: IncomingMessage): void {
  const [scheme, credentials = ""] = (request.headers.authorization ?? "").split(" ");
  const { "x-clickhouse-user": name = "default", "x-clickhouse-key": key = "" } = request.headers;
  const given =
    scheme === "Basic"
      ? Buffer.from(credentials, "base64").toString("utf8")
      : `${String(name)}:${String(key)}`;
  if (given === `${user}:${password}`) return;
  throw failure(
    516,
    "AUTHENTICATION_FAILED",
    `${given.split(":")[0]}: Authentication failed: password is incorrect, or there is no user with such name`,
  );
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<Buffer> {
  authenticate(request);
  const { searchParams } = new URL(request.url ?? "", "http://localhost");
  const body = await bodyOf(request);
  const inAddress = searchParams.get("query");
  const sql = inAddress ?? body.toString("utf8");
  const id = searchParams.get("query_id") ?? randomBytes(8).toString("hex");
  if (sql.startsWith("KILL QUERY")) {
    const wanted = sql.replace(/query_id = /, "Settings['log_comment'] = ");
    await control.run((session) => session.queryAsync(wanted));
    return Buffer.alloc(0);
  }
  const settings = [...searchParams].filter(([name]) => !OF_HTTP.has(name));
  const clause = [...settings, ["log_comment", id]]
    .map(([name, value = ""]) => `${name} = '${value.replace(/[\\']/g, "\\$&")}'`)
    .join(", ");
  const database = searchParams.get("database") ?? "default";
  const spool = join(path, `insert-${randomBytes(8).toString("hex")}`);
  const [, into, format] = /^(INSERT INTO .*) FORMAT (\w+)\s*$/s.exec(sql) ?? [];
  const statement =
    inAddress === null || into === undefined
      ? sql
      : `${into} SELECT * FROM file('${spool}', '${format}')`;
  const text = WITHOUT_SETTINGS.test(sql) ? statement : `${statement} SETTINGS ${clause}`;
  if (statement !== sql) await writeFile(spool, body);
  let done = false;
  response.on("close", () => {
    if (!done)
      void control.run((session) =>
        session.queryAsync(`KILL QUERY WHERE Settings['log_comment'] = '${id}' ASYNC`),
      );
  });
  try {
    return await sessions.run(async (session) => {
      await session.queryAsync(`USE \`${database}\``);
      return Buffer.from((await session.queryAsync(text)).bytes());
    });
  } catch (error) {
    throw error instanceof EngineError ? error : new EngineError((error as Error).message);
  } finally {
    done = true;
    if (statement !== sql) await rm(spool, { force: true });
  }
}

const server = createServer((request, response) => {
  if (request.url === "/ping") {
    response.end("Ok.\n");
    return;
  }
  answer(request, response).then(
    (bytes) => {
      const zips = /gzip/.test(String(request.headers["accept-encoding"]));
      if (zips) response.setHeader("content-encoding", "gzip");
      response.setHeader("x-clickhouse-summary", "{}");
      response.end(zips ? gzipSync(bytes) : bytes);
    },
    (error: unknown) => {
      const { code, message } =
        error instanceof EngineError ? error : failure(1002, "UNKNOWN_EXCEPTION", String(error));
      response.statusCode = code === 516 ? 403 : code === 81 ? 404 : 500;
      response.setHeader("x-clickhouse-exception-code", String(code));
      response.end(message);
    },
  );
});
server.keepAliveTimeout = 10_000;
server.listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port));
// Whoever started it has gone.
process.stdin.on("end", () => process.exit(0)).resume();
