/** Longest request id taken from a caller, in characters. */
export const maxRequestIdLength = 128;

// Letters, digits and the few marks that tracing systems use. Nothing that could break out of a
// header, a log line, a shell word or a query.
const sane = /^[A-Za-z0-9][A-Za-z0-9._:-]*$/;

// Ids are the process's random name and a count: as distinct as random ones, at a tenth of the cost.
// Made with the first of them: some runtimes have no randomness before there is a request.
let processName: string | undefined;
let made = 0;

/**
 * Returns the caller's request id when it is sane, otherwise a new one. A header that was sent twice
 * is not sane.
 */
export function acceptRequestId(header: string | readonly string[] | undefined): string {
  if (typeof header === "string" && header.length <= maxRequestIdLength && sane.test(header))
    return header;
  processName ??= crypto.randomUUID().replaceAll("-", "").slice(0, 20);
  made += 1;
  return `${processName}-${made.toString(36)}`;
}
