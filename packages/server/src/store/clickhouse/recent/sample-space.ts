/** Float samples of one series in a stretch of time, ascending, each time once. */
export interface SampleColumns {
  readonly times: Float64Array;
  readonly values: Float64Array;
}

const FIRST_SIZE = 4096;

/**
 * Room for the samples of one series after the other, used again and again: fresh arrays for each
 * would cost more than what is put in them.
 */
export class SampleSpace {
  times = new Float64Array(0);
  values = new Float64Array(0);
  /** The values' bits, two for each, the low half first: a NaN's payload must not pass through a number. */
  halves = new Uint32Array(0);
  /** How many samples there are. */
  size = 0;

  get bytes(): number {
    return this.times.byteLength + this.values.byteLength;
  }

  /** Makes room for so many more. What was taken out before stays where it is. */
  reserve(samples: number): void {
    if (this.size + samples <= this.times.length) return;
    const capacity = Math.max(FIRST_SIZE, 2 * this.times.length, samples);
    this.times = new Float64Array(capacity);
    this.values = new Float64Array(capacity);
    this.halves = new Uint32Array(this.values.buffer);
    this.size = 0;
  }

  /** The samples from `from` to before `to`, as long as nothing is put over them. */
  columns(from: number, to: number): SampleColumns {
    return { times: this.times.subarray(from, to), values: this.values.subarray(from, to) };
  }

  /** Begins anew at the front; what is taken out of it is overwritten from then on. */
  clear(): void {
    this.size = 0;
  }
}

/** The first of `times`, from `low` to before `high`, that is not before `time`; by bisection. */
export function firstFrom(times: Float64Array, low: number, high: number, time: number): number {
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
