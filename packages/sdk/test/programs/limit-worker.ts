/**
 * One process of a service whose requests are counted in Redis: `limit-worker.ts SOCKET SKEW QUEUE`.
 * SKEW is how wrong this host's clock is, in milliseconds; QUEUE whether the client keeps commands while
 * Redis is away. It is told what to do by lines of standard input and answers each with a line of JSON.
 */
import { createInterface } from "node:readline";
import { Redis } from "ioredis";
import { RateLimits, RedisStore, type Decision } from "../../src/limits/index.ts";

const [path = "", skew = "0", queue = "no"] = process.argv.slice(2);
let skewMs = Number(skew);
const realNow = Date.now.bind(Date);
Date.now = () => realNow() + skewMs;

const client = new Redis({ path, retryStrategy: () => 20, enableOfflineQueue: queue === "queue" });
client.on("error", () => {});
await new Promise<void>((resolve) => client.once("ready", resolve));
let asked = 0;
const store = new RedisStore({
  call: (command, ...args) => {
    asked += 1;
    return client.call(command, ...args);
  },
});
const limit = 333;
const limits = new RateLimits({
  store,
  // A busy machine is not a Redis that is gone.
  storeTimeoutMs: 10_000,
  storePauseMs: 50,
  tiers: {
    open: { limit, windowSeconds: 600, onStoreFailure: "open" },
    closed: { limit, windowSeconds: 600, onStoreFailure: "closed" },
  },
});

type Counts = Record<string, number>;
/** What callers were answered, by tier and status; `error` counts what must never be. */
function counter(): {
  readonly counts: Counts;
  readonly take: (tier: string, key: string) => Promise<void>;
} {
  const counts: Counts = {};
  const add = (name: string) => (counts[name] = (counts[name] ?? 0) + 1);
  return {
    counts,
    take: async (tier, key) => {
      try {
        const { refusal } = await limits.take(tier, key);
        add(`${tier} ${refusal?.status ?? 200}`);
      } catch {
        add("error");
      }
    },
  };
}

const say = (what: unknown) => process.stdout.write(`${JSON.stringify(what)}\n`);
const turn = () => new Promise((resolve) => setImmediate(resolve));
const isCounted = ({ headers }: Decision) => "ratelimit" in headers;

const flow = { ...counter(), stopped: false, ended: Promise.resolve<unknown>(undefined) };

/** Requests without end, a few at a time, as a service has them while its Redis goes and comes. */
async function flowOne(): Promise<void> {
  while (!flow.stopped) {
    await Promise.all([flow.take("open", "flow"), flow.take("closed", "flow")]);
    await turn();
  }
}

const commands: Readonly<Record<string, (...args: string[]) => Promise<unknown> | undefined>> = {
  /** So many requests at once; also tells how often Redis was asked when they were made. */
  burst: async (tier = "", key = "", requests = "0") => {
    const { counts, take } = counter();
    const before = asked;
    const taken = Array.from({ length: Number(requests) }, () => take(tier, key));
    const sent = asked - before;
    await Promise.all(taken);
    return { counts, asked: sent };
  },
  jump: (milliseconds = "0") => {
    skewMs += Number(milliseconds);
    return Promise.resolve({});
  },
  flow: () => {
    flow.ended = Promise.all(Array.from({ length: 4 }, flowOne));
    return Promise.resolve({});
  },
  /** Answers once the store is known to be away. */
  away: async () => {
    while (isCounted(await limits.take("open", "state"))) await turn();
    return {};
  },
  /** Answers once the store counts again. */
  back: async () => {
    while (!isCounted(await limits.take("open", "state"))) await turn();
    return {};
  },
  stop: async () => {
    flow.stopped = true;
    await flow.ended;
    return flow.counts;
  },
};

say("ready");
for await (const line of createInterface({ input: process.stdin })) {
  const [name = "", ...args] = line.split(" ");
  say(await commands[name]?.(...args));
}
client.disconnect();
