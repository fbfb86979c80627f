import { createHash, createHmac, randomUUID } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Check } from "../health/health.ts";
import { http } from "./http.ts";

/** What is written can be read back in the folder: a mounted volume, say. */
export function folder(path: string): Check {
  return async (signal) => {
    const file = join(path, `.seaworthy-${randomUUID()}`);
    const content = randomUUID();
    try {
      await writeFile(file, content, { flag: "wx", signal });
      if ((await readFile(file, { encoding: "utf8", signal })) !== content)
        throw new Error("what was written is not what was read");
    } finally {
      await rm(file, { force: true });
    }
  };
}

export interface S3Options {
  readonly bucket: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** For other storages of the same protocol (R2, MinIO, …). Default: AWS in the region. */
  readonly endpoint?: string;
  /** The time that requests are signed with. */
  readonly now?: () => Date;
}

/**
 * The bucket exists and may be used: HeadBucket, signed with AWS Signature Version 4, over path-style
 * addresses, which every S3-compatible storage serves.
 *
 * @throws when the endpoint is not an address.
 */
export function s3(options: S3Options): Check {
  const base = options.endpoint ?? `https://s3.${options.region}.amazonaws.com`;
  const url = new URL(`${base.replace(/\/$/, "")}/${encodeURIComponent(options.bucket)}`);
  const now = options.now ?? (() => new Date());
  return (signal) => http(url, { method: "HEAD", headers: signHead(url, options, now()) })(signal);
}

/** The headers of a HEAD request without a body. Spec: AWS General Reference, Signature Version 4. */
export function signHead(url: URL, options: S3Options, at: Date): Record<string, string> {
  const time = at.toISOString().replaceAll(/[-:]|\.\d{3}/g, "");
  const day = time.slice(0, 8);
  const emptyBody = createHash("sha256").update("").digest("hex");
  const headers: Record<string, string> = {
    host: url.host,
    "x-amz-content-sha256": emptyBody,
    "x-amz-date": time,
    ...(options.sessionToken === undefined ? {} : { "x-amz-security-token": options.sessionToken }),
  };
  const names = Object.keys(headers).sort();
  const request = [
    "HEAD",
    url.pathname,
    "",
    ...names.map((name) => `${name}:${headers[name] ?? ""}`),
    "",
    names.join(";"),
    emptyBody,
  ].join("\n");
  const scope = `${day}/${options.region}/s3/aws4_request`;
  const hash = createHash("sha256").update(request).digest("hex");
  const key = [day, options.region, "s3", "aws4_request"].reduce<Buffer>(
    (secret, part) => hmac(secret, part),
    Buffer.from(`AWS4${options.secretAccessKey}`),
  );
  const signature = hmac(key, ["AWS4-HMAC-SHA256", time, scope, hash].join("\n")).toString("hex");
  // fetch sets the host itself, from the same address.
  delete headers["host"];
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 Credential=${options.accessKeyId}/${scope}, SignedHeaders=${names.join(";")}, Signature=${signature}`,
  };
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
