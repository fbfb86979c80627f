import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { Scope } from "./scopes.ts";

/** 256 bits: beyond guessing, so that a fast hash is enough to keep it. */
const SECRET_BYTES = 32;

/** A new secret for a session or a link, 43 characters of base64url. */
export function newSecret(): string {
  return randomBytes(SECRET_BYTES).toString("base64url");
}

/** A new API token. The prefix lets people and secret scanners see what they have found. */
export function newToken(scope: Scope): string {
  return `sw_${scope}_${newSecret()}`;
}

/** How secrets are kept: SHA-256. */
export function hashSecret(secret: string): Buffer {
  return createHash("sha256").update(secret, "utf8").digest();
}

/** Compares in a time that depends on neither text. */
export function sameSecret(a: string, b: string): boolean {
  return timingSafeEqual(hashSecret(a), hashSecret(b));
}
