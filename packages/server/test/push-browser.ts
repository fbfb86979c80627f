import {
  createDecipheriv,
  createECDH,
  createPublicKey,
  hkdfSync,
  randomBytes,
  verify,
} from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

/** A browser that takes pushes: it reads what was meant for it, by RFC 8291 and 8188 and nothing of ours. */
export interface PushBrowser {
  /** What the page hands to the server. */
  readonly subscription: string;
  /** What a push says. Throws when it was not encrypted for this browser. */
  read(body: Buffer): unknown;
}

/** Makes a browser whose push service is at `endpoint`. */
export function pushBrowser(endpoint: string): PushBrowser {
  const own = createECDH("prime256v1");
  const point = own.generateKeys();
  const auth = randomBytes(16);
  const keys = { p256dh: point.toString("base64url"), auth: auth.toString("base64url") };
  return {
    subscription: JSON.stringify({ endpoint, expirationTime: null, keys }),
    read(body) {
      const salt = body.subarray(0, 16);
      const recordSize = body.readUInt32BE(16);
      const sender = body.subarray(21, 21 + (body[20] ?? 0));
      const record = body.subarray(21 + sender.length);
      if (record.length > recordSize) throw new Error("more than one record");
      const derive = (secret: Buffer, salt: Buffer, info: Buffer | string, length: number) =>
        Buffer.from(hkdfSync("sha256", secret, salt, info, length));
      const info = Buffer.concat([Buffer.from("WebPush: info\0"), point, sender]);
      const input = derive(own.computeSecret(sender), auth, info, 32);
      const key = derive(input, salt, "Content-Encoding: aes128gcm\0", 16);
      const nonce = derive(input, salt, "Content-Encoding: nonce\0", 12);
      const decipher = createDecipheriv("aes-128-gcm", key, nonce);
      decipher.setAuthTag(record.subarray(-16));
      const padded = Buffer.concat([decipher.update(record.subarray(0, -16)), decipher.final()]);
      const end = padded.lastIndexOf(2);
      if (padded.subarray(end + 1).some((byte) => byte !== 0)) throw new Error("wrong padding");
      return JSON.parse(padded.subarray(0, end).toString());
    },
  };
}

/** The claims of a request's VAPID header (RFC 8292). Throws when the key has not signed them. */
export function vapidClaims(
  { authorization = "" }: IncomingHttpHeaders,
  publicKey: string,
): Record<string, unknown> {
  const found = /^vapid t=([\w-]+)\.([\w-]+)\.([\w-]+), k=([\w-]+)$/.exec(authorization);
  const [, head = "", claims = "", signature = "", key = ""] = found ?? [];
  if (key !== publicKey) throw new Error(`the key is ${key}`);
  const point = Buffer.from(key, "base64url");
  const x = point.subarray(1, 33).toString("base64url");
  const y = point.subarray(33).toString("base64url");
  const isRight = verify(
    "sha256",
    Buffer.from(`${head}.${claims}`),
    {
      key: createPublicKey({ format: "jwk", key: { kty: "EC", crv: "P-256", x, y } }),
      dsaEncoding: "ieee-p1363",
    },
    Buffer.from(signature, "base64url"),
  );
  if (!isRight) throw new Error("the signature is wrong");
  return JSON.parse(Buffer.from(claims, "base64url").toString()) as Record<string, unknown>;
}
