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
}): Promise<Records> {
  const { url, dir, maxConnections, log } = options;
  if (url !== undefined) return connectRecords({ url }, { maxConnections });
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
