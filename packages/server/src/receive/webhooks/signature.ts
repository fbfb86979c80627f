import { createHmac, timingSafeEqual } from "node:crypto";

/** Signatures in one header that are looked at: PagerDuty sends one a secret. */
const MOST = 10;

/**
 * Whether one of a header's signatures (`PREFIX` and then 64 hexadecimal digits, separated by commas) is
 * the HMAC-SHA256 of the body by one of the secrets. Every comparison takes the same time.
 */
export function isSigned(
  body: Buffer,
  header: string | undefined,
  prefix: string,
  secrets: readonly string[],
): boolean {
  const given = (header ?? "")
    .split(",", MOST)
    .map((part) => part.trim())
    .filter((part) => part.startsWith(prefix) && /^[0-9a-f]{64}$/i.test(part.slice(prefix.length)))
    .map((part) => Buffer.from(part.slice(prefix.length), "hex"));
  const right = secrets.map((secret) => createHmac("sha256", secret).update(body).digest());
  return given.some((one) => right.some((other) => timingSafeEqual(one, other)));
}
