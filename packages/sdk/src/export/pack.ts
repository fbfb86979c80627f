import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { encodeBatch } from "./encode-batch.ts";

const compress = promisify(gzip);

/** A batch as the body of a request. */
export interface Packed {
  /** Compressed; undefined when nothing of the batch can be sent. */
  readonly body: Uint8Array | undefined;
  /** How many of the batch's items are in it. */
  readonly count: number;
}

/**
 * Encodes and compresses a batch, without those of its items that cannot be encoded. Rejects when it
 * cannot be compressed.
 */
export async function pack<Item>(
  batch: readonly Item[],
  encode: (items: readonly Item[]) => string,
  caught: (error: unknown) => void,
): Promise<Packed> {
  const { items, body } = encodeBatch(batch, encode, caught);
  if (body === undefined) return { body, count: 0 };
  return { body: await compress(body, { level: 1 }), count: items.length };
}
