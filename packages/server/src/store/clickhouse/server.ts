import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { ClickHouseError, ClickHouseLogLevel, createClient } from "@clickhouse/client";
import type { ClickHouseClient } from "@clickhouse/client";
import type { Logger } from "pino";
import { messageOf } from "../../model/index.ts";
import { StoreError } from "../errors.ts";
import { PING_MS } from "./engine.ts";
import type { ClickHouse, StatementOptions, SystemTable } from "./engine.ts";
import type { TelemetryLimits } from "./limits.ts";
import { decodeBlocks } from "./native-format.ts";
import { abortReason, Pool } from "./pool.ts";
import type { ServerAddress, ServerTls } from "./server-address.ts";
import { isAboutTls, isTransient, serverErrorOf, Unreachable } from "./server-errors.ts";
import { localTable, quotedName, quotedText, serverStatements } from "./server-statements.ts";
import { statementSettings } from "./settings.ts";
import { renderStatement } from "./statement.ts";

/** How long a server that is away is waited for at the start, ms. */
const START_MS = 30_000;
/** The first pause between two tries; each is twice as long as the one before, up to a second. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1000;
/** How long after a statement's own time limit its answer is waited for, ms. */
const GRACE_MS = 5000;
const KILL_EVERY_MS = 100;
/** A statement that is to be stopped and does not end is left to the server after this time, ms. */
const KILL_FOR_MS = 2000;
/** What PromQL needs of ClickHouse is there from 25.6 on. */
const NEEDED_FUNCTION = "timeSeriesLastToGrid";

/** Connects to a ClickHouse server over HTTP, waiting for it a while, and makes the database if need be. */
export async function openServer(
  address: ServerAddress,
  limits: TelemetryLimits,
  log: Logger,
): Promise<ClickHouse> {
  const engine = new ServerClickHouse(address, limits);
  try {
    await engine.open(log);
  } catch (error) {
    await engine.close();
    throw error;
  }
  return engine;
}

/** What one request carries. */
interface Request {
  readonly sql: string;
  readonly settings?: Readonly<Record<string, string | number>>;
  readonly timeoutMs: number;
  readonly body?: Uint8Array;
  readonly signal?: AbortSignal | undefined;
}

class ServerClickHouse implements ClickHouse {
  readonly isShared = true;
  readonly #address: ServerAddress;
  readonly #limits: TelemetryLimits;
  readonly #client: ClickHouseClient;
  readonly #readers: Pool<number>;
  readonly #writers: Pool<number>;
  /** The statements that run, by the ids that the server knows them by. */
  readonly #running = new Set<string>();
  #closed = false;

  constructor(address: ServerAddress, limits: TelemetryLimits) {
    const { maxConnections } = address;
    this.#address = address;
    this.#limits = limits;
    const slots = (count: number) => new Pool(Array.from({ length: count }, (_, slot) => slot));
    this.#readers = slots(maxConnections);
    this.#writers = slots(limits.writers);
    this.#client = clientOf(address, limits, address.database);
  }

  async open(log: Logger): Promise<void> {
    const { url } = this.#address;
    let told = false;
    try {
      await this.#retry(START_MS, async () => {
        try {
          await this.#request({ sql: "SELECT 1", timeoutMs: PING_MS });
        } catch (error) {
          if (isUnknownDatabase(error)) return await this.#createDatabase();
          if (!told && isTransient(error)) {
            told = true;
            log.warn(
              { url, reason: messageOf(error) },
              "ClickHouse is not there yet; trying again",
            );
          }
          throw error;
        }
      });
    } catch (error) {
      throw serverErrorOf(error, this.#address);
    }
    const blocks = await this.select(
      "SELECT version() AS version, countIf(name = {name:String}) AS known FROM system.functions",
      { name: NEEDED_FUNCTION },
    );
    const [version, known] = ["version", "known"].map((name) => blocks[0]?.columns.get(name));
    const has = known?.kind === "numbers" && Number(known.data[0]) > 0;
    if (!has) {
      const is = version?.kind === "strings" ? version.data[0] : "unknown";
      throw new StoreError(
        "store_unavailable",
        `ClickHouse at ${url} is version ${is}; 25.6 or a newer one is needed`,
      );
    }
  }

  async select(sql: string, parameters = {}, options: StatementOptions = {}) {
    const text = `${renderStatement(sql, parameters)}\nFORMAT Native`;
    return decodeBlocks(await this.#run(this.#readers, text, options));
  }

  async execute(sql: string, parameters = {}, options: StatementOptions = {}) {
    const rendered = renderStatement(sql, parameters);
    for (const statement of serverStatements(rendered, this.#address)) {
      await this.#run(this.#writers, statement, options);
    }
  }

  async insert(table: string, block: Uint8Array): Promise<void> {
    // By this the server knows the same block when it is sent again after a broken connection.
    const settings = { insert_deduplication_token: randomUUID() };
    const sql = `INSERT INTO ${table} FORMAT Native`;
    await this.#run(this.#writers, sql, { settings }, block);
  }

  storedAs(table: string): string {
    return this.#address.cluster === undefined ? table : localTable(table);
  }

  system(table: SystemTable): string {
    const { cluster } = this.#address;
    return cluster === undefined
      ? `system.${table}`
      : `clusterAllReplicas(${quotedText(cluster)}, system.${table})`;
  }

  async ping(): Promise<void> {
    try {
      await this.#request({ sql: "SELECT 1", timeoutMs: PING_MS });
    } catch (error) {
      throw serverErrorOf(error, this.#address);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#readers.close();
    this.#writers.close();
    await Promise.all([...this.#running].map((id) => this.#kill(id)));
    await this.#client.close();
  }

  async #run(
    pool: Pool<number>,
    sql: string,
    { signal, timeoutMs = this.#limits.statementMs, settings = {} }: StatementOptions,
    body?: Uint8Array,
  ): Promise<Uint8Array> {
    const request = { sql, settings, timeoutMs, signal, ...(body === undefined ? {} : { body }) };
    try {
      return await pool.run(
        () => this.#retry(this.#limits.awayMs, () => this.#request(request), signal),
        signal,
      );
    } catch (error) {
      if (signal?.aborted === true) throw abortReason(signal);
      throw serverErrorOf(error, this.#address);
    }
  }

  /**
   * Tries again for so long, ms, while the server is away. All that is sent here may be sent twice:
   * questions, steps of the schema, and inserts by their token.
   */
  async #retry<T>(forMs: number, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const until = performance.now() + forMs;
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      try {
        return await work();
      } catch (error) {
        const left = until - performance.now();
        if (!isTransient(error) || left <= 0 || this.#closed || signal?.aborted === true)
          throw error;
        // Many wait for the same server: they should not all come back at once.
        await delay(Math.min(left, pause * (0.5 + Math.random() / 2)), undefined, { signal });
      }
    }
  }

  async #request({ sql, settings, timeoutMs, body, signal }: Request): Promise<Uint8Array> {
    const id = randomUUID();
    const limit = AbortSignal.timeout(timeoutMs + GRACE_MS);
    const gone = new AbortController();
    const stop = () => void this.#kill(id).finally(() => gone.abort());
    signal?.addEventListener("abort", stop, { once: true });
    this.#running.add(id);
    try {
      const { stream } = await this.#client.exec({
        query: sql,
        query_id: id,
        clickhouse_settings: { ...settings, max_execution_time: timeoutMs / 1000 },
        abort_signal: AbortSignal.any([gone.signal, limit]),
        ...(body === undefined ? {} : { values: Readable.from([body], { objectMode: false }) }),
      });
      const end = () => stream.destroy(new Error("the answer did not come in time"));
      limit.addEventListener("abort", end, { once: true });
      const chunks: Uint8Array[] = [];
      for await (const chunk of stream) chunks.push(chunk as Uint8Array);
      limit.removeEventListener("abort", end);
      return Buffer.concat(chunks);
    } catch (error) {
      if (error instanceof ClickHouseError || isAboutTls(error)) throw error;
      if (limit.aborted) {
        throw new StoreError("query_timeout", `ClickHouse did not answer within ${timeoutMs} ms`, {
          cause: error,
        });
      }
      throw new Unreachable(messageOf(error), { cause: error });
    } finally {
      signal?.removeEventListener("abort", stop);
      this.#running.delete(id);
    }
  }

  /** Each request names the database that it means: this one must not name ours. */
  async #createDatabase(): Promise<void> {
    const { cluster, database } = this.#address;
    const client = clientOf(this.#address, this.#limits, "default");
    const where = cluster === undefined ? "" : ` ON CLUSTER ${quotedText(cluster)}`;
    try {
      await client.command({
        query: `CREATE DATABASE IF NOT EXISTS ${quotedName(database)}${where}`,
        abort_signal: AbortSignal.timeout(this.#limits.statementMs),
      });
    } finally {
      await client.close();
    }
  }

  /** Stops a statement, and answers when it has stopped or the server does not say so for long. */
  async #kill(id: string): Promise<void> {
    const { cluster } = this.#address;
    const where = cluster === undefined ? "" : ` ON CLUSTER ${quotedText(cluster)}`;
    const query = `KILL QUERY${where} WHERE query_id = '${id}' ASYNC`;
    const until = performance.now() + KILL_FOR_MS;
    while (this.#running.has(id) && performance.now() < until) {
      const signal = AbortSignal.timeout(KILL_FOR_MS);
      await this.#client.command({ query, abort_signal: signal }).catch(() => {});
      if (this.#running.has(id)) await delay(KILL_EVERY_MS);
    }
  }
}

function clientOf(
  address: ServerAddress,
  limits: TelemetryLimits,
  database: string,
): ClickHouseClient {
  const { url, user, password, cluster, tls, maxConnections } = address;
  return createClient({
    url,
    username: user,
    password,
    database,
    application: "seaworthy",
    // Beside those who read and write: stopping statements, and asking whether the server is there.
    max_open_connections: maxConnections + limits.writers + 2,
    // Each request has a time limit of its own.
    request_timeout: 2 ** 31 - 1,
    ...(tls === undefined ? {} : { tls: { ca_cert: tls.ca, ...ownCertificate(tls) } }),
    clickhouse_settings: {
      ...statementSettings(limits),
      // An error comes instead of an answer, not in the middle of it.
      wait_end_of_query: 1,
      // Acknowledged means stored.
      async_insert: 0,
      // Where no KILL arrives, behind a balancer say, the end of the connection does.
      cancel_http_readonly_queries_on_client_close: 1,
      ...(cluster === undefined ? {} : CLUSTER_SETTINGS),
    },
    log: { level: ClickHouseLogLevel.OFF },
  });
}

function ownCertificate({ own }: ServerTls): { cert?: Buffer; key?: Buffer } {
  return own === undefined ? {} : { cert: own.cert, key: own.key };
}

const CLUSTER_SETTINGS = {
  // Acknowledged means stored on the servers that the rows belong to.
  distributed_foreground_insert: 1,
  // A condition on another table is worked out once, over all servers.
  distributed_product_mode: "global",
  // What was written is read again from the replica that took it, as long as that is there.
  load_balancing: "in_order",
  distributed_ddl_output_mode: "none",
} as const;

function isUnknownDatabase(error: unknown): boolean {
  return error instanceof ClickHouseError && error.type === "UNKNOWN_DATABASE";
}
