import { hashSecret, newSecret } from "../model/index.ts";
import type { Clock } from "../model/index.ts";
import {
  anyPasswordSet,
  consumeSignInLink,
  deleteOtherSessions,
  deleteSession,
  deleteSignInLinks,
  ensureUser,
  findAdminWithoutPassword,
  findUser,
  findUserByEmail,
  insertSession,
  replaceSignInLink,
  updateUser,
  writeAudit,
} from "../store/index.ts";
import type { Records, Tx, UserRecord } from "../store/index.ts";
import { accountOf } from "./account.ts";
import type { Account } from "./account.ts";
import { Attempts } from "./attempts.ts";
import { AccessError } from "./errors.ts";
import { Gate } from "./gate.ts";
import { ACCESS_LIMITS } from "./limits.ts";
import { networkOf } from "./network.ts";
import { hashPassword, verifyPassword } from "./password.ts";
import { personOf } from "./person.ts";
import type { Principal } from "./scopes.ts";

/** A session that has just begun. Its secret goes into the cookie and nowhere else. */
export interface Started {
  readonly account: Account;
  readonly secret: string;
  readonly maxAgeSeconds: number;
}

/** Signing in and out, and one's own account. */
export interface SignIn {
  /**
   * Signs in by e-mail and password. Throws `sign_in_failed` for a wrong one of either, in the same
   * time, and `too_many_attempts`.
   */
  signIn(email: string, password: string, address: string): Promise<Started>;
  /** Signs in by the secret of a one-time link, or by the bootstrap token. */
  signInByLink(secret: string, address: string): Promise<Started>;
  signOut(by: Principal): Promise<void>;
  /** Ends the person's other sessions; answers how many there were. */
  signOutElsewhere(by: Principal): Promise<number>;
  /** Changes the person's own account. A new password ends their other sessions. */
  setAccount(
    by: Principal,
    change: {
      readonly name?: string | undefined;
      readonly email?: string | undefined;
      readonly password?: string | undefined;
      readonly currentPassword?: string | undefined;
    },
  ): Promise<Account>;
  /**
   * The secret of a new one-time link for the first admin, if nobody could sign in otherwise: no
   * password is set and there is no bootstrap token. Links made before stop working.
   */
  firstSignInLink(): Promise<string | undefined>;
}

/** Who signs in before anybody has an account, by link or by bootstrap token. */
const FIRST_ADMIN = { email: "admin@localhost", name: "Administrator", role: "admin" } as const;

export function createSignIn(deps: {
  readonly records: Records;
  readonly clock: Clock;
  readonly isBootstrapToken: (secret: string) => boolean;
  readonly hasBootstrapToken: boolean;
}): SignIn {
  const { records, clock } = deps;
  const { attemptWindow: windowMs, attemptKeys: maxKeys } = ACCESS_LIMITS;
  const perAccount = new Attempts({
    clock,
    limit: ACCESS_LIMITS.attemptsPerAccount,
    windowMs,
    maxKeys,
  });
  const perAddress = new Attempts({
    clock,
    limit: ACCESS_LIMITS.attemptsPerAddress,
    windowMs,
    maxKeys,
  });
  const checks = new Gate({
    atOnce: ACCESS_LIMITS.passwordChecksAtOnce,
    most: ACCESS_LIMITS.passwordChecks,
  });

  /** Counts an attempt before it is made, so that many at once cannot slip through. */
  function admit(attempts: Attempts, key: string): void {
    const wait = attempts.take(key);
    if (wait === 0) return;
    const seconds = Math.ceil(wait / 1000);
    throw new AccessError(
      "too_many_attempts",
      `Too many failed attempts to sign in. Try again in ${seconds} s.`,
      seconds,
    );
  }

  /** Checks a password, or pretends to; few at once, because each costs memory and time on purpose. */
  async function check(password: string, hash: string | null): Promise<boolean> {
    const checked = await checks.run(() => verifyPassword(password, hash));
    if (checked !== undefined) return checked.result;
    throw new AccessError("too_many_attempts", "Too many people sign in at once. Try again.", 1);
  }

  async function begin(tx: Tx, user: UserRecord, how: string): Promise<Started> {
    const secret = newSecret();
    const now = clock.now();
    await insertSession(tx, {
      idHash: hashSecret(secret),
      userId: user.id,
      now,
      expiresAt: now + ACCESS_LIMITS.sessionIdle,
    });
    await writeAudit(tx, {
      at: now,
      actor: user.email,
      action: "session.begin",
      subject: user.id,
      detail: { by: how },
    });
    return {
      account: accountOf(user),
      secret,
      maxAgeSeconds: Math.floor(ACCESS_LIMITS.sessionIdle / 1000),
    };
  }

  return {
    async signIn(email, password, address) {
      const account = email.trim().toLowerCase();
      const network = networkOf(address);
      admit(perAddress, network);
      admit(perAccount, account);
      const user = await findUserByEmail(records.db, account);
      if (!(await check(password, user?.passwordHash ?? null)) || user === undefined) {
        throw new AccessError("sign_in_failed", "The e-mail or the password is wrong.");
      }
      perAddress.giveBack(network);
      perAccount.giveBack(account);
      return records.transaction((tx) => begin(tx, user, "password"));
    },

    async signInByLink(secret, address) {
      const network = networkOf(address);
      admit(perAddress, network);
      const started = await records.transaction(async (tx) => {
        if (deps.isBootstrapToken(secret)) {
          return begin(tx, await ensureUser(tx, FIRST_ADMIN), "bootstrap token");
        }
        const userId = await consumeSignInLink(tx, hashSecret(secret), clock.now());
        const user = userId === undefined ? undefined : await findUser(tx, userId);
        return user === undefined ? undefined : begin(tx, user, "link");
      });
      if (started === undefined) {
        throw new AccessError(
          "sign_in_link_invalid",
          "This sign-in link was used before, has expired, or was replaced by a newer one. Ask an admin for a new one (for the first of all, restart the server), or sign in with a password.",
        );
      }
      perAddress.giveBack(network);
      return started;
    },

    signOut: (by) =>
      records.transaction(async (tx) => {
        const { sessionHash, email, userId } = personOf(by);
        await deleteSession(tx, sessionHash);
        await writeAudit(tx, {
          at: clock.now(),
          actor: email,
          action: "session.end",
          subject: userId,
        });
      }),

    signOutElsewhere: (by) =>
      records.transaction(async (tx) => {
        const { sessionHash, email, userId } = personOf(by);
        const ended = await deleteOtherSessions(tx, userId, sessionHash);
        await writeAudit(tx, {
          at: clock.now(),
          actor: email,
          action: "session.end-others",
          subject: userId,
          detail: { ended },
        });
        return ended;
      }),

    async setAccount(by, change) {
      const { userId, email: actor, sessionHash } = personOf(by);
      const before = await findUser(records.db, userId);
      if (before === undefined) throw new AccessError("not_signed_in", "The account is gone.");
      const { passwordHash } = before;
      const sensitive = change.password !== undefined || change.email !== undefined;
      if (sensitive && passwordHash !== null) {
        admit(perAccount, before.email.toLowerCase());
        if (!(await check(change.currentPassword ?? "", passwordHash))) {
          throw new AccessError(
            "current_password_wrong",
            "To change the e-mail or the password, give the current password.",
          );
        }
        perAccount.giveBack(before.email.toLowerCase());
      }
      const hashed =
        change.password === undefined ? undefined : await hashPassword(change.password);
      return records.transaction(async (tx) => {
        const updated = await updateUser(tx, userId, {
          name: change.name,
          email: change.email,
          passwordHash: hashed,
        });
        if (!updated) {
          throw new AccessError("email_taken", `${change.email} belongs to somebody else.`);
        }
        if (hashed !== undefined) {
          await deleteOtherSessions(tx, userId, sessionHash);
          await deleteSignInLinks(tx, userId);
        }
        await writeAudit(tx, {
          at: clock.now(),
          actor,
          action: "account.update",
          subject: userId,
          detail: {
            ...(change.name === undefined ? {} : { name: change.name }),
            ...(change.email === undefined ? {} : { email: change.email }),
            ...(hashed === undefined ? {} : { password: "changed" }),
          },
        });
        const after = await findUser(tx, userId);
        return accountOf(after ?? before);
      });
    },

    async firstSignInLink() {
      if (deps.hasBootstrapToken) return undefined;
      return records.transaction(async (tx) => {
        if (await anyPasswordSet(tx)) return undefined;
        const admin = (await findAdminWithoutPassword(tx)) ?? (await ensureUser(tx, FIRST_ADMIN));
        const secret = newSecret();
        await replaceSignInLink(tx, {
          tokenHash: hashSecret(secret),
          userId: admin.id,
          expiresAt: clock.now() + ACCESS_LIMITS.signInLink,
        });
        return secret;
      });
    },
  };
}
