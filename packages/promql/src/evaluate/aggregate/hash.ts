import type { Labels } from "../../labels.ts";

/**
 * Maps a label set to a number in [0, 1), evenly and always the same: two rounds of a
 * multiplicative hash over the key, each of 32 bits.
 */
export function labelsHashShare(labels: Labels): number {
  const { key } = labels;
  let high = 0x9e3779b9;
  let low = 0x85ebca6b;
  for (let i = 0; i < key.length; i += 1) {
    const unit = key.charCodeAt(i);
    high = Math.imul(high ^ unit, 0x01000193);
    low = Math.imul(low ^ unit, 0x27d4eb2f);
    low ^= low >>> 15;
  }
  return (mixed(high ^ low) + mixed(low) / 2 ** 32) / 2 ** 32;
}

/** Spreads every input bit over the whole word. */
function mixed(word: number): number {
  let bits = word;
  bits = Math.imul(bits ^ (bits >>> 16), 0x7feb352d);
  bits = Math.imul(bits ^ (bits >>> 15), 0x846ca68b);
  return (bits ^ (bits >>> 16)) >>> 0;
}
