import { sql } from "kysely";
import type { Db, Tx } from "./records.ts";

/** A person who can sign in. */
export interface UserRecord {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly role: "admin" | "member" | "viewer";
  /** scrypt, in PHC form; null until a password is set. */
  readonly passwordHash: string | null;
}

const UNIQUE_VIOLATION = "23505";

const COLUMNS = ["id", "email", "name", "role", "password_hash as passwordHash"] as const;

/** The user with this e-mail, whatever its case. */
export async function findUserByEmail(db: Db, email: string): Promise<UserRecord | undefined> {
  return db
    .selectFrom("users")
    .select(COLUMNS)
    .where(sql`lower(email)`, "=", email.toLowerCase())
    .executeTakeFirst();
}

/** The user with this id. */
export async function findUser(db: Db, id: string): Promise<UserRecord | undefined> {
  return db.selectFrom("users").select(COLUMNS).where("id", "=", id).executeTakeFirst();
}

/** Everybody, by name. */
export async function listUsers(db: Db): Promise<readonly UserRecord[]> {
  return db
    .selectFrom("users")
    .select(COLUMNS)
    .orderBy(sql`lower(name)`)
    .orderBy("id")
    .execute();
}

/** The admin who has been here longest without setting a password. */
export async function findAdminWithoutPassword(db: Db): Promise<UserRecord | undefined> {
  return db
    .selectFrom("users")
    .select(COLUMNS)
    .where("role", "=", "admin")
    .where("password_hash", "is", null)
    .orderBy("created_at")
    .limit(1)
    .executeTakeFirst();
}

/** Whether anybody can sign in with a password. */
export async function anyPasswordSet(db: Db): Promise<boolean> {
  const row = await db
    .selectFrom("users")
    .select("id")
    .where("password_hash", "is not", null)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Adds a user, or answers the one who has this e-mail already. */
export async function ensureUser(
  tx: Tx,
  user: Omit<UserRecord, "id" | "passwordHash"> & { readonly passwordHash?: string | null },
): Promise<UserRecord> {
  await tx
    .insertInto("users")
    .values({
      email: user.email,
      name: user.name,
      role: user.role,
      password_hash: user.passwordHash ?? null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const found = await findUserByEmail(tx, user.email);
  if (found === undefined) throw new Error(`the user ${user.email} vanished while being added`);
  return found;
}

/** Changes what is given. Answers false, and changes nothing, when the e-mail is somebody else's. */
export async function updateUser(
  tx: Tx,
  id: string,
  change: {
    readonly name?: string | undefined;
    readonly email?: string | undefined;
    readonly passwordHash?: string | undefined;
  },
): Promise<boolean> {
  const set = {
    ...(change.name === undefined ? {} : { name: change.name }),
    ...(change.email === undefined ? {} : { email: change.email }),
    ...(change.passwordHash === undefined ? {} : { password_hash: change.passwordHash }),
  };
  if (Object.keys(set).length === 0) return true;
  try {
    await tx.updateTable("users").set(set).where("id", "=", id).execute();
    return true;
  } catch (error) {
    if ((error as { code?: unknown }).code === UNIQUE_VIOLATION) return false;
    throw error;
  }
}
