/** One process of a service: counts requests of one key against Redis as fast as it can. */
import { once } from "node:events";
import { Redis } from "ioredis";
import { RedisStore } from "../../src/limits/index.ts";

const [path = "", key = "", requests = "0", limit = "0", skewMs = "0"] = process.argv.slice(2);
// This host's clock is wrong; it must not matter.
const realNow = Date.now.bind(Date);
Date.now = () => realNow() + Number(skewMs);
const client = new Redis({ path });
const store = new RedisStore(client);
process.stdout.write("ready\n");
await once(process.stdin, "data");
const taken = await Promise.all(
  Array.from({ length: Number(requests) }, () => store.take(key, Number(limit), 60_000)),
);
const remaining = Math.min(...taken.map((each) => each.remaining));
process.stdout.write(`${taken.filter((each) => each.allowed).length} ${remaining}\n`);
client.disconnect();
process.stdin.destroy();
