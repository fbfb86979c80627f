import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { directory, job, reported, rig, serve, useScrapeRig } from "../../../test/scrape-rig.ts";

useScrapeRig();

const EXTRA = ["scrape_timeout_seconds", "scrape_sample_limit", "scrape_body_size_bytes"];

it("reports the timeout, the limit and the body's size where that is asked for", async () => {
  let body = "a 1\n";
  let status = 200;
  const address = await serve((_request, response) => response.writeHead(status).end(body));
  const limits = ", sample_limit: 7, body_size_limit: 10B";
  const { scrape, load } = await rig(job(address, `${limits}, extra_scrape_metrics: true`));
  const extra = async () => {
    const batch = await scrape();
    return EXTRA.map((name) => reported(batch, name));
  };
  expect(await extra()).toEqual([1, 7, 4]);
  status = 500;
  expect(await extra()).toEqual([1, 7, 0]);
  [status, body] = [200, "much_too_large 1\n"];
  expect(await extra()).toEqual([1, 7, -1]);
  await load(job(address, limits));
  expect(await extra()).toEqual(["stale", "stale", "stale"]);
  expect(await extra()).toEqual([undefined, undefined, undefined]);
});

it("writes failed scrapes to the file that is named", async () => {
  const address = await serve((_request, response) => response.end("broken{\n"));
  const { scrape, scraper } = await rig(job(address, ", scrape_failure_log_file: failures.log"));
  await scrape();
  await scrape();
  await scraper.stop();
  const lines = (await readFile(join(directory, "failures.log"), "utf8")).trim().split("\n");
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(
    [1, 2].map(() => ({
      time: expect.stringMatching(/^2023-11-14T/) as unknown,
      level: "ERROR",
      msg: expect.stringContaining("line 1, byte 8") as unknown,
      job_name: "shop",
      target: `http://${address}/metrics`,
    })),
  );
});
