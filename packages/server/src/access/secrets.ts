import { timingSafeEqual } from "node:crypto";
import { hashSecret, newSecret } from "../model/index.ts";
import type { Scope } from "./scopes.ts";

/** A new API token. The prefix lets people and secret scanners see what they have found. */
export function newToken(scope: Scope): string {
  return `sw_${scope}_${newSecret()}`;
}

/** Compares in a time that depends on neither text. */
export function sameSecret(a: string, b: string): boolean {
  return timingSafeEqual(hashSecret(a), hashSecret(b));
}
