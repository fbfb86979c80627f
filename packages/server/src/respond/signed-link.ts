import { createHmac, timingSafeEqual } from "node:crypto";

/** What a link does; a link for one thing does nothing else. */
export type LinkPurpose =
  | "acknowledge"
  | "escalate"
  | "confirm a subscription"
  | "end a subscription"
  | "end being informed";

const ID_BYTES = 16;
const PROOF_BYTES = 16;

function proofOf(key: Buffer, purpose: LinkPurpose, id: Buffer): Buffer {
  return createHmac("sha256", key).update(purpose).update(id).digest().subarray(0, PROOF_BYTES);
}

/** The token of a link: an id with a proof that we made it, 43 characters of base64url. */
export function tokenOf(key: Buffer, purpose: LinkPurpose, uuid: string): string {
  const id = Buffer.from(uuid.replaceAll("-", ""), "hex");
  return Buffer.concat([id, proofOf(key, purpose, id)]).toString("base64url");
}

/** The id (a UUID) in the token of a link; undefined for a token that we did not make for this. */
export function idOfToken(key: Buffer, purpose: LinkPurpose, token: string): string | undefined {
  const bytes = Buffer.from(token, "base64url");
  // Other spellings of the same bytes are no token of ours either.
  if (bytes.length !== ID_BYTES + PROOF_BYTES || bytes.toString("base64url") !== token) {
    return undefined;
  }
  const id = bytes.subarray(0, ID_BYTES);
  if (!timingSafeEqual(proofOf(key, purpose, id), bytes.subarray(ID_BYTES))) return undefined;
  return id.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
