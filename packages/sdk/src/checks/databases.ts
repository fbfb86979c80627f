import type { Check } from "../health/health.ts";

/** A pool or client of `pg`, and whatever else answers `query(sql)` with a promise. */
interface Queryable {
  query(sql: string): PromiseLike<unknown>;
}

/** A pool or connection of mysql2: from `mysql2/promise`, or the callback kind with `promise()`. */
type MysqlClient = Queryable | { promise(): Queryable };

/** A client of `ioredis` or `redis`. */
interface RedisClient {
  ping(): PromiseLike<unknown>;
  /** node-redis: whether there is a connection; commands wait for one otherwise. */
  readonly isReady?: boolean;
  /** ioredis: the same in words. */
  readonly status?: string;
}

/** PostgreSQL answers a query: `kit.health.check("database", postgres(pool))`. */
export function postgres(client: Queryable): Check {
  return async () => {
    await client.query("select 1");
  };
}

/** MySQL or MariaDB answers a query. */
export function mysql(client: MysqlClient): Check {
  return async () => {
    const queryable = "promise" in client ? client.promise() : client;
    await queryable.query("select 1");
  };
}

/**
 * Redis answers PING. A client without a connection fails at once instead of waiting for one, since
 * its queue of waiting commands would outlive the check.
 */
export function redis(client: RedisClient): Check {
  return async () => {
    if (client.isReady === false) throw new Error("not connected");
    const { status } = client;
    // "wait" is a lazy client that connects with its first command.
    if (status !== undefined && status !== "ready" && status !== "wait")
      throw new Error(`not connected: ${status}`);
    const answer = await client.ping();
    if (String(answer) !== "PONG") throw new Error("PING was not answered with PONG");
  };
}
