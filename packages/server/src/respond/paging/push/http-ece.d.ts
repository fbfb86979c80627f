/** Encrypted Content-Encoding for HTTP (RFC 8188), with the keys of Web Push (RFC 8291). */
declare module "http_ece" {
  import type { ECDH } from "node:crypto";

  interface Parameters {
    readonly version: "aes128gcm";
    /** The receiver's public key, as base64url. */
    readonly dh: string;
    /** The sender's key pair, made for this one message. */
    readonly privateKey: ECDH;
    readonly authSecret: string;
    /** 16 bytes, as base64url; random by default. */
    readonly salt?: string;
  }

  const ece: { encrypt(plaintext: Buffer, parameters: Parameters): Buffer };
  export default ece;
}
