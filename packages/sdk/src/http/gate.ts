import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { text, type Answer, type Endpoint } from "./answer.ts";
import { clientAddress, isForwarded, type Networks } from "./networks.ts";

/**
 * Who may use an endpoint: everybody, or callers with the token or from the networks. With neither a
 * token nor networks, nobody.
 */
export type Gate =
  | { readonly kind: "open" }
  | {
      readonly kind: "callers";
      readonly token?: string | undefined;
      readonly networks?: Networks | undefined;
    };

/** The endpoint behind the gate. `proxies` are those whose `X-Forwarded-For` is believed. */
export function gated(gate: Gate, proxies: Networks | undefined, endpoint: Endpoint): Endpoint {
  if (gate.kind === "open") return endpoint;
  const { token, networks } = gate;
  const wanted = token === undefined ? undefined : digest(`Bearer ${token}`);
  const refusal: Answer =
    networks !== undefined && token === undefined
      ? { status: 403, headers: text, body: "this endpoint is not open to your network\n" }
      : {
          status: 401,
          headers: { ...text, "www-authenticate": "Bearer" },
          body: "this endpoint wants a bearer token\n",
        };
  return async (request) => {
    // The scheme's name may be written in any case.
    const given = request.headers.authorization?.replace(/^bearer /i, "Bearer ");
    // Digests have one length, so the comparison tells nothing about the token's.
    if (wanted !== undefined && given !== undefined && timingSafeEqual(digest(given), wanted))
      return endpoint(request);
    return networks !== undefined && isFrom(networks, request, proxies)
      ? endpoint(request)
      : refusal;
  };
}

function isFrom(
  networks: Networks,
  request: IncomingMessage,
  proxies: Networks | undefined,
): boolean {
  // Through a proxy that nobody told of, everyone would seem to come from the proxy's network.
  // And one that is known, but does not say for whom it asks, may ask for anybody.
  const named = proxies !== undefined && request.headers["x-forwarded-for"] !== undefined;
  if (!named && isForwarded(request)) return false;
  const address = clientAddress(request, proxies);
  return address !== undefined && networks.has(address);
}

function digest(value: string): Buffer {
  return createHash("sha256").update(value).digest();
}
