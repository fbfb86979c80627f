import { randomUUID } from "node:crypto";

/** Longest request id taken from a caller, in characters. */
export const maxRequestIdLength = 128;

// Letters, digits and the few marks that tracing systems use. Nothing that could break out of a
// header, a log line, a shell word or a query.
const sane = /^[A-Za-z0-9][A-Za-z0-9._:-]*$/;

/**
 * Returns the caller's request id when it is sane, otherwise a new random UUID. A header that was
 * sent twice is not sane.
 */
export function acceptRequestId(header: string | readonly string[] | undefined): string {
  return typeof header === "string" && header.length <= maxRequestIdLength && sane.test(header)
    ? header
    : randomUUID();
}
