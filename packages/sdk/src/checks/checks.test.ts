import { createHash } from "node:crypto";
import { once } from "node:events";
import { chmod, mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import mysql2 from "mysql2";
import { Pool } from "pg";
import { createClient } from "redis";
import { afterAll, expect, inject, onTestFinished, test } from "vitest";
import { startMysql } from "../../test/mysql-server.ts";
import { startRedis } from "../../test/redis-server.ts";
import { Guard } from "../guard.ts";
import { Health, type Check, type CheckOptions } from "../health/health.ts";
import {
  backlog,
  disk,
  eventLoop,
  folder,
  http,
  memory,
  mysql,
  postgres,
  redis,
  s3,
} from "./index.ts";
import { Gauge } from "./levels.ts";
import { signHead } from "./storage.ts";

/** Runs a check as the service would, once. */
async function run(check: Check, options: CheckOptions = {}) {
  const health = new Health(new Guard());
  health.check("it", check, options);
  const { status, message } = (await health.report()).checks["it"] ?? {};
  return `${status}: ${message}`;
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const redisServer = await startRedis();
afterAll(() => redisServer.stop());

test("PostgreSQL: there, and gone", async () => {
  const pool = new Pool({
    host: inject("postgresSocket"),
    database: "postgres",
    user: "seaworthy",
  });
  expect(await run(postgres(pool))).toBe("healthy: ok");
  await pool.end();
  expect(await run(postgres(pool))).toMatch(/^unhealthy: .*pool/);
  const nowhere = new Pool({ host: "127.0.0.1", port: 1 });
  expect(await run(postgres(nowhere))).toBe("unhealthy: connect ECONNREFUSED 127.0.0.1:1");
});

test("MySQL: with promises, with callbacks through promise(), and gone", async () => {
  const server = await startMysql(mysql2);
  const { port } = server.address() as AddressInfo;
  const callbacks = mysql2.createPool({ host: "127.0.0.1", port, user: "shop" });
  const promises = callbacks.promise();
  expect(await run(mysql(callbacks))).toBe("healthy: ok");
  expect(await run(mysql(promises))).toBe("healthy: ok");
  await promises.end();
  const closed = once(server, "close");
  server.close();
  await closed;
  const gone = mysql2.createPool({ host: "127.0.0.1", port, user: "shop" });
  expect(await run(mysql(gone))).toMatch(/^unhealthy: .*ECONNREFUSED/);
  await gone.promise().end();
});

test("Redis through ioredis and node-redis: there, killed, and back", async () => {
  const io = new Redis({ path: redisServer.path, retryStrategy: () => 20 });
  const node = createClient({ socket: { path: redisServer.path, reconnectStrategy: 20 } });
  io.on("error", () => {});
  node.on("error", () => {});
  onTestFinished(() => {
    io.disconnect();
    node.destroy();
  });
  await Promise.all([once(io, "ready"), node.connect()]);
  expect(await run(redis(io))).toBe("healthy: ok");
  expect(await run(redis(node))).toBe("healthy: ok");
  const lost = Promise.all([once(io, "close"), once(node, "error")]);
  await redisServer.kill();
  await lost;
  expect(await run(redis(io))).toMatch(/^unhealthy: /);
  expect(await run(redis(node))).toMatch(/^unhealthy: /);
  // Not events.once: the errors of the attempts before are no news.
  const back = Promise.all(
    [io, node].map((client) => new Promise<void>((resolve) => client.once("ready", resolve))),
  );
  await redisServer.start();
  await back;
  expect(await run(redis(io))).toBe("healthy: ok");
  expect(await run(redis(node))).toBe("healthy: ok");
});

test("HTTP: by status, without following redirects, and within its time", async () => {
  const url = await serve((request, response) => {
    if (request.url === "/hang") return;
    const code = Number(request.url?.slice(1));
    response.writeHead(code, code === 302 ? { location: "/200" } : {}).end("x".repeat(100_000));
  });
  expect(await run(http(`${url}/200`))).toBe("healthy: ok");
  expect(await run(http(`${url}/204`, { method: "HEAD" }))).toBe("healthy: ok");
  expect(await run(http(`${url}/503`))).toBe("unhealthy: answered 503");
  expect(await run(http(`${url}/302`))).toBe("unhealthy: answered 302");
  expect(await run(http(`${url}/404`, { accept: (status) => status < 500 }))).toBe("healthy: ok");
  expect(await run(http(`${url}/hang`), { timeoutMs: 20 })).toBe(
    "unhealthy: no answer within 20 ms",
  );
  expect(await run(http("http://127.0.0.1:1/"))).toMatch(/^unhealthy: .*(ECONNREFUSED|bad port)/);
  expect(() => http("file:///etc/passwd")).toThrow("file: is not http or https");
});

test("S3: a signed HeadBucket", async () => {
  const seen: IncomingMessage[] = [];
  const url = await serve((request, response) => {
    seen.push(request);
    response.writeHead(request.url === "/photos" ? 200 : 403).end();
  });
  const options = {
    endpoint: `${url}/`,
    region: "eu-central-1",
    accessKeyId: "AKIDEXAMPLE",
    secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    sessionToken: "session",
    now: () => new Date("2026-01-02T03:04:05.678Z"),
  };
  expect(await run(s3({ ...options, bucket: "photos" }))).toBe("healthy: ok");
  expect(await run(s3({ ...options, bucket: "secrets" }))).toBe("unhealthy: answered 403");
  const request = seen[0];
  expect(request?.method).toBe("HEAD");
  expect(request?.headers).toMatchObject({
    "x-amz-date": "20260102T030405Z",
    "x-amz-security-token": "session",
    "x-amz-content-sha256": createHash("sha256").digest("hex"),
  });
  expect(request?.headers.authorization).toMatch(
    /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/20260102\/eu-central-1\/s3\/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token, Signature=[0-9a-f]{64}$/,
  );
});

test("the signature is the one that another implementation of the specification computes", () => {
  const headers = signHead(
    new URL("http://storage.example:9000/photos"),
    {
      bucket: "photos",
      region: "eu-central-1",
      accessKeyId: "AKIDEXAMPLE",
      secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    },
    new Date("2026-01-02T03:04:05.678Z"),
  );
  expect(headers["authorization"]).toMatch(
    /Signature=e8c743b63c5b490674f9ad80b6da9bb82c6985272bf5ac12a16e8ee2169c0fdd$/,
  );
});

test("a folder: written, read and left clean; and one that is not there", async () => {
  const path = await mkdtemp(join(tmpdir(), "seaworthy-folder-"));
  onTestFinished(() => rm(path, { recursive: true }));
  await chmod(path, 0o700);
  expect(await run(folder(path))).toBe("healthy: ok");
  expect(await readdir(path)).toEqual([]);
  expect(await run(folder(join(path, "none")))).toMatch(/^unhealthy: ENOENT/);
});

test("disk, memory and event loop say what they measured", async () => {
  expect(await run(disk("/", { usedPercent: { degraded: 101 } }))).toMatch(
    /^healthy: \d+\.\d % used$/,
  );
  expect(await run(disk("/none"))).toMatch(/^unhealthy: ENOENT/);
  expect(await run(memory({ heapPercent: { degraded: 0.001 } }))).toMatch(
    /^degraded: heap \d+\.\d % used$/,
  );
  const loop = eventLoop({ degraded: 60_000 });
  expect(await run(loop)).toBe("healthy: 99 % of delays below 0 ms");
  expect(await run(loop)).toMatch(/^healthy: 99 % of delays below \d+ ms$/);
});

test("a backlog: below, at and beyond its levels, and not a number", async () => {
  let waiting: unknown = 3;
  const check = backlog(() => waiting as number, { degraded: 10, unhealthy: 100 });
  expect(await run(check)).toBe("healthy: 3 waiting");
  waiting = 10;
  expect(await run(check)).toBe("degraded: 10 waiting");
  waiting = 100;
  expect(await run(check)).toBe("unhealthy: 100 waiting");
  waiting = undefined;
  expect(await run(check)).toBe("unhealthy: the size of the queue is not a number");
});

test("a level that was reached holds until the value is well below it", () => {
  const gauge = new Gauge({ degraded: 100, unhealthy: 200 });
  const read = (value: number) => gauge.read(value, String).status;
  expect([99, 100, 91, 89].map(read)).toEqual(["healthy", "degraded", "degraded", "healthy"]);
  expect([200, 181, 179, 95, 89].map(read)).toEqual([
    "unhealthy",
    "unhealthy",
    "degraded",
    "degraded",
    "healthy",
  ]);
  expect(read(Number.NaN)).toBe("unhealthy");
  expect(() => new Gauge({ degraded: 5, unhealthy: 4 })).toThrow("levels");
});
