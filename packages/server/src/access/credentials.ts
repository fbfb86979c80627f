import type { IncomingHttpHeaders } from "node:http";

/** Longer than any of ours; what is longer is not looked at. */
const MAX_SECRET = 512;

/** What a request presents to say who is asking. */
export type Credential =
  | { readonly kind: "none" }
  | { readonly kind: "session"; readonly secret: string }
  | { readonly kind: "token"; readonly secret: string; readonly scheme: "bearer" | "basic" }
  /** There is an Authorization header, and it is of no use. */
  | { readonly kind: "malformed"; readonly reason: string };

/**
 * Reads a request's credential. An Authorization header wins over the cookie: whoever sends one means
 * it. Of Basic (RFC 7617) only the password counts, so that any tool that can do Basic can use a token.
 */
export function readCredential(
  headers: IncomingHttpHeaders,
  sessionCookie: string | undefined,
): Credential {
  const { authorization } = headers;
  if (authorization === undefined) {
    // Datadog's senders have a header of their own for their key.
    const key = headers["dd-api-key"];
    if (typeof key === "string" && key !== "") {
      return key.length > MAX_SECRET * 2
        ? { kind: "malformed", reason: "it is too long" }
        : { kind: "token", secret: key, scheme: "bearer" };
    }
    return sessionCookie === undefined || sessionCookie === ""
      ? { kind: "none" }
      : { kind: "session", secret: sessionCookie.slice(0, MAX_SECRET) };
  }
  const match = /^(\S+) +(\S+) *$/.exec(authorization);
  const scheme = match?.[1]?.toLowerCase();
  const value = match?.[2] ?? "";
  if (value.length > MAX_SECRET * 2) return { kind: "malformed", reason: "it is too long" };
  if (scheme === "bearer") return { kind: "token", secret: value, scheme };
  if (scheme !== "basic") {
    return {
      kind: "malformed",
      reason: "it must be `Bearer TOKEN` or Basic with the token as password",
    };
  }
  const pair = Buffer.from(value, "base64").toString("utf8");
  const colon = pair.indexOf(":");
  if (colon === -1) return { kind: "malformed", reason: "Basic needs base64 of `NAME:TOKEN`" };
  return { kind: "token", secret: pair.slice(colon + 1), scheme };
}
