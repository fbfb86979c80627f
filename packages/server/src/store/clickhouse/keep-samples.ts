import type { SampleBatch } from "../../model/index.ts";

/** The batch with only the samples that `keep` answers true for, each asked once. */
export function keepSamples(batch: SampleBatch, keep: (sample: number) => boolean): SampleBatch {
  const places = new Map<number, number>();
  for (let i = 0; i < batch.times.length; i += 1) if (keep(i)) places.set(i, places.size);
  const kept = {
    ...batch,
    seriesOf: new Uint32Array(places.size),
    times: new Float64Array(places.size),
    ...(batch.starts === undefined ? {} : { starts: new Float64Array(places.size) }),
    values: new Float64Array(places.size),
    histograms: (batch.histograms ?? []).flatMap(({ sample, histogram }) => {
      const place = places.get(sample);
      return place === undefined ? [] : [{ sample: place, histogram }];
    }),
  };
  // As bits: a NaN's payload must not pass through a number.
  const [from, to] = [bitsOf(batch.values), bitsOf(kept.values)];
  for (const [sample, place] of places) {
    kept.seriesOf[place] = batch.seriesOf[sample] ?? 0;
    kept.times[place] = batch.times[sample] ?? 0;
    if (kept.starts !== undefined) kept.starts[place] = batch.starts?.[sample] ?? 0;
    to[place] = from[sample] ?? 0n;
  }
  return kept;
}

function bitsOf(values: Float64Array): BigUint64Array {
  return new BigUint64Array(values.buffer, values.byteOffset, values.length);
}
