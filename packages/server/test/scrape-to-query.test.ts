import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { expect, it, vi } from "vitest";
import { createMetricsQuery } from "../src/query/index.ts";
import { createScraper, loadPrometheusConfig } from "../src/receive/index.ts";
import { systemClock } from "../src/model/index.ts";
import { createSelfMetrics } from "../src/self/index.ts";
import { openTelemetry } from "../src/store/index.ts";
import { protobufExposition } from "./protobuf-exposition.ts";
import { serve, useScrapeRig } from "./scrape-rig.ts";

useScrapeRig();

it("answers what a target exposed in protobuf: histograms, exemplars, metadata", async () => {
  const dir = await mkdtemp(join(tmpdir(), "sw-scrape-query-"));
  const address = await serve((_request, response) => {
    response.setHeader("content-type", "application/vnd.google.protobuf; encoding=delimited");
    response.end(protobufExposition);
  });
  const file = join(dir, "prometheus.yml");
  const job = `{job_name: shop, honor_timestamps: false, static_configs: [{targets: ['${address}']}]}`;
  await writeFile(
    file,
    `global: {scrape_interval: 1s, scrape_native_histograms: true}\nscrape_configs: [${job}]\n`,
  );
  const log = pino({ level: "silent" });
  const telemetry = await openTelemetry({ dir: join(dir, "store"), log });
  let written = 0;
  const scraper = createScraper({
    samples: {
      async write(batch) {
        await telemetry.samples.write(batch);
        written += 1;
      },
      describe: (metadata) => telemetry.samples.describe(metadata),
    },
    clock: systemClock,
    log,
    announce() {},
    metrics: createSelfMetrics("test"),
    seed: "test",
  });
  try {
    await scraper.apply(await loadPrometheusConfig(file));
    scraper.start();
    await vi.waitUntil(() => written > 0, { timeout: 60_000 });
    await scraper.stop();
    const metrics = createMetricsQuery({ telemetry });
    const now = Date.now();
    const ask = async (query: string) => {
      const { value } = await metrics.instant(query, now);
      return value.type === "vector" ? value.samples.map((sample) => sample.value) : [];
    };
    expect(await ask("histogram_count(n)")).toEqual([12]);
    expect(await ask("histogram_sum(n)")).toEqual([18.5]);
    expect(await ask('h_bucket{le="1e+06"}')).toEqual([5]);
    expect(await ask("sort(c_total)")).toEqual([5, 6]);
    // The others have times of long ago, which retention takes.
    const selector = [{ name: "__name__", operator: "=", value: "h_bucket" } as const];
    const range = { startMs: now - 3_600_000, endMs: now + 60_000 };
    const [found] = await metrics.exemplars([selector], range);
    expect(found?.exemplars).toMatchObject([{ value: 0.25 }]);
    expect((await metrics.metadata("c_total")).get("c_total")).toMatchObject([
      { type: "counter", help: "Counts.", unit: "total" },
    ]);
  } finally {
    await scraper.stop();
    await telemetry.close();
    await rm(dir, { recursive: true, force: true });
  }
});
