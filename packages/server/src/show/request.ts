import type { FastifyRequest } from "fastify";
import { AccessError, actorOf } from "../access/index.ts";
import type { Asking, Principal, RouteAccess } from "../access/index.ts";
import type { Operator } from "../respond/index.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** What a caller must hold. Every route declares it; the start fails when one does not. */
    access?: RouteAccess;
  }
  interface FastifyRequest {
    /** The address of who asks, as the trusted proxies say; read when the request came. */
    client: string;
    /** Who is asking; undefined on public routes when nobody says. */
    asking: Asking | undefined;
  }
}

/** Who is asking, on a route that is not public. */
export function principalOf(request: FastifyRequest): Principal {
  if (request.asking !== undefined) return request.asking.principal;
  throw new AccessError("not_signed_in", "Sign in, or send a token.");
}

/** The asker's name for the audit log and timelines. */
export function actorOfRequest(request: FastifyRequest): string {
  return actorOf(principalOf(request));
}

/** Who changes what is guarded: a person, or a token in the name of the one who made it. */
export function operatorOf(request: FastifyRequest): Operator {
  const principal = principalOf(request);
  const name = actorOf(principal);
  if (principal.kind === "person") return { name, personId: principal.userId, isPerson: true };
  const ownerId = principal.kind === "token" ? (principal.ownerId ?? null) : null;
  return { name, personId: ownerId, isPerson: false };
}
