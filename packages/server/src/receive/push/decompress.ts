import { promisify } from "node:util";
import { gunzip, inflate } from "node:zlib";
import { messageOf } from "../../model/index.ts";
import { PushError } from "./errors.ts";
import { uncompressBlock } from "../snappy.ts";

const gunzipAsync = promisify(gunzip);
const inflateAsync = promisify(inflate);

/**
 * Undoes a Content-Encoding: gzip, deflate (zlib's), snappy's block format. Throws PushError, or
 * SnappyError, when that is not what the bytes are, or when they would be more than `maxBytes`.
 */
export async function decompress(
  body: Buffer,
  encoding: string,
  maxBytes: number,
): Promise<Buffer> {
  if (encoding === "" || encoding === "identity") return body;
  if (encoding === "snappy") return uncompressBlock(body, maxBytes);
  const undo = { gzip: gunzipAsync, "x-gzip": gunzipAsync, deflate: inflateAsync }[encoding];
  if (undo === undefined) {
    throw new PushError(
      "media_type_unsupported",
      `Content-Encoding ${encoding.slice(0, 40)} is not known here; send gzip, deflate, snappy or none`,
    );
  }
  try {
    return await undo(body, { maxOutputLength: maxBytes });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") {
      throw new PushError(
        "body_too_large",
        `the body is larger than ${maxBytes} bytes decompressed; send less in one request`,
      );
    }
    throw new PushError("request_malformed", `the body is not ${encoding}: ${messageOf(error)}`);
  }
}
