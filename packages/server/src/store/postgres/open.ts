import { setTimeout as delay } from "node:timers/promises";
import { messageOf } from "../../model/index.ts";
import { connectRecords } from "./connect.ts";
import { openEmbeddedPostgres } from "./embedded.ts";
import type { EmbeddedLog } from "./embedded.ts";
import type { Records } from "./records.ts";

/** The database of an embedded PostgreSQL. */
const DATABASE = "seaworthy";

/** Opens the records: a server when `url` is given, else the embedded PostgreSQL in `dir`. */
export async function openRecords(options: {
  readonly url?: string | undefined;
  readonly dir: string;
  readonly maxConnections: number;
  readonly log: EmbeddedLog;
  /** How long a server that is not there yet is waited for, ms; half a minute when left out. */
  readonly startMs?: number;
}): Promise<Records> {
  const { url, dir, maxConnections, log, startMs = START_MS } = options;
  if (url !== undefined) {
    return whenThere(() => connectRecords({ url }, { maxConnections }), startMs, log);
  }
  const embedded = await openEmbeddedPostgres({ dir, log });
  try {
    await embedded.ensureDatabase(DATABASE);
    return await connectRecords(
      { socketDir: embedded.socketDir, database: DATABASE },
      { maxConnections, onClose: () => embedded.stop() },
    );
  } catch (error) {
    await embedded.stop();
    throw error;
  }
}

/** How long a server is waited for, and how often it is tried; ms. */
const START_MS = 30_000;
const TRY_EVERY_MS = 500;
/** Connections refused, cut or not answered, a name not known yet, and 57P03: it starts. */
const NOT_THERE = /^(ECONN\w+|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND|EAI_AGAIN|57P03)$/;

/** Servers that are started together come up in any order. */
async function whenThere(
  connect: () => Promise<Records>,
  startMs: number,
  log: EmbeddedLog,
): Promise<Records> {
  const until = performance.now() + startMs;
  for (let tries = 0; ; tries += 1) {
    try {
      return await connect();
    } catch (error) {
      const { code } = ((error as Error).cause ?? {}) as { code?: unknown };
      const away = typeof code === "string" && NOT_THERE.test(code);
      if (!away || performance.now() >= until) throw error;
      if (tries === 0) {
        log.warn({ reason: messageOf(error) }, "PostgreSQL is not there yet; trying again");
      }
      await delay(TRY_EVERY_MS);
    }
  }
}
