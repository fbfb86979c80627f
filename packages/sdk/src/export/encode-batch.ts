/** What of a batch can be sent. */
export interface EncodedBatch<Item> {
  readonly items: readonly Item[];
  /** Undefined when there are none. */
  readonly body: string | undefined;
}

const nothing = { items: [], body: undefined };

/** Encodes a batch without those of its items that cannot be encoded. Never throws. */
export function encodeBatch<Item>(
  batch: readonly Item[],
  encode: (items: readonly Item[]) => string,
  caught: (error: unknown) => void,
): EncodedBatch<Item> {
  if (batch.length === 0) return nothing;
  try {
    return { items: batch, body: encode(batch) };
  } catch (error) {
    caught(error);
  }
  // Whose fault it is is asked only now: a batch that is in order is encoded once.
  const items = batch.filter((item) => {
    try {
      encode([item]);
      return true;
    } catch {
      return false;
    }
  });
  try {
    if (items.length > 0) return { items, body: encode(items) };
  } catch (error) {
    caught(error); // None is at fault alone; together they may be too long.
  }
  return nothing;
}
