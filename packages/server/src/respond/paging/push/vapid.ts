import { createECDH, createPrivateKey, hkdfSync, sign } from "node:crypto";
import type { KeyObject } from "node:crypto";

/** Who sends pushes: a key that all servers of an installation share (VAPID, RFC 8292). */
export interface PushSender {
  /** What browsers subscribe with: a point of P-256, uncompressed, as base64url. */
  readonly publicKey: string;
  /** The Authorization header for an endpoint, good for half a day from `now` (milliseconds since 1970). */
  authorization(endpoint: string, now: number): string;
}

/** The order of the curve P-256. */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
/** Half of the longest life that push services accept, seconds. */
const LIFE = 12 * 3600;

/**
 * The sender of an installation, made from its secret. `subject` is whom a push service may write to: a
 * mailto: or https: address.
 */
export function pushSender(secret: Buffer, subject: string): PushSender {
  // More bits than the order has, so that every key is as likely as any other (FIPS 186-5, A.2.1).
  const bits = Buffer.from(hkdfSync("sha256", secret, "", "web push", 40)).toString("hex");
  const scalar = (BigInt(`0x${bits}`) % (ORDER - 1n)) + 1n;
  const pair = createECDH("prime256v1");
  pair.setPrivateKey(scalar.toString(16).padStart(64, "0"), "hex");
  const point = pair.getPublicKey();
  const key = privateKey(scalar, point);
  const publicKey = point.toString("base64url");
  return {
    publicKey,
    authorization(endpoint, now) {
      const claims = {
        aud: new URL(endpoint).origin,
        exp: Math.floor(now / 1000) + LIFE,
        sub: subject,
      };
      const said = [{ typ: "JWT", alg: "ES256" }, claims].map((part) =>
        Buffer.from(JSON.stringify(part)).toString("base64url"),
      );
      const signature = sign("sha256", Buffer.from(said.join(".")), {
        key,
        dsaEncoding: "ieee-p1363",
      });
      return `vapid t=${[...said, signature.toString("base64url")].join(".")}, k=${publicKey}`;
    },
  };
}

function privateKey(scalar: bigint, point: Buffer): KeyObject {
  const base64 = (bytes: Buffer) => bytes.toString("base64url");
  return createPrivateKey({
    format: "jwk",
    key: {
      kty: "EC",
      crv: "P-256",
      d: base64(Buffer.from(scalar.toString(16).padStart(64, "0"), "hex")),
      x: base64(point.subarray(1, 33)),
      y: base64(point.subarray(33)),
    },
  });
}
