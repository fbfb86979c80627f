/** Longest request id taken from a caller, in characters. */
export const maxRequestIdLength = 128;

// Letters, digits and the few marks that tracing systems use. Nothing that could break out of a
// header, a log line, a shell word or a query.
const sane = /^[A-Za-z0-9][A-Za-z0-9._:-]*$/;

// Twelve characters, the longest text that is one piece of memory when it is put together: longer
// ones would be flattened by whoever reads them first. As distinct as random ones: ten random
// characters for each block of 256 ids, at a tenth of the cost.
const blockSize = 256;
const ends = Array.from({ length: blockSize }, (_, index) => index.toString(16).padStart(2, "0"));
const letters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
let block = "";
// The first block is made with the first id: some runtimes have no randomness before there is a
// request.
let made = blockSize;

function newRequestId(): string {
  if (made >= blockSize) {
    const bytes = crypto.getRandomValues(new Uint8Array(10));
    block = Array.from(bytes, (byte) => letters[byte % letters.length]).join("");
    made = 0;
  }
  const end = ends[made] ?? "";
  made += 1;
  return block + end;
}

/**
 * Returns the caller's request id when it is sane, otherwise a new one. A header that was sent twice
 * is not sane.
 */
export function acceptRequestId(header: string | readonly string[] | undefined): string {
  if (typeof header === "string" && header.length <= maxRequestIdLength && sane.test(header))
    return header;
  return newRequestId();
}
