import { histogramFault, METRIC_NAME } from "../../model/index.ts";
import type { Labels, SampleBatch } from "../../model/index.ts";

/** The year 2100: later times are a sender's mistake of unit (ns for ms, say). */
const MAX_TIME_MS = 4_102_444_800_000;

/** Throws RangeError for a batch that is not one: an error of the program, or a time out of range. */
export function checkBatch(batch: SampleBatch): void {
  const { series, seriesOf, times, values, starts } = batch;
  const sizes = [seriesOf.length, values.length, starts?.length ?? times.length];
  if (sizes.some((size) => size !== times.length)) {
    throw new RangeError("a batch's columns must be equally long");
  }
  for (let i = 0; i < times.length; i += 1) {
    if ((seriesOf[i] ?? 0) >= series.length) {
      throw new RangeError(`sample ${i} of the batch belongs to no series of it`);
    }
    const time = times[i] ?? Number.NaN;
    if (!isTime(time)) throw new RangeError(timeFault("sample", batch, seriesOf[i] ?? 0, time));
  }
  checkHistograms(batch);
  for (const { series: index, time } of batch.exemplars ?? []) {
    if (!(index < series.length)) {
      throw new RangeError("an exemplar of the batch belongs to no series of it");
    }
    if (!isTime(time)) throw new RangeError(timeFault("exemplar", batch, index, time));
  }
}

function checkHistograms({ series, seriesOf, times, histograms = [] }: SampleBatch): void {
  const met = new Set<number>();
  for (const { sample, histogram } of histograms) {
    if (!(sample < times.length) || met.has(sample)) {
      throw new RangeError(`a histogram of the batch is at sample ${sample}: none, or taken`);
    }
    met.add(sample);
    const fault = histogramFault(histogram);
    if (fault !== undefined) {
      const name = seriesName(series[seriesOf[sample] ?? 0]);
      throw new RangeError(`a histogram of ${name} cannot be stored: ${fault}`);
    }
  }
}

function isTime(time: number): boolean {
  return Number.isInteger(time) && time >= 0 && time <= MAX_TIME_MS;
}

function timeFault(what: string, { series }: SampleBatch, index: number, time: number): string {
  return `${what === "sample" ? "a sample" : "an exemplar"} of ${seriesName(series[index])} has the time ${time}, which is not a number of milliseconds between 1970 and 2100`;
}

/** The name of a batch's series, for messages. */
export function seriesName(labels: Labels | undefined): string {
  return labels?.[METRIC_NAME] ?? "a series without a name";
}
