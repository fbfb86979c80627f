import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import {
  content,
  directory,
  job,
  reported,
  rig,
  rows,
  serve,
  texts,
  useScrapeRig,
} from "../../../test/scrape-rig.ts";

useScrapeRig();

describe("a store in trouble", () => {
  it("loses samples by count, tells the truth, and still gets its markers", async () => {
    const { scrape, sink, scraper, counted } = await rig(
      job(await serve(texts("a 1\nb 1\n", "# HELP a Help.\na 2\n", "# HELP a Help.\na 3\n"))),
    );
    await scrape();
    sink.fail = new Error("disk full");
    expect(content(await scrape())).toContainEqual(["b", "stale"]);
    expect(scraper.targets().active[0]?.health).toBe("up");
    expect(await counted("seaworthy_dropped_total")).toMatchObject([
      { labels: { subject: "samples", reason: "store_unavailable" }, value: 7 },
    ]);
    sink.fail = undefined;
    expect(content(await scrape())).toEqual([
      ["a", 3],
      ["b", "stale"],
    ]);
    // So does what the metric is: told twice, because the first time was for nothing.
    expect(sink.metadata).toMatchObject([{ help: "Help." }, { help: "Help." }]);
    expect(content(await scrape())).toEqual([["a", 3]]);
  });

  it("that is slow is not pressed: due scrapes are left out and counted", async () => {
    let requests = 0;
    const address = await serve((_request, response) => {
      requests += 1;
      response.end("a 1\n");
    });
    const { clock, scrape, sink, counted } = await rig(job(address));
    let letGo: () => void = () => undefined;
    sink.hold = new Promise((resolve) => {
      letGo = resolve;
    });
    const first = rows(await scrape())[0]?.time ?? 0;
    clock.advance(3000);
    expect(requests).toBe(1);
    sink.hold = undefined;
    letGo();
    await new Promise(setImmediate);
    expect(await counted("seaworthy_scrapes_missed_total")).toMatchObject([{ value: 3 }]);
    expect(rows(await scrape())[0]?.time).toBe(first + 4000);
    expect(requests).toBe(2);
  });
});

describe("a new configuration", () => {
  it("leaves targets that stay alone", async () => {
    const address = await serve(texts("a 1\n"));
    const { load, scrape } = await rig(job(address));
    const first = rows(await scrape())[0]?.time ?? 0;
    await load(`${job(address)}- {job_name: other}\n`);
    const batch = await scrape();
    expect(content(batch)).toEqual([["a", 1]]);
    expect(rows(batch)[0]?.time).toBe(first + 1000);
    expect(reported(batch, "scrape_series_added")).toBe(0);
  });

  it("ends targets that go, with their reports", async () => {
    const { load, scrape, sink, scraper, clock } = await rig(job(await serve(texts("a 1\n"))));
    await scrape();
    await load("- {job_name: shop}\n");
    const batch = await sink.next();
    expect(new Set(rows(batch).map(({ value }) => value))).toEqual(new Set(["stale"]));
    expect(rows(batch).map(({ name }) => name)).toEqual([
      "a",
      "up",
      "scrape_duration_seconds",
      "scrape_samples_scraped",
      "scrape_samples_post_metric_relabeling",
      "scrape_series_added",
    ]);
    expect(scraper.targets().active).toEqual([]);
    clock.advance(5000);
    expect(sink.batches).toHaveLength(2);
  });

  it("ends jobs that go", async () => {
    const { load, scrape, sink, scraper } = await rig(job(await serve(texts("a 1\n"))));
    await scrape();
    await load("- {job_name: other}\n");
    expect(content(await sink.next())).toEqual([["a", "stale"]]);
    expect(scraper.targets().active).toEqual([]);
  });

  it("changes a target's settings without a gap in its series", async () => {
    const { load, scrape, sink } = await rig(job(await serve(texts("a 1\nb 1\n", "a 2\n"))));
    const address = (await scrape()).series[0]?.["instance"] ?? "";
    await load(job(address, ", params: {x: ['1']}"));
    expect(sink.batches).toHaveLength(1);
    expect(content(await scrape())).toEqual([
      ["a", 2],
      ["b", "stale"],
    ]);
  });

  it("fails a job with more targets than its limit, saying so", async () => {
    const { scrape, scraper } = await rig(
      "- {job_name: shop, target_limit: 1, static_configs: [{targets: ['a:1', 'b:1']}]}\n",
    );
    expect(reported(await scrape(), "up")).toBe(0);
    expect(scraper.targets().active[0]?.lastError).toMatch(/target_limit exceeded: 2/);
  });
});

describe("targets in files", () => {
  it("come and go with their files; a broken file keeps what it said", async () => {
    const address = await serve(texts("a 1\n"));
    const file = join(directory, "targets-a.yml");
    await writeFile(file, "- {targets: [], labels: {}}\n");
    const { clock, scraper, scrape, sink } = await rig(
      "- {job_name: shop, file_sd_configs: [{files: ['targets-*.yml'], refresh_interval: 30s}]}\n",
    );
    expect(scraper.targets().active).toEqual([]);
    /** Lets the refresh interval pass, and waits for what it leads to. */
    const refresh = async (until: () => boolean) => {
      clock.advance(30_000);
      await vi.waitUntil(until, { timeout: 60_000, interval: 5 });
    };
    await writeFile(file, `- {targets: ['${address}'], labels: {team: a, version: 1.10}}\n`);
    await refresh(() => scraper.targets().active.length === 1);
    expect(scraper.targets().active).toMatchObject([
      {
        labels: { job: "shop", team: "a", version: "1.10" },
        discoveredLabels: { __meta_filepath: file },
      },
    ]);
    expect(content(await scrape())).toEqual([["a", 1]]);

    await writeFile(file, "- {targets: [");
    const other = join(directory, "targets-b.json");
    await writeFile(other, "[]");
    await writeFile(join(directory, "targets-b.yml"), '[{"targets": ["127.0.0.1:1"]}]');
    await refresh(() => scraper.targets().active.length === 2);

    await rm(file);
    await rm(join(directory, "targets-b.yml"));
    await refresh(() => scraper.targets().active.length === 0);
    await vi.waitUntil(() => sink.batches.some((batch) => content(batch)[0]?.[1] === "stale"), {
      timeout: 60_000,
    });
  });

  it("must be in order when the configuration is loaded", async () => {
    await writeFile(join(directory, "targets-c.yml"), "- {targets: [a], lables: {}}\n");
    await expect(rig("- {job_name: shop, file_sd_configs: [{files: ['targets-c.yml']}]}\n"))
      // The place in prometheus.yml, then the place in the file.
      .rejects.toThrow(/prometheus\.yml:3:38: .*targets-c\.yml:1:18: .*unknown field "lables"/);
  });
});

it("stops without marking anything as ended", async () => {
  const { scrape, sink, scraper, clock } = await rig(job(await serve(texts("a 1\n"))));
  await scrape();
  await scraper.stop();
  clock.advance(5000);
  expect(sink.batches).toHaveLength(1);
});

it("scrapes this process without a network, unless the configuration has that job", async () => {
  const internal = [
    { job: "seaworthy", instance: "127.0.0.1:4000", read: () => Promise.resolve("a 1\n") },
  ];
  const { scrape, load, scraper } = await rig("- {job_name: other}\n", { internal });
  const batch = await scrape();
  expect(rows(batch)[0]?.labels).toEqual({ job: "seaworthy", instance: "127.0.0.1:4000" });
  expect(scraper.targets().active[0]?.url).toBe("http://127.0.0.1:4000/metrics");
  await load("- {job_name: seaworthy}\n");
  expect(scraper.targets().active).toEqual([]);
});

it("announces changes of health together", async () => {
  const { scrape, clock, announced } = await rig(job(await serve(texts("a 1\n"))));
  clock.advance(150);
  announced.length = 0;
  await scrape();
  clock.advance(150);
  expect(announced).toEqual(["targets"]);
});
