import { randomBytes } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";

export interface Session {
  readonly id: string;
  user: string | undefined;
}

const cookieName = "shop";
const maxSessions = 5_000;

/** Visitors by their cookie. The one seen longest ago is forgotten when there are too many. */
export class Sessions {
  readonly #byId = new Map<string, Session>();

  /** The visitor's session; a new one, with its cookie, when the request brings none. */
  of(request: FastifyRequest, reply: FastifyReply): Session {
    const known = this.#byId.get(cookie(request.headers.cookie) ?? "");
    const session = known ?? { id: randomBytes(16).toString("base64url"), user: undefined };
    if (known === undefined)
      void reply.header(
        "set-cookie",
        `${cookieName}=${session.id}; Path=/; HttpOnly; SameSite=Lax; Max-Age=86400`,
      );
    this.#byId.delete(session.id);
    this.#byId.set(session.id, session);
    if (this.#byId.size > maxSessions) {
      const oldest = this.#byId.keys().next();
      if (!oldest.done) this.#byId.delete(oldest.value);
    }
    return session;
  }
}

function cookie(header: string | undefined): string | undefined {
  return /(?:^|;\s*)shop=([\w-]{22})(?:;|$)/.exec(header?.slice(0, 4_096) ?? "")?.[1];
}
