import { Client } from "pg";
import type { ClientConfig } from "pg";
import type { Listening } from "./records.ts";

/** Between two attempts to connect again, ms. */
const AGAIN_MS = 250;
/** What PostgreSQL takes as a name without quotes. */
const CHANNEL = /^[a-z_]{1,60}$/;

/** Listens to a channel over a connection of its own; see `Records.listen`. */
export function listen(
  config: ClientConfig,
  channel: string,
  heard: (text: string | undefined) => void,
): Listening {
  if (!CHANNEL.test(channel)) throw new Error(`"${channel}" is no name for a channel`);
  let client: Client | undefined;
  let hearing = false;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;

  const lost = (from: Client) => {
    if (client !== from) return;
    client = undefined;
    hearing = false;
    from.end().catch(() => {});
    if (!closed) timer = setTimeout(() => void connect(), AGAIN_MS).unref();
  };

  async function connect(): Promise<void> {
    const next = new Client({ ...config, keepAlive: true });
    client = next;
    next.on("error", () => lost(next));
    next.on("end", () => lost(next));
    next.on("notification", ({ payload }) => heard(payload ?? ""));
    try {
      await next.connect();
      await next.query(`listen ${channel}`);
      if (client !== next) return;
      hearing = true;
      heard(undefined);
    } catch {
      lost(next);
    }
  }

  const connecting = connect();
  return {
    get hearing() {
      return hearing;
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      await connecting;
      const last = client;
      client = undefined;
      hearing = false;
      await last?.end().catch(() => {});
    },
  };
}
