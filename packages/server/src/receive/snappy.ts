import { uncompressSync } from "snappy";
import { SeaworthyError } from "../model/index.ts";

/** A body that is not Snappy's block format, or that becomes too large. */
export class SnappyError extends SeaworthyError {
  readonly code: "snappy_malformed" | "body_too_large";
  override readonly status: number;

  constructor(code: SnappyError["code"], message: string) {
    super(message);
    this.name = "SnappyError";
    this.code = code;
    this.status = code === "body_too_large" ? 413 : 400;
  }
}

/** The format's densest element makes 64 bytes of 3. */
const MAX_RATIO = 22;

/**
 * Decompresses Snappy's block format (not the framed one). Throws SnappyError when that is not what
 * `body` is, or when it would be more than `maxBytes`, before any memory is taken for it.
 * https://github.com/google/snappy/blob/main/format_description.txt
 */
export function uncompressBlock(body: Buffer, maxBytes: number): Buffer {
  const announced = announcedLength(body);
  if (announced > maxBytes) {
    throw new SnappyError(
      "body_too_large",
      `the body has ${announced} bytes decompressed (limit ${maxBytes}); send less in one request`,
    );
  }
  if (announced > body.length * MAX_RATIO) {
    throw new SnappyError(
      "snappy_malformed",
      `the body is not Snappy's block format: ${body.length} bytes cannot become ${announced}`,
    );
  }
  try {
    const bytes = uncompressSync(body, { copyOutputData: true });
    return typeof bytes === "string" ? Buffer.from(bytes) : bytes;
  } catch {
    throw new SnappyError(
      "snappy_malformed",
      "the body is not Snappy's block format, or was damaged on its way",
    );
  }
}

/** The length that the block says it has decompressed: a varint of up to 32 bits at its front. */
function announcedLength(body: Buffer): number {
  let length = 0;
  for (let i = 0; i < 5; i += 1) {
    const byte = body[i];
    if (byte === undefined) break;
    length += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return length;
  }
  throw new SnappyError(
    "snappy_malformed",
    "the body is not Snappy's block format: it does not begin with its length",
  );
}
