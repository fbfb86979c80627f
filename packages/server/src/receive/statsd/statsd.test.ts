import { createSocket } from "node:dgram";
import { StatsD } from "hot-shots";
import { pino } from "pino";
import { afterEach, expect, it, vi } from "vitest";
import { ManualClock } from "../../../test/manual-clock.ts";
import { isStale, METRIC_NAME } from "../../model/index.ts";
import type { SampleBatch } from "../../model/index.ts";
import { createSelfMetrics } from "../../self/index.ts";
import { startStatsd } from "./receiver.ts";
import type { Statsd, StatsdSettings } from "./receiver.ts";

const START = 1_700_000_000_000;
const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function listening(settings: Partial<StatsdSettings> = {}) {
  const clock = new ManualClock(START);
  const batches: SampleBatch[] = [];
  const metrics = createSelfMetrics("test");
  const statsd: Statsd = await startStatsd({
    settings: {
      host: "127.0.0.1",
      port: 0,
      flushInterval: 10_000,
      expireAfter: 60_000,
      maxSeries: 100,
      histograms: "classic",
      ...settings,
    },
    samples: { write: async (batch) => void batches.push(batch), describe() {} },
    clock,
    log: pino({ level: "silent" }),
    metrics,
  });
  closers.push(() => statsd.close());
  /** Flushes until the marker that was sent last has come, and answers everything as text. */
  const settled = async (send: (marker: string) => void): Promise<string[]> => {
    const marker = `marker${batches.length}`;
    const seen = new Set<string>();
    await vi.waitFor(
      async () => {
        send(marker);
        await new Promise(setImmediate);
        await statsd.flush();
        const names = batches.flatMap(({ series }) => series.map((labels) => labels[METRIC_NAME]));
        if (!names.includes(marker)) throw new Error("the marker has not come");
      },
      { timeout: 30_000, interval: 5 },
    );
    for (const batch of batches) for (const row of rows(batch)) seen.add(row);
    return [...seen].filter((row) => !row.startsWith("marker")).toSorted();
  };
  const dropped = async () =>
    (await metrics.registry.getSingleMetric("seaworthy_dropped_total")?.get())?.values ?? [];
  return { clock, statsd, batches, settled, dropped };
}

/** `name{labels} value` of everything; histograms by count and sum. */
function rows(batch: SampleBatch): string[] {
  const histograms = new Map(batch.histograms?.map(({ sample, histogram }) => [sample, histogram]));
  return Array.from(batch.seriesOf, (series, i) => {
    const { [METRIC_NAME]: name, job: _job, ...labels } = batch.series[series] ?? {};
    const text = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
    const histogram = histograms.get(i);
    const value = isStale(batch.values, i)
      ? "stale"
      : histogram === undefined
        ? batch.values[i]
        : `${histogram.count}/${histogram.sum}`;
    return `${name}{${text.join(",")}} ${value}`;
  });
}

it("takes what an unmodified client sends", async () => {
  const { statsd, settled } = await listening();
  const client = new StatsD({ port: statsd.port, host: "127.0.0.1", prefix: "shop." });
  closers.push(() => new Promise((resolve) => client.close(() => resolve(undefined))));
  client.increment("orders.paid", 2, ["plan:pro", "beta"]);
  client.increment("orders.paid", 3, ["plan:pro", "beta"]);
  client.gauge("queue", 12);
  client.gaugeDelta("queue", -5);
  client.timing("checkout", 30);
  client.distribution("size", 0.2);
  client.distribution("size", 7);
  client.unique("visitors", "ann");
  client.unique("visitors", "bob");
  client.unique("visitors", "ann");
  const sender = createSocket("udp4");
  closers.push(async () => sender.close());
  const all = await settled((marker) => sender.send(`${marker}:1|g`, statsd.port, "127.0.0.1"));
  expect(all).toEqual(
    expect.arrayContaining([
      'shop_orders_paid{plan="pro",beta="true"} 0',
      'shop_orders_paid{plan="pro",beta="true"} 5',
      "shop_queue{} 7",
      'shop_checkout_bucket{le="0.025"} 0',
      'shop_checkout_bucket{le="0.05"} 1',
      "shop_checkout_sum{} 0.03",
      "shop_checkout_count{} 1",
      'shop_size_bucket{le="+Inf"} 2',
      "shop_visitors{} 2",
    ]),
  );
});

it("reads several metrics a packet, sampled rates and packed values, and counts what it drops", async () => {
  const { statsd, settled, dropped } = await listening({ maxSeries: 6, histograms: "native" });
  const sender = createSocket("udp4");
  closers.push(async () => sender.close());
  const lines = [
    "hits:1|c|@0.1",
    "took:100:200:-50|h|@0.5|#le:x",
    "level:5|g",
    "level:+3|g|c:abc123",
    "bad",
    "bad:x|c",
    "down:-1|c",
    "hits:1|g",
    "_e{5,4}:title|text",
    "timed:1|c|T1700000000",
    "one:1|g",
    "two:1|g",
  ];
  let sent = false;
  const all = await settled((marker) => {
    // The sixth series is the last that there is room for.
    const packet = [...lines, `${marker}:1|g`, "many:1|g"].join("\n");
    if (!sent) sender.send(packet, statsd.port, "127.0.0.1");
    sent = true;
  });
  expect(all).toEqual([
    "hits{} 0",
    "hits{} 10",
    "level{} 8",
    "one{} 1",
    'took{exported_le="x"} 0/0',
    'took{exported_le="x"} 6/500',
    "two{} 1",
  ]);
  expect(await dropped()).toEqual(
    expect.arrayContaining([
      { labels: { subject: "samples", reason: "invalid" }, value: 6 },
      { labels: { subject: "samples", reason: "over_limit" }, value: 1 },
    ]),
  );
});

it("ends series that fall silent, and stores what has come when it stops", async () => {
  const { clock, statsd, batches, settled } = await listening();
  const sender = createSocket("udp4");
  closers.push(async () => sender.close());
  const send = (text: string) => sender.send(text, statsd.port, "127.0.0.1");
  send("gone:4|c");
  await settled((marker) => send(`${marker}:1|g`));
  clock.advance(60_000);
  await statsd.flush();
  expect(batches.flatMap(rows)).toContain("gone{} stale");
  const before = batches.length;
  send("last:1|c");
  await settled((marker) => send(`${marker}:1|g`));
  await statsd.close();
  expect(batches.length).toBeGreaterThan(before + 1);
  expect(rows(batches.at(-1) as SampleBatch)).toContain("last{} 1");
});

it("says when it cannot listen", async () => {
  const { statsd } = await listening();
  await expect(listening({ port: statsd.port })).rejects.toThrow(/cannot listen for StatsD on .*:/);
});
