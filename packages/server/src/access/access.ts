import type { IncomingHttpHeaders } from "node:http";
import { hashSecret } from "../model/index.ts";
import type { Clock } from "../model/index.ts";
import {
  extendSession,
  findSession,
  findToken,
  listAudit,
  listTokens,
  touchToken,
  writeAudit,
} from "../store/index.ts";
import type { AuditEntry, Records, TokenRecord } from "../store/index.ts";
import { accountOf } from "./account.ts";
import type { Account } from "./account.ts";
import { readCredential } from "./credentials.ts";
import { AccessError } from "./errors.ts";
import { ACCESS_LIMITS } from "./limits.ts";
import { createPeople } from "./people.ts";
import type { People } from "./people.ts";
import { sameSecret } from "./secrets.ts";
import { createSignIn } from "./sign-in.ts";
import type { SignIn } from "./sign-in.ts";
import { controlsOf, createTokens, ingestLimitsOf } from "./tokens.ts";
import type { Tokens } from "./tokens.ts";
import { actorOf } from "./scopes.ts";
import type { Principal } from "./scopes.ts";

/** What a request turned out to be: who is asking and by what means. */
export interface Asking {
  readonly principal: Principal;
  readonly by: "session" | "bearer" | "basic";
  /** For a session whose end has just been moved: the seconds that its cookie should live from now. */
  readonly renewSeconds?: number;
}

/** Who is asking, and the accounts, sessions and tokens behind that question. */
export interface Access extends SignIn, Tokens, People {
  /**
   * Finds out who sends a request; undefined when it presents nothing. Throws `credential_refused`
   * when what it presents is wrong, expired or revoked.
   */
  identify(
    headers: IncomingHttpHeaders,
    sessionCookie: string | undefined,
  ): Promise<Asking | undefined>;
  /** The person behind a session. */
  account(principal: Principal): Promise<Account | null>;
  /** Remembers a change that is not in the records and so has no transaction to share. */
  recordChange(by: Principal, action: string, subject: string): Promise<void>;
  listTokens(): Promise<readonly TokenRecord[]>;
  listAudit(page: {
    readonly before?: string | undefined;
    readonly limit: number;
  }): Promise<{ readonly entries: readonly AuditEntry[]; readonly next: string | null }>;
}

/** Whose emergency controls the demo shop reads: its own. */
const DEMO = { service: "shop", environment: "demo" };

/**
 * Makes the access room. Throws `bootstrap_token_weak` when the configured token is too short to
 * stand against guessing.
 */
export function createAccess(deps: {
  readonly records: Records;
  readonly clock: Clock;
  /** The value of SEAWORTHY_TOKEN, if it is set: a standing admin token. */
  readonly bootstrapToken?: string | undefined;
  /** The demo shop's ingest key, which lives as long as this process. */
  readonly demoKey?: string;
}): Access {
  const { records, clock } = deps;
  const bootstrapToken = deps.bootstrapToken === "" ? undefined : deps.bootstrapToken;
  const least = ACCESS_LIMITS.bootstrapTokenLength;
  if (bootstrapToken !== undefined && bootstrapToken.length < least) {
    throw new AccessError(
      "bootstrap_token_weak",
      `SEAWORTHY_TOKEN has ${bootstrapToken.length} characters; it needs at least ${least}. Make one with: openssl rand -base64 24`,
    );
  }
  const isBootstrapToken = (secret: string) =>
    bootstrapToken !== undefined && sameSecret(secret, bootstrapToken);

  async function bySession(secret: string): Promise<Asking | undefined> {
    const now = clock.now();
    const sessionHash = hashSecret(secret);
    const session = await findSession(records.db, sessionHash, now);
    if (session === undefined) return undefined;
    const { id, email, role } = session.user;
    const principal: Principal = { kind: "person", userId: id, email, role, sessionHash };
    const end = Math.min(
      now + ACCESS_LIMITS.sessionIdle,
      session.createdAt.getTime() + ACCESS_LIMITS.sessionTotal,
    );
    if (end - session.expiresAt.getTime() < ACCESS_LIMITS.sessionExtendEvery) {
      return { principal, by: "session" };
    }
    await extendSession(records.db, sessionHash, end);
    return { principal, by: "session", renewSeconds: Math.floor((end - now) / 1000) };
  }

  async function byToken(secret: string): Promise<Principal | undefined> {
    if (isBootstrapToken(secret)) return { kind: "bootstrap" };
    if (deps.demoKey !== undefined && sameSecret(secret, deps.demoKey)) {
      return { kind: "token", id: "demo", name: "demo shop", scope: "ingest", controls: DEMO };
    }
    const now = clock.now();
    const token = await findToken(records.db, hashSecret(secret), now);
    if (token === undefined) return undefined;
    if (now - (token.lastUsedAt?.getTime() ?? 0) >= ACCESS_LIMITS.tokenTouchEvery) {
      await touchToken(records.db, token.id, now);
    }
    return {
      kind: "token",
      id: token.id,
      name: token.name,
      scope: token.scope,
      limits: ingestLimitsOf(token),
      ownerId: token.createdBy,
      controls: controlsOf(token),
    };
  }

  const signIn = createSignIn({
    records,
    clock,
    isBootstrapToken,
    hasBootstrapToken: bootstrapToken !== undefined,
  });
  return {
    ...signIn,
    ...createTokens({ records, clock }),
    ...createPeople({ records, clock }),
    async identify(headers, sessionCookie) {
      const credential = readCredential(headers, sessionCookie);
      if (credential.kind === "none") return undefined;
      if (credential.kind === "malformed") {
        throw new AccessError(
          "credential_refused",
          `The Authorization header cannot be used: ${credential.reason}.`,
        );
      }
      if (credential.kind === "session") {
        const asking = await bySession(credential.secret);
        if (asking !== undefined) return asking;
        throw new AccessError("credential_refused", "The session has ended. Sign in again.");
      }
      const principal = await byToken(credential.secret);
      if (principal !== undefined) return { principal, by: credential.scheme };
      throw new AccessError(
        "credential_refused",
        "The token is not known here, has expired or was revoked.",
      );
    },
    async account(principal) {
      if (principal.kind !== "person") return null;
      const session = await findSession(records.db, principal.sessionHash, clock.now());
      if (session === undefined) return null;
      return accountOf(session.user);
    },
    recordChange: (by, action, subject) =>
      records.transaction((tx) =>
        writeAudit(tx, { at: clock.now(), actor: actorOf(by), action, subject }),
      ),
    listTokens: () => listTokens(records.db),
    listAudit: (page) => listAudit(records.db, page),
  };
}
