import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ClickHouseError } from "@clickhouse/client";
import { pino } from "pino";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { BreakableProxy } from "../../../test/breakable-proxy.ts";
import { startClickHouse } from "../../../test/clickhouse-server.ts";
import type { TestClickHouse } from "../../../test/clickhouse-server.ts";
import type { LogBatch } from "../../model/index.ts";
import type { ServerAddress } from "./server-address.ts";
import { serverErrorOf } from "./server-errors.ts";
import { familyOf } from "./series-identity.ts";
import { openTelemetry } from "./telemetry.ts";
import type { Telemetry } from "./telemetry.ts";

/** A wait that a slow machine does not exhaust. */
const LONG = { timeout: 30_000 };
const now = Date.now();
let clickhouse: TestClickHouse;

beforeAll(async () => {
  clickhouse = await startClickHouse();
  return () => clickhouse.stop();
});

interface Opening {
  readonly told?: string[];
  readonly awayMs?: number;
}

/** Another server of the platform, as far as its telemetry goes. */
async function open(server: ServerAddress, { told = [], awayMs }: Opening = {}) {
  const log = pino({ level: "warn" }, { write: (line: string) => void told.push(line) });
  const limits = { commitEveryMs: 0, ...(awayMs === undefined ? {} : { awayMs }) };
  const telemetry = await openTelemetry({ dir: "/nonexistent", server, log, limits });
  onTestFinished(() => telemetry.close());
  return telemetry;
}

/** The way to ClickHouse, and the address at its near end. */
async function openProxy(database: string) {
  const proxy = new BreakableProxy(clickhouse.port);
  await proxy.open();
  onTestFinished(() => proxy.close());
  const url = `http://127.0.0.1:${proxy.port}`;
  return { proxy, address: clickhouse.address(database, { url }) };
}

function write(telemetry: Telemetry, name: string, time = now): Promise<void> {
  return telemetry.samples.write({
    series: [{ __name__: name }],
    seriesOf: new Uint32Array(1),
    times: new Float64Array([time]),
    values: new Float64Array([1]),
  });
}

function linesOf(fingerprint: bigint | undefined, ...lines: string[]): LogBatch {
  return {
    streams: [{ service_name: "shop" }],
    streamOf: new Uint32Array(lines.length),
    times: BigInt64Array.from(lines, () => BigInt(now) * 1_000_000n),
    lines,
    metadata: lines.map(() => ({})),
    ...(fingerprint === undefined ? {} : { fingerprint }),
  };
}

async function ask(telemetry: Telemetry, sql: string): Promise<unknown[]> {
  const blocks = await telemetry.select(sql);
  return blocks.flatMap(({ columns }): unknown[] => {
    const column = columns.get("x");
    if (column?.kind !== "numbers" && column?.kind !== "strings") throw new Error("no x");
    return [...column.data];
  });
}

describe("a ClickHouse server", () => {
  it("refuses a wrong password, which is told with what to check", async () => {
    const address = clickhouse.address("refused", { password: "wrong" });
    await expect(open(address)).rejects.toMatchObject({
      code: "store_unavailable",
      message: expect.stringMatching(
        /refuses the user "seaworthy" or its password.*clickhouse\.password_file/,
      ) as unknown,
    });
  });

  it("is waited for when it comes up later, and opened", async () => {
    const { proxy, address } = await openProxy("late");
    await proxy.close();
    const told: string[] = [];
    const opening = open(address, { told });
    await expect.poll(() => told.join(), LONG).toContain("not there yet");
    await proxy.open();
    const telemetry = await opening;
    await write(telemetry, "late");
    expect(await ask(telemetry, "SELECT count() AS x FROM samples")).toEqual([1n]);
  });

  it("stores an insert once whose acknowledgement is lost", async () => {
    const { proxy, address } = await openProxy("cut");
    const telemetry = await open(address);
    await telemetry.logs.write(linesOf(undefined, "first"));
    proxy.cutAnswerTo("INSERT+INTO+logs+");
    await telemetry.logs.write(linesOf(undefined, "a", "b", "c"));
    expect(proxy.cuts).toBe(1);
    expect(await ask(telemetry, "SELECT line AS x FROM logs ORDER BY x")).toEqual([
      "a",
      "b",
      "c",
      "first",
    ]);
  });

  it("that is away is told at once, refuses writes after a while, and is found again", async () => {
    const { proxy, address } = await openProxy("away");
    const telemetry = await open(address, { awayMs: 200 });
    await proxy.close();
    const away = {
      code: "store_unavailable",
      message: expect.stringContaining("is not reachable") as unknown,
    };
    await expect(telemetry.ping()).rejects.toMatchObject(away);
    await expect(write(telemetry, "lost")).rejects.toMatchObject(away);
    await expect(telemetry.select("SELECT 1 AS x")).rejects.toMatchObject(away);
    await proxy.open();
    await telemetry.ping();
    await write(telemetry, "kept");
    expect(await ask(telemetry, "SELECT count() AS x FROM samples")).toEqual([1n]);
  });

  it("is spoken to over TLS, and only with the certificate of who signed its own", async () => {
    const dir = await mkdtemp(join(tmpdir(), "seaworthy-clickhouse-tls-"));
    onTestFinished(() => rm(dir, { recursive: true, force: true }));
    const words =
      "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=clickhouse.test -addext subjectAltName=IP:127.0.0.1 -keyout key -out cert";
    execFileSync("openssl", words.split(" "), { cwd: dir, stdio: "ignore" });
    const [key, cert] = [await readFile(join(dir, "key")), await readFile(join(dir, "cert"))];
    const proxy = new BreakableProxy(clickhouse.port, { key, cert });
    await proxy.open();
    onTestFinished(() => proxy.close());
    const url = `https://127.0.0.1:${proxy.port}`;
    const telemetry = await open(clickhouse.address("tls", { url, tls: { ca: cert } }));
    expect(await ask(telemetry, "SELECT 1 AS x")).toEqual([1]);
    const stranger = clickhouse.address("tls", { url });
    await expect(open(stranger)).rejects.toThrow(
      /self-signed certificate; check .*clickhouse\.ca_file/,
    );
  });
});

describe("two servers over one ClickHouse", () => {
  it("see the series that the other names, and name again what the other deletes", async () => {
    const address = clickhouse.address("two");
    const [one, two] = [await open(address), await open(address)];
    const family = familyOf("shared");
    expect(two.recent.covers(now)).toBe(false);
    const before = two.seriesVersion(family);
    await write(two, "own");
    await write(one, "shared");
    await expect.poll(() => two.seriesVersion(family), LONG).toBeGreaterThan(before);
    const names = `SELECT toString(uniqExact(series)) AS x FROM series WHERE family = ${family}`;
    expect(await ask(two, names)).toEqual(["1"]);
    const [id] = (await ask(
      two,
      `SELECT series AS x FROM series WHERE family = ${family}`,
    )) as bigint[];
    const day = 86_400_000;
    await two.remove([{ family, ids: [id ?? 0n] }], now - day * 2, now + day * 2);
    expect(await ask(one, names)).toEqual(["0"]);
    // The one that named it learns that it is gone, and names it again with its next sample.
    let time = now;
    await expect
      .poll(async () => {
        await write(one, "shared", (time += 1));
        return ask(one, names);
      }, LONG)
      .toEqual(["1"]);
  });

  it("store a batch of lines once that is sent to the one and then to the other", async () => {
    const address = clickhouse.address("repeated");
    const [one, two] = [await open(address), await open(address)];
    await one.logs.write(linesOf(5n, "a", "b"));
    await two.logs.write(linesOf(5n, "a", "b"));
    await two.logs.write(linesOf(6n, "c"));
    expect(await ask(one, "SELECT line AS x FROM logs ORDER BY x")).toEqual(["a", "b", "c"]);
  });
});

it("maps what ClickHouse says to the store's errors", () => {
  const said = (code: number, message = "no more") =>
    serverErrorOf(
      new ClickHouseError({ message, code: String(code), type: "X" }),
      clickhouse.address("db"),
    );
  expect(said(243)).toMatchObject({ code: "data_folder_unusable" });
  expect(said(243).message).toMatch(/the disk of ClickHouse at http.* is full/);
  expect(said(74, "write failed: No space left on device").code).toBe("data_folder_unusable");
  expect(said(252).code).toBe("store_overloaded");
  expect(said(241).code).toBe("query_too_large");
  expect(said(159).code).toBe("query_timeout");
  expect(said(497).message).toMatch(/does not let the user "seaworthy" do this: no more/);
  expect(said(81).message).toMatch(/has no database "db"; create it/);
  expect(said(60).message).toMatch(/refused: no more/);
  for (const code of [243, 252, 241, 497, 60]) expect(said(code).status).toBe(503);
});
