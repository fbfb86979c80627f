import type { FastifyReply, FastifyRequest } from "fastify";

/** The cookie that carries a session's secret. */
export interface SessionCookie {
  read(request: FastifyRequest): string | undefined;
  set(reply: FastifyReply, secret: string, maxAgeSeconds: number): void;
  clear(reply: FastifyReply): void;
}

/**
 * The session cookie as browsers keep it safest: no script reads it, no other site's form sends it,
 * and over https its name binds it to this host (RFC 6265bis, `__Host-`).
 */
export function sessionCookie(externalURL: string | undefined): SessionCookie {
  const secure = externalURL?.startsWith("https:") ?? false;
  const name = secure ? "__Host-seaworthy" : "seaworthy_session";
  const attributes = { path: "/", httpOnly: true, sameSite: "lax", secure } as const;
  return {
    read: (request) => request.cookies[name],
    set(reply, secret, maxAge) {
      void reply.setCookie(name, secret, { ...attributes, maxAge });
    },
    clear(reply) {
      void reply.clearCookie(name, attributes);
    },
  };
}
