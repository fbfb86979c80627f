/** Samples of one series in columns. */
export interface SampleColumns {
  readonly times: Float64Array;
  readonly values: Float64Array;
}

/**
 * The samples in ascending time, one of each time. The engine gives a series' samples as a few runs
 * (a part of the table, or a thread, each), so they are merged run by run; usually there is one, and
 * the arrays are answered as they came. Values keep their bits.
 */
export function ascending(times: Float64Array, values: Float64Array): SampleColumns {
  const runs: SampleColumns[] = [];
  let start = 0;
  for (let i = 1; i <= times.length; i += 1) {
    if (i < times.length && (times[i] ?? 0) > (times[i - 1] ?? 0)) continue;
    runs.push({ times: times.subarray(start, i), values: values.subarray(start, i) });
    start = i;
  }
  while (runs.length > 1) {
    const merged: SampleColumns[] = [];
    for (let i = 0; i < runs.length; i += 2) {
      const [a, b] = [runs[i], runs[i + 1]];
      if (a !== undefined) merged.push(b === undefined ? a : merge(a, b));
    }
    runs.splice(0, runs.length, ...merged);
  }
  return runs[0] ?? { times, values };
}

/** Of a time that both have, the value of `a` stays. */
function merge(a: SampleColumns, b: SampleColumns): SampleColumns {
  const times = new Float64Array(a.times.length + b.times.length);
  const bits = new BigUint64Array(times.length);
  const aBits = bitsOf(a.values);
  const bBits = bitsOf(b.values);
  let [i, j, out] = [0, 0, 0];
  while (i < a.times.length || j < b.times.length) {
    const left = a.times[i] ?? Number.POSITIVE_INFINITY;
    const right = b.times[j] ?? Number.POSITIVE_INFINITY;
    times[out] = Math.min(left, right);
    bits[out] = (left <= right ? aBits[i] : bBits[j]) ?? 0n;
    if (left <= right) i += 1;
    if (right <= left) j += 1;
    out += 1;
  }
  return {
    times: times.subarray(0, out),
    values: new Float64Array(bits.buffer, 0, out),
  };
}

function bitsOf(values: Float64Array): BigUint64Array {
  return new BigUint64Array(values.buffer, values.byteOffset, values.length);
}
