import { messageOf } from "../../model/index.ts";
import type { Admission } from "../admit.ts";
import { PushError } from "./errors.ts";

/** A body as it arrives. */
export type BodyStream = AsyncIterable<Uint8Array>;

/** The memory that a request holds; see `withBody`. */
export interface Held {
  /** Asks for the memory of `bytes` more. Throws AdmissionError when there is none to be had. */
  grow(bytes: number): void;
}

/**
 * Reads a body of up to `maxBytes` and does `work` with it; what it takes of `admission` meanwhile is
 * given back at the end. Throws PushError when it is larger or breaks off, AdmissionError when too
 * much is being received at once.
 */
export async function withBody<T>(
  stream: BodyStream,
  maxBytes: number,
  admission: Admission,
  work: (body: Buffer, held: Held) => Promise<T>,
): Promise<T> {
  const share = admission.enter();
  try {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of unbroken(stream)) {
      size += chunk.length;
      if (size > maxBytes) {
        throw new PushError(
          "body_too_large",
          `the body is larger than ${maxBytes} bytes; send less in one request`,
        );
      }
      share.grow(chunk.length);
      chunks.push(chunk);
    }
    return await work(Buffer.concat(chunks), share);
  } finally {
    share.release();
  }
}

async function* unbroken(stream: BodyStream): BodyStream {
  try {
    yield* stream;
  } catch (error) {
    throw new PushError("request_malformed", `the body broke off: ${messageOf(error)}`);
  }
}
