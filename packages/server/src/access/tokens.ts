import { hashSecret } from "../model/index.ts";
import type { Clock } from "../model/index.ts";
import { deleteToken, insertToken, writeAudit } from "../store/index.ts";
import type { Records, TokenRecord } from "../store/index.ts";
import { AccessError } from "./errors.ts";
import { actorOf } from "./scopes.ts";
import type { ControlsOf, IngestLimits, Principal, Scope } from "./scopes.ts";
import { newToken } from "./secrets.ts";

/** API tokens and ingest keys, made and revoked by admins. */
export interface Tokens {
  /** Makes a token; its secret is answered this once and never again. */
  createToken(
    by: Principal,
    given: {
      readonly name: string;
      readonly scope: Scope;
      /** Milliseconds since 1970; null for never. */
      readonly expiresAt: number | null;
      /** Of an ingest key alone. Throws `token_limits_misplaced` with another scope. */
      readonly limits?: Partial<IngestLimits> | undefined;
      /** Of the scopes `controls`, which needs it, and `ingest`. Throws `token_controls_misplaced`. */
      readonly controls?: ControlsOf | undefined;
    },
  ): Promise<{ readonly token: TokenRecord; readonly secret: string }>;
  /** Revokes a token at once. Throws `token_not_found`. */
  revokeToken(by: Principal, id: string): Promise<void>;
}

export function createTokens(deps: { readonly records: Records; readonly clock: Clock }): Tokens {
  const { records, clock } = deps;
  return {
    async createToken(by, given) {
      const now = clock.now();
      if (given.expiresAt !== null && given.expiresAt <= now) {
        throw new AccessError(
          "token_expiry_past",
          `A token cannot expire in the past (${new Date(given.expiresAt).toISOString()}).`,
        );
      }
      if (given.limits !== undefined && given.scope !== "ingest") {
        throw new AccessError(
          "token_limits_misplaced",
          `Limits are for ingest keys; this token opens "${given.scope}".`,
        );
      }
      if (given.controls === undefined ? given.scope === "controls" : !forOne(given.scope)) {
        throw new AccessError(
          "token_controls_misplaced",
          given.controls === undefined
            ? 'A token of the scope "controls" is for one service: name it under `controls`.'
            : `Tokens of the scopes "controls" and "ingest" are for one service; this one opens "${given.scope}".`,
        );
      }
      const secret = newToken(given.scope);
      const token = await records.transaction(async (tx) => {
        const made = await insertToken(tx, {
          ...given,
          now,
          secretHash: hashSecret(secret),
          maxSeries: given.limits?.series ?? null,
          maxSamplesPerSecond: given.limits?.samplesPerSecond ?? null,
          maxLogLinesPerSecond: given.limits?.logLinesPerSecond ?? null,
          maxLogBytesPerSecond: given.limits?.logBytesPerSecond ?? null,
          maxSpansPerSecond: given.limits?.spansPerSecond ?? null,
          createdBy: by.kind === "person" ? by.userId : null,
          controlsService: given.controls?.service ?? null,
          controlsEnvironment: given.controls?.environment ?? null,
        });
        await writeAudit(tx, {
          at: now,
          actor: actorOf(by),
          action: "token.create",
          subject: made.id,
          detail: { name: made.name, scope: made.scope },
        });
        return made;
      });
      return { token, secret };
    },

    revokeToken: (by, id) =>
      records.transaction(async (tx) => {
        const revoked = await deleteToken(tx, id);
        if (revoked === undefined) {
          throw new AccessError("token_not_found", `There is no token ${id}.`);
        }
        await writeAudit(tx, {
          at: clock.now(),
          actor: actorOf(by),
          action: "token.revoke",
          subject: id,
          detail: { name: revoked.name, scope: revoked.scope },
        });
      }),
  };
}

const forOne = (scope: Scope) => scope === "controls" || scope === "ingest";

/** Whose emergency controls a token may read; undefined when it is for no service. */
export function controlsOf({
  controlsService,
  controlsEnvironment,
}: TokenRecord): ControlsOf | undefined {
  return controlsService === null || controlsEnvironment === null
    ? undefined
    : { service: controlsService, environment: controlsEnvironment };
}

/** The limits of a key; undefined when it has none. */
export function ingestLimitsOf(token: TokenRecord): IngestLimits | undefined {
  const limits = {
    series: token.maxSeries,
    samplesPerSecond: token.maxSamplesPerSecond,
    logLinesPerSecond: token.maxLogLinesPerSecond,
    logBytesPerSecond: token.maxLogBytesPerSecond,
    spansPerSecond: token.maxSpansPerSecond,
  };
  return Object.values(limits).every((limit) => limit === null) ? undefined : limits;
}
