import type { Db, Tx } from "./records.ts";

/** An API token or ingest key, without its secret. */
export interface TokenRecord {
  readonly id: string;
  readonly name: string;
  readonly scope: "controls" | "ingest" | "read" | "write" | "admin";
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
  readonly expiresAt: Date | null;
  /** What an ingest key may send; null: as much as the platform takes. */
  readonly maxSeries: number | null;
  readonly maxSamplesPerSecond: number | null;
  readonly maxLogLinesPerSecond: number | null;
  readonly maxLogBytesPerSecond: number | null;
  readonly maxSpansPerSecond: number | null;
  /** The person who made it; null where that is not known. */
  readonly createdBy: string | null;
  readonly controlsService: string | null;
  readonly controlsEnvironment: string | null;
}

const COLUMNS = [
  "id",
  "name",
  "scope",
  "created_at as createdAt",
  "last_used_at as lastUsedAt",
  "expires_at as expiresAt",
  "max_series as maxSeries",
  "max_samples_per_second as maxSamplesPerSecond",
  "max_log_lines_per_second as maxLogLinesPerSecond",
  "max_log_bytes_per_second as maxLogBytesPerSecond",
  "max_spans_per_second as maxSpansPerSecond",
  "created_by as createdBy",
  "controls_service as controlsService",
  "controls_environment as controlsEnvironment",
] as const;

/** The token with this secret's hash, unless it has expired. */
export async function findToken(
  db: Db,
  secretHash: Buffer,
  now: number,
): Promise<TokenRecord | undefined> {
  return db
    .selectFrom("tokens")
    .select(COLUMNS)
    .where("secret_hash", "=", secretHash)
    .where((where) =>
      where.or([where("expires_at", "is", null), where("expires_at", ">", new Date(now))]),
    )
    .executeTakeFirst();
}

/** Every token, newest first. */
export async function listTokens(db: Db): Promise<readonly TokenRecord[]> {
  return db.selectFrom("tokens").select(COLUMNS).orderBy("created_at", "desc").execute();
}

/** Adds a token. */
export async function insertToken(
  tx: Tx,
  token: {
    readonly name: string;
    readonly scope: TokenRecord["scope"];
    readonly secretHash: Buffer;
    readonly now: number;
    readonly expiresAt: number | null;
    readonly maxSeries: number | null;
    readonly maxSamplesPerSecond: number | null;
    readonly maxLogLinesPerSecond: number | null;
    readonly maxLogBytesPerSecond: number | null;
    readonly maxSpansPerSecond: number | null;
    readonly createdBy: string | null;
    readonly controlsService: string | null;
    readonly controlsEnvironment: string | null;
  },
): Promise<TokenRecord> {
  return tx
    .insertInto("tokens")
    .values({
      name: token.name,
      scope: token.scope,
      secret_hash: token.secretHash,
      created_at: new Date(token.now),
      last_used_at: null,
      expires_at: token.expiresAt === null ? null : new Date(token.expiresAt),
      max_series: token.maxSeries,
      max_samples_per_second: token.maxSamplesPerSecond,
      max_log_lines_per_second: token.maxLogLinesPerSecond,
      max_log_bytes_per_second: token.maxLogBytesPerSecond,
      max_spans_per_second: token.maxSpansPerSecond,
      created_by: token.createdBy,
      controls_service: token.controlsService,
      controls_environment: token.controlsEnvironment,
    })
    .returning(COLUMNS)
    .executeTakeFirstOrThrow();
}

/** Remembers that a token was used. */
export async function touchToken(db: Db, id: string, now: number): Promise<void> {
  await db
    .updateTable("tokens")
    .set({ last_used_at: new Date(now) })
    .where("id", "=", id)
    .execute();
}

/** Removes a token and answers what it was, or undefined when there is none with this id. */
export async function deleteToken(tx: Tx, id: string): Promise<TokenRecord | undefined> {
  return tx.deleteFrom("tokens").where("id", "=", id).returning(COLUMNS).executeTakeFirst();
}
