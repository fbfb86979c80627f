import type { Clock } from "../model/index.ts";
import { hashSecret, newSecret } from "../model/index.ts";
import { ensureUser, listUsers, replaceSignInLink, writeAudit } from "../store/index.ts";
import type { Records } from "../store/index.ts";
import { accountOf } from "./account.ts";
import type { Account } from "./account.ts";
import { AccessError } from "./errors.ts";
import { ACCESS_LIMITS } from "./limits.ts";
import { actorOf } from "./scopes.ts";
import type { Principal, Role } from "./scopes.ts";

/** The people of an installation. */
export interface People {
  listPeople(): Promise<readonly Account[]>;
  /**
   * Adds a person and answers the secret of a one-time link; for somebody who has set no password yet,
   * a new link, and the ones before stop working. Throws `email_taken` for one who has.
   */
  invite(
    by: Principal,
    given: { readonly email: string; readonly name: string; readonly role: Role },
  ): Promise<{ readonly account: Account; readonly secret: string }>;
}

export function createPeople(deps: { readonly records: Records; readonly clock: Clock }): People {
  const { records, clock } = deps;
  return {
    listPeople: async () => (await listUsers(records.db)).map(accountOf),

    invite: (by, given) =>
      records.transaction(async (tx) => {
        const user = await ensureUser(tx, given);
        if (user.passwordHash !== null) {
          throw new AccessError(
            "email_taken",
            `${given.email} belongs to ${user.name}, who can sign in already.`,
          );
        }
        const secret = newSecret();
        const at = clock.now();
        await replaceSignInLink(tx, {
          tokenHash: hashSecret(secret),
          userId: user.id,
          expiresAt: at + ACCESS_LIMITS.invitation,
        });
        await writeAudit(tx, {
          at,
          actor: actorOf(by),
          action: "person.invite",
          subject: user.id,
          detail: { email: user.email, role: user.role },
        });
        return { account: accountOf(user), secret };
      }),
  };
}
