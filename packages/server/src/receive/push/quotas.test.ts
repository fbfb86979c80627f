import { expect, it } from "vitest";
import { SamplesRefused } from "../../model/index.ts";
import type { SampleBatch } from "../../model/index.ts";
import { QuotaError, Quotas } from "./quotas.ts";
import type { SenderLimits } from "./quotas.ts";

let now = 1_700_000_000_000;
const clock = { now: () => now, after: () => ({ cancel: () => {} }) };

function made(limits: Partial<SenderLimits>) {
  const written: SampleBatch[] = [];
  const quotas = new Quotas(
    { write: async (batch) => void written.push(batch), describe: () => {} },
    clock,
  );
  const sink = quotas.sinkFor({ id: "k", name: "shop", limits }, 429);
  const write = (...ids: number[]) =>
    sink.write({
      series: ids.map((i) => ({ __name__: "m", i: String(i) })),
      seriesOf: Uint32Array.from(ids, (_, i) => i),
      times: new Float64Array(ids.length).fill(now),
      values: new Float64Array(ids.length),
      exemplars: ids.map((_, series) => ({ series, time: now, value: 1, labels: {} })),
    });
  const errorOf = (work: Promise<void>) =>
    work.then(
      () => undefined,
      (error: unknown) => error,
    );
  return { written, quotas, write: (...ids: number[]) => errorOf(write(...ids)) };
}

it("refuses series beyond the limit with their exemplars, until others were silent for long", async () => {
  const { written, quotas, write } = made({ series: 2, samplesPerSecond: null });
  expect(await write(1, 2)).toBeUndefined();
  const error = await write(1, 3, 3, 2);
  expect(error).toBeInstanceOf(SamplesRefused);
  expect(error).toMatchObject({ samples: 2 });
  expect(written.at(-1)?.times).toHaveLength(2);
  expect(written.at(-1)?.exemplars?.map(({ series }) => series)).toEqual([0, 3]);
  for (let hour = 0; hour < 2; hour += 1) {
    now += 3_600_000;
    expect(await write(1)).toBeUndefined();
  }
  expect(await write(3)).toBeUndefined();
  expect(quotas.use()).toMatchObject([{ name: "shop", activeSeries: 2, refusedSamples: 2 }]);
});

it("delays who is too fast for no longer than it takes to be within the rate again", async () => {
  const { written, quotas, write } = made({ series: null, samplesPerSecond: 2 });
  expect(await write(...Array.from({ length: 50 }, (_, i) => i))).toBeUndefined();
  const error = await write(1);
  expect(error).toBeInstanceOf(QuotaError);
  const seconds = (error as QuotaError).retryAfterSeconds;
  now += (seconds - 1) * 1000;
  expect(await write(1)).toBeInstanceOf(QuotaError);
  now += 1000;
  expect(await write(1)).toBeUndefined();
  expect(written).toHaveLength(2);
  expect(quotas.use()).toMatchObject([{ delayedRequests: 2 }]);
});
