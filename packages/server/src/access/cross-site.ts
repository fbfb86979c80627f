import type { IncomingHttpHeaders } from "node:http";

const SAFE = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);

/** Whether a method by its definition changes nothing (RFC 9110, 9.2.1). */
export function isSafeMethod(method: string): boolean {
  return SAFE.has(method);
}

/**
 * Tells from where a browser sent a request. Sec-Fetch-Site cannot be set by scripts and is believed
 * first; where it is missing (plain http to another machine), the Origin must be this very server.
 * `unknown` means that neither is there: not a browser, or a very old one.
 */
export function requestSite(
  headers: IncomingHttpHeaders,
  ownOrigins: readonly string[],
): "same" | "cross" | "unknown" {
  const site = headers["sec-fetch-site"];
  if (site !== undefined) return site === "same-origin" ? "same" : "cross";
  const { origin } = headers;
  if (origin === undefined) return "unknown";
  return ownOrigins.includes(origin.toLowerCase()) ? "same" : "cross";
}
