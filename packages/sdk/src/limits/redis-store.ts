import { createHash } from "node:crypto";
import type { LimitStore, Taken } from "./store.ts";

/** A client of `ioredis`. */
interface IoRedisClient {
  call(command: string, ...args: (string | number)[]): PromiseLike<unknown>;
}

/** A client of `redis` (node-redis). */
interface NodeRedisClient {
  sendCommand(args: string[]): PromiseLike<unknown>;
}

export interface RedisStoreOptions {
  /** Begins the keys. Default: "seaworthy:limit:". */
  readonly prefix?: string;
}

/**
 * The whole decision in one script, so that any number of processes count as one. The key holds the
 * times of the counted requests, oldest first, by the clock of Redis: what clocks of the application's
 * hosts say does not matter. When the clock of Redis goes back, the times go back with it, so that
 * nobody waits for longer than the window; when it leaps ahead, windows end early once.
 */
const script = `
local key, limit, window = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local newest = tonumber(redis.call('LINDEX', key, -1) or now)
if newest <= now - window then
  redis.call('DEL', key)
elseif newest > now then
  local times = redis.call('LRANGE', key, 0, -1)
  redis.call('DEL', key)
  for _, at in ipairs(times) do
    redis.call('RPUSH', key, string.format('%.0f', at - (newest - now)))
  end
  if #times > 0 then redis.call('PEXPIRE', key, window) end
end
local oldest = redis.call('LINDEX', key, 0)
while oldest and tonumber(oldest) <= now - window do
  redis.call('LPOP', key)
  oldest = redis.call('LINDEX', key, 0)
end
local count = redis.call('LLEN', key)
local allowed = 0
if count < limit then
  redis.call('RPUSH', key, string.format('%.0f', now))
  redis.call('PEXPIRE', key, window)
  allowed = 1
  count = count + 1
  oldest = oldest or now
end
local reset = 0
if oldest then reset = tonumber(oldest) + window - now end
return { allowed, math.max(0, limit - count), reset }
`;
const scriptHash = createHash("sha1").update(script).digest("hex");

/** Counts in Redis, for any number of processes. Needs Redis 5 or later, or what speaks like it. */
export class RedisStore implements LimitStore {
  readonly #send: (args: string[]) => PromiseLike<unknown>;
  readonly #prefix: string;

  /** @throws when the client is neither of ioredis nor of node-redis. */
  constructor(client: IoRedisClient | NodeRedisClient, options: RedisStoreOptions = {}) {
    this.#prefix = options.prefix ?? "seaworthy:limit:";
    // ioredis has a sendCommand as well, which takes something else: it is told by its `call`.
    if ("call" in client && typeof client.call === "function")
      this.#send = ([command = "", ...args]) => client.call(command, ...args);
    else if ("sendCommand" in client && typeof client.sendCommand === "function")
      this.#send = (args) => client.sendCommand(args);
    else throw new Error("the store wants a client of ioredis or of redis");
  }

  async take(key: string, limit: number, windowMs: number): Promise<Taken> {
    const args = ["1", this.#prefix + key, String(limit), String(windowMs)];
    let answer: unknown;
    try {
      answer = await this.#send(["EVALSHA", scriptHash, ...args]);
    } catch (error) {
      // Redis forgets its scripts when it starts again.
      if (!(error instanceof Error) || !error.message.startsWith("NOSCRIPT")) throw error;
      answer = await this.#send(["EVAL", script, ...args]);
    }
    if (!Array.isArray(answer) || answer.length !== 3)
      throw new Error("Redis answered something else than the script does");
    const [allowed = -1, remaining = -1, resetMs = -1] = (answer as unknown[]).map(Number);
    if (![allowed, remaining, resetMs].every((count) => Number.isSafeInteger(count) && count >= 0))
      throw new Error("Redis answered something else than the script does");
    return { allowed: allowed === 1, remaining, resetMs };
  }
}
