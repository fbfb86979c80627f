import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { afterAll, afterEach, beforeAll } from "vitest";
import { isStale } from "../src/model/index.ts";
import type { MetricMetadata, SampleBatch, SampleSink } from "../src/model/index.ts";
import { createScraper, loadPrometheusConfig } from "../src/receive/index.ts";
import type { Scraper, ScraperOptions } from "../src/receive/index.ts";
import { createSelfMetrics } from "../src/self/index.ts";
import { ManualClock } from "./manual-clock.ts";

export const START = 1_700_000_000_000;

/** A folder of the test file that uses the rig, removed with what is in it. */
export let directory = "";
const closers: (() => Promise<unknown>)[] = [];

/** To be called by each test file that uses the rig: makes `directory`, and stops what each test started. */
export function useScrapeRig(): void {
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "sw-scraper-"));
  });
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });
  afterAll(async () => {
    await rm(directory, { recursive: true, force: true });
    directory = "";
  });
}

/** One sample in a form that is easy to compare: `name{label="value"} value`, report series without labels. */
export interface Row {
  readonly name: string;
  readonly labels: Record<string, string>;
  readonly value: number | "stale";
  readonly time: number;
}

export function rows(batch: SampleBatch): Row[] {
  return Array.from(batch.seriesOf, (series, i) => {
    const { __name__: name = "", ...labels } = batch.series[series] ?? {};
    const value = isStale(batch.values, i) ? "stale" : (batch.values[i] ?? 0);
    return { name, labels, value, time: batch.times[i] ?? 0 };
  });
}

/** What is not a report series, by its name and value. */
export function content(batch: SampleBatch): [string, number | "stale"][] {
  return rows(batch)
    .filter(({ name }) => name !== "up" && !name.startsWith("scrape_"))
    .map(({ name, value }) => [name, value]);
}

export function reported(batch: SampleBatch, name: string): number | "stale" | undefined {
  return rows(batch).find((row) => row.name === name)?.value;
}

class MemorySink implements SampleSink {
  readonly batches: SampleBatch[] = [];
  readonly metadata: MetricMetadata[] = [];
  fail: Error | undefined;
  hold: Promise<void> | undefined;
  #waiting: ((batch: SampleBatch) => void)[] = [];
  #taken = 0;

  async write(batch: SampleBatch): Promise<void> {
    const { fail, hold } = this;
    this.metadata.push(...(batch.metadata ?? []));
    this.batches.push(batch);
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) {
      this.#taken += 1;
      waiting(batch);
    }
    await hold;
    if (fail !== undefined) throw fail;
  }

  describe(): void {
    throw new Error("a scrape's metadata goes with its samples");
  }

  /** The next batch that nobody has taken yet. */
  next(): Promise<SampleBatch> {
    const batch = this.batches[this.#taken];
    if (batch !== undefined) {
      this.#taken += 1;
      return Promise.resolve(batch);
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export async function serve(handler: Handler): Promise<string> {
  const server = createServer((request, response) => {
    response.setHeader("content-type", "text/plain; version=0.0.4");
    handler(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export async function rig(jobs: string, more: Partial<ScraperOptions> = {}) {
  if (directory === "") throw new Error("the test file does not call useScrapeRig()");
  const clock = new ManualClock(START);
  const sink = new MemorySink();
  const metrics = createSelfMetrics("test");
  const announced: string[] = [];
  const scraper: Scraper = createScraper({
    samples: sink,
    clock,
    metrics,
    log: pino({ level: "silent" }),
    announce: ({ topic }) => announced.push(topic),
    seed: "test",
    ...more,
  });
  closers.push(() => scraper.stop());
  const load = async (text: string) => {
    const file = join(directory, "prometheus.yml");
    await writeFile(file, `global: {scrape_interval: 1s}\nscrape_configs:\n${text}`);
    await scraper.apply(await loadPrometheusConfig(file));
  };
  await load(jobs);
  scraper.start();
  /** Moves to the next scrape and answers its batch once it is written. */
  const scrape = async () => {
    clock.advance(1000);
    const batch = await sink.next();
    // The loop plans its next scrape once the write has ended.
    await new Promise(setImmediate);
    return batch;
  };
  const counted = async (name: string) =>
    (await metrics.registry.getSingleMetric(name)?.get())?.values ?? [];
  return { clock, sink, scraper, load, scrape, counted, announced };
}

export const job = (address: string, more = "") =>
  `- {job_name: shop, static_configs: [{targets: ['${address}']}]${more}}\n`;

/** Serves one text after the other, the last one again and again. */
export function texts(...bodies: string[]): Handler {
  let i = 0;
  return (_request, response) => {
    response.end(bodies[Math.min(i, bodies.length - 1)]);
    i += 1;
  };
}
