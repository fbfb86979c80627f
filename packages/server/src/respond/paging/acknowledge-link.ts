import { createHmac, timingSafeEqual } from "node:crypto";

const ID_BYTES = 16;
const PROOF_BYTES = 16;

function proofOf(key: Buffer, id: Buffer): Buffer {
  return createHmac("sha256", key)
    .update("acknowledge")
    .update(id)
    .digest()
    .subarray(0, PROOF_BYTES);
}

/** The token of a page's link: the page's id with a proof that we made it, 43 characters of base64url. */
export function tokenOf(key: Buffer, pageId: string): string {
  const id = Buffer.from(pageId.replaceAll("-", ""), "hex");
  return Buffer.concat([id, proofOf(key, id)]).toString("base64url");
}

/** The id of the page whose link has this token; undefined for a token that we did not make. */
export function pageIdOf(key: Buffer, token: string): string | undefined {
  const bytes = Buffer.from(token, "base64url");
  // Other spellings of the same bytes are no token of ours either.
  if (bytes.length !== ID_BYTES + PROOF_BYTES || bytes.toString("base64url") !== token) {
    return undefined;
  }
  const id = bytes.subarray(0, ID_BYTES);
  if (!timingSafeEqual(proofOf(key, id), bytes.subarray(ID_BYTES))) return undefined;
  return id.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
