import { createHash, createHmac } from "node:crypto";

/** What is signed, and for whom. `at` is milliseconds since 1970. */
export interface Signing {
  readonly url: URL;
  readonly body: string;
  readonly region: string;
  readonly service: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly at: number;
}

/** The header fields of a POST that is signed as AWS asks for it (Signature Version 4). */
export function signRequest(given: Signing): Readonly<Record<string, string>> {
  const { url, region, service } = given;
  const time = new Date(given.at).toISOString().replaceAll(/[-:]|\.\d+/g, "");
  const date = time.slice(0, 8);
  const scope = `${date}/${region}/${service}/aws4_request`;
  const signed = "host;x-amz-date";
  const canonical = [
    "POST",
    url.pathname,
    canonicalQuery(url.searchParams),
    `host:${url.host}\nx-amz-date:${time}\n`,
    signed,
    sha256(given.body),
  ].join("\n");
  const toSign = ["AWS4-HMAC-SHA256", time, scope, sha256(canonical)].join("\n");
  const key = [date, region, service, "aws4_request"].reduce<Buffer | string>(
    (secret, part) => hmac(secret, part),
    `AWS4${given.secretKey}`,
  );
  const signature = createHmac("sha256", key).update(toSign).digest("hex");
  return {
    "x-amz-date": time,
    authorization:
      `AWS4-HMAC-SHA256 Credential=${given.accessKey}/${scope}, ` +
      `SignedHeaders=${signed}, Signature=${signature}`,
  };
}

function canonicalQuery(query: URLSearchParams): string {
  const encode = (text: string) =>
    encodeURIComponent(text).replaceAll(
      /[!'()*]/g,
      (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
    );
  return [...query]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join("&");
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
