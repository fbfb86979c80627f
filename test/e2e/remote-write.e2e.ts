import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { freePort } from "../../packages/server/test/free-port.ts";
import { eventually, startPlatform, TOKEN, writeSetup } from "./platform.ts";
import type { Platform, Setup } from "./platform.ts";

/** `REMOTE_WRITE_KILLS=20` is the long run. */
const KILLS = Number(process.env["REMOTE_WRITE_KILLS"] ?? 2);

let folder: string;
let setup: Setup;
let platform: Platform;
let prometheus: ChildProcess | undefined;
let peer: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "seaworthy-remote-write-"));
  setup = await writeSetup(folder, "http://127.0.0.1:1", { demo: false });
  platform = await startPlatform(setup, "server");
  const port = await freePort();
  peer = `http://127.0.0.1:${port}`;
  // Two targets on one address, so that a series has no other's labels.
  const config = {
    global: { scrape_interval: "250ms", external_labels: { cluster: "peer" } },
    scrape_configs: ["one", "two"].map((job) => ({
      job_name: job,
      static_configs: [{ targets: [`127.0.0.1:${port}`] }],
    })),
    remote_write: [
      {
        url: `${platform.url}/api/v1/write`,
        authorization: { credentials: TOKEN },
        metadata_config: { send_interval: "1s" },
        queue_config: { batch_send_deadline: "100ms", min_backoff: "30ms", max_backoff: "500ms" },
      },
    ],
  };
  const file = join(folder, "prometheus.yml");
  await writeFile(file, JSON.stringify(config));
  prometheus = spawn(
    "prometheus",
    [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(folder, "prometheus")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--log.level=warn",
    ],
    { stdio: ["ignore", "ignore", "inherit"] },
  );
});

afterAll(async () => {
  if (prometheus !== undefined) {
    prometheus.kill("SIGKILL");
    await once(prometheus, "exit");
  }
  await platform?.end("SIGTERM");
  await rm(folder, { recursive: true, force: true });
});

type Samples = Map<string, Map<number, string>>;

/** Every sample of the peer's targets up to `end` (seconds), by series and time, as text. */
async function samples(url: string, selector: string, end: number): Promise<Samples> {
  const body = new URLSearchParams({ query: `${selector}[30m]`, time: String(end) });
  const headers = { authorization: `Bearer ${TOKEN}` };
  const response = await fetch(`${url}/api/v1/query`, { method: "POST", body, headers });
  const { data } = (await response.json()) as {
    data: { result: { metric: Record<string, string>; values: [number, string][] }[] };
  };
  return new Map(
    data.result.map(({ metric, values }) => {
      const labels = Object.entries(metric).filter(([name]) => name !== "cluster");
      return [JSON.stringify(labels.sort(([a], [b]) => (a < b ? -1 : 1))), new Map(values)];
    }),
  );
}

/** What `ours` lacks of `theirs`, or has otherwise. */
function differences(theirs: Samples, ours: Samples): string[] {
  const found: string[] = [];
  for (const [series, expected] of theirs) {
    const got = ours.get(series);
    for (const [time, value] of expected) {
      const mine = got?.get(time);
      if (mine === undefined || Number(mine) !== Number(value)) {
        if (!(mine === "NaN" && value === "NaN"))
          found.push(`${series} at ${time}: ${value}, ${mine}`);
      }
    }
    for (const time of got?.keys() ?? []) {
      if (!expected.has(time)) found.push(`${series} at ${time}: only ours`);
    }
  }
  for (const series of ours.keys()) if (!theirs.has(series)) found.push(`${series}: only ours`);
  return found;
}

it(
  `has every sample of a Prometheus that remote-writes through ${KILLS} kills`,
  { timeout: 60_000 + KILLS * 20_000 },
  async () => {
    await eventually("the first samples", async () => {
      const got = await samples(platform.url, '{cluster="peer"}', Date.now() / 1000);
      return got.size > 100 || undefined;
    });
    for (let kill = 0; kill < KILLS; kill += 1) {
      await new Promise((resolve) => setTimeout(resolve, 500 + Math.random() * 2000));
      await platform.end("SIGKILL");
      platform = await startPlatform(setup, "server");
    }
    // A moment that both have had all of.
    const end = Math.floor(Date.now() / 1000);
    const sent = "min(prometheus_remote_storage_queue_highest_sent_timestamp_seconds)";
    await eventually("all to be sent", async () => {
      const response = await fetch(`${peer}/api/v1/query?query=${encodeURIComponent(sent)}`);
      const { data } = (await response.json()) as {
        data: { result: { value: [number, string] }[] };
      };
      return Number(data.result[0]?.value[1]) > end + 1 || undefined;
    });
    const theirs = await samples(peer, '{job=~"one|two"}', end);
    const ours = await samples(platform.url, '{cluster="peer"}', end);
    const count = [...theirs.values()].reduce((sum, series) => sum + series.size, 0);
    expect(count).toBeGreaterThan(10_000);
    expect(differences(theirs, ours).slice(0, 5)).toEqual([]);
    const refused =
      "sum(prometheus_remote_storage_samples_failed_total) + sum(prometheus_remote_storage_samples_dropped_total)";
    const response = await fetch(`${peer}/api/v1/query?query=${encodeURIComponent(refused)}`);
    const { data } = (await response.json()) as { data: { result: { value: [number, string] }[] } };
    expect(data.result[0]?.value[1]).toBe("0");
    const { data: described } = (await platform.call("/api/v1/metadata?metric=go_goroutines")) as {
      data: Record<string, { type: string }[]>;
    };
    expect(described["go_goroutines"]?.[0]?.type).toBe("gauge");
  },
);
