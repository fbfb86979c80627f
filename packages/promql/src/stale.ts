const STALE_HIGH = 0x7ff00000;
const STALE_LOW = 2;
const LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;
const HIGH = LITTLE_ENDIAN ? 1 : 0;

/** A view of floats' bits, for telling staleness markers from other NaNs. */
export function bitsOf(values: Float64Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
}

/** Whether the i-th float under this view is Prometheus's staleness marker. */
export function isStaleAt(bits: Uint32Array, i: number): boolean {
  return bits[2 * i + HIGH] === STALE_HIGH && bits[2 * i + 1 - HIGH] === STALE_LOW;
}

/** Writes a staleness marker without letting the float pass through arithmetic. */
export function setStale(values: Float64Array, i: number): void {
  const bits = bitsOf(values);
  bits[2 * i + HIGH] = STALE_HIGH;
  bits[2 * i + 1 - HIGH] = STALE_LOW;
}
