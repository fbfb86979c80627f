import { createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { hashSecret } from "../../model/index.ts";
import type { Clock, StatusPageAccess } from "../../model/index.ts";

/** How long a visitor who gave the password need not give it again. */
export const VISIT_SECONDS = 7 * 86_400;
export const VISIT_COOKIE = "seaworthy_status";

/** Who may see a private page: those who gave its password, and those who have its token. */
export interface Visits {
  /** Whether a request may see the page. */
  mayPass(
    access: StatusPageAccess,
    headers: IncomingHttpHeaders,
    cookie: string | undefined,
    token: string | undefined,
  ): Promise<boolean>;
  /** The cookie of somebody who gave the password. */
  begin(access: StatusPageAccess): Promise<string>;
}

/** Makes the gate; `key` signs visits, and need not answer before the first private one. */
export function createVisits(deps: {
  readonly clock: Clock;
  readonly key: () => Promise<Buffer>;
}): Visits {
  // A new password ends the visits that the old one began.
  async function proofOf(
    until: string,
    { kind, hash }: Exclude<StatusPageAccess, { kind: "public" }>,
  ) {
    return createHmac("sha256", await deps.key())
      .update(`visit ${kind} ${hash} ${until}`)
      .digest();
  }

  return {
    async mayPass(access, headers, cookie, token) {
      if (access.kind === "public") return true;
      if (access.kind === "token") {
        const given = token ?? /^(?:Bearer|token)\s+(\S+)$/i.exec(headers.authorization ?? "")?.[1];
        if (given !== undefined) {
          const hash = Buffer.from(access.hash, "base64url");
          const found = hashSecret(given);
          if (found.length === hash.length && timingSafeEqual(found, hash)) return true;
        }
      }
      const [until = "", proof = ""] = (cookie ?? "").split(".", 2);
      if (!/^\d{1,15}$/.test(until) || Number(until) < deps.clock.now()) return false;
      const given = Buffer.from(proof, "base64url");
      const right = await proofOf(until, access);
      return given.length === right.length && timingSafeEqual(given, right);
    },

    async begin(access) {
      if (access.kind === "public") return "";
      const until = String(deps.clock.now() + VISIT_SECONDS * 1000);
      return `${until}.${(await proofOf(until, access)).toString("base64url")}`;
    },
  };
}
