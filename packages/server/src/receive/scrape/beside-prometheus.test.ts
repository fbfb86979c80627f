import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import pino from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expositionCorpus } from "../../../test/exposition-corpus.ts";
import { freePort } from "../../../test/free-port.ts";
import { ManualClock } from "../../../test/manual-clock.ts";
import { openMetricsCorpus } from "../../../test/open-metrics-corpus.ts";
import { protobufExposition } from "../../../test/protobuf-exposition.ts";
import { isStale, labelsKey } from "../../model/index.ts";
import type { Labels, SampleBatch } from "../../model/index.ts";
import { createSelfMetrics } from "../../self/index.ts";
import { loadPrometheusConfig } from "./config.ts";
import { createScraper } from "./scraper.ts";

const hasPrometheus = spawnSync("prometheus", ["--version"]).status === 0;

/** Where ours knowingly differs, and why. */
const EXCEPTIONS = new Map([
  // Blanks before a name mean nothing in the format's description; Prometheus takes them into the name.
  ["leadingBlanks", "accepted"],
  // Taken since Prometheus 3.
  ["om_labelsTrailingComma", "accepted"],
  ["om_exemplarOnGauge", "accepted"],
]);

const corpora = [
  ...Object.keys(expositionCorpus),
  ...Object.keys(openMetricsCorpus).map((name) => `om_${name}`),
  "protobuf",
];

/** Jobs beside the corpus, with what they ask of labels, requests and limits. */
const jobs: Record<string, string> = {
  honor: "metrics_path: /conflicting\n  honor_labels: true",
  noTimes: "metrics_path: /echo\n  honor_timestamps: false",
  params: "metrics_path: /echo\n  params: {module: [http_2xx], 'a b': ['x y', '&=é']}",
  pathWithQuestion: "metrics_path: /echo?x=1",
  basicAuth: "metrics_path: /echo\n  basic_auth: {username: ann, password: 'p:w'}",
  bearer: "metrics_path: /echo\n  bearer_token: t0ken",
  authorization: "metrics_path: /echo\n  authorization: {type: Custom, credentials: abc}",
  gzip: "metrics_path: /gzip",
  redirect: "metrics_path: /redirect",
  redirectRefused: "metrics_path: /redirect\n  follow_redirects: false",
  missing: "metrics_path: /nowhere",
  sampleLimit: "metrics_path: /labels5\n  sample_limit: 4",
  sampleLimitKept: "metrics_path: /labels5\n  sample_limit: 5",
  labelLimit: "metrics_path: /labels\n  label_limit: 4",
  labelLimitKept: "metrics_path: /labels\n  label_limit: 5",
  nameLimit: "metrics_path: /labels\n  label_name_length_limit: 7",
  valueLimit: "metrics_path: /labels\n  label_value_length_limit: 8",
  bodyLimit: "metrics_path: /labels5\n  body_size_limit: 10B",
  targetLimit:
    "metrics_path: /plain\n  target_limit: 1\n  static_configs: [{targets: [HOST, 'localhost:PORT']}]",
  twice: "metrics_path: /plain\n  static_configs: [{targets: [HOST, HOST]}, {targets: [HOST]}]",
  groupLabels:
    "metrics_path: /plain\n  static_configs: [{targets: [HOST], labels: {team: a, empty: '', __meta_x: y, __hidden: z, version: 1.10}}]",
  relabelled: `metrics_path: /echo
  static_configs: [{targets: [HOST], labels: {first: One, second: two, meta_zone: z1}}]
  relabel_configs:
  - {source_labels: [__address__], regex: '(.+):(\\d+)', target_label: host, replacement: 'h-$1-\${2}x$$'}
  - {source_labels: [first, second], separator: '/', target_label: both}
  - {source_labels: [first], target_label: lower, action: lowercase}
  - {source_labels: [second], target_label: upper, action: uppercase}
  - {source_labels: [first], target_label: shard, modulus: 1000, action: hashmod}
  - {regex: 'meta_(.+)', replacement: 'm_$1', action: labelmap}
  - {regex: 'second', action: labeldrop}
  - {source_labels: [nothing], target_label: gone, replacement: ''}
  - {source_labels: [first], regex: 'one', target_label: unmatched, replacement: x}
  - {target_label: __param_q, replacement: asked}
  - {target_label: instance, replacement: renamed}
  - {source_labels: [job], regex: (.*)led, target_label: job, replacement: '\${1}ling'}`,
  droppedTarget: `metrics_path: /plain
  static_configs: [{targets: [HOST], labels: {keep: 'no'}}]
  relabel_configs: [{source_labels: [keep], regex: 'yes', action: keep}]`,
  metricRelabelled: `metrics_path: /labels5
  metric_relabel_configs:
  - {source_labels: [__name__], regex: 'm2|m3', action: drop}
  - {source_labels: [__name__], regex: 'm4', target_label: __name__, replacement: renamed}
  - {source_labels: [a], target_label: copied}
  - {regex: instance, action: labeldrop}`,
  nameless:
    "metrics_path: /plain\n  metric_relabel_configs: [{regex: __name__, action: labeldrop}]",
  becomesSame:
    "metrics_path: /labels5\n  metric_relabel_configs: [{target_label: __name__, replacement: one}]",
};

function answer(request: IncomingMessage, response: ServerResponse): void {
  const { url = "/", headers } = request;
  const [path = ""] = url.slice(1).split("?");
  response.setHeader("content-type", "text/plain; version=0.0.4");
  const body = expositionCorpus[path];
  const strict = openMetricsCorpus[path.replace(/^om_/, "")];
  if (path.startsWith("om_") && strict !== undefined) {
    response.setHeader("content-type", "application/openmetrics-text; version=1.0.0");
    response.end(strict);
  } else if (path === "protobuf") {
    response.setHeader(
      "content-type",
      "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited",
    );
    response.end(protobufExposition);
  } else if (body !== undefined) response.end(body);
  else if (path === "labels5") {
    response.end([1, 2, 3, 4, 5].map((i) => `m${i}{a="v${i}"} ${i}\n`).join(""));
  } else if (path.startsWith("echo")) {
    const sent = `url=${JSON.stringify(url)},authorization="${headers.authorization ?? ""}"`;
    response.end(`echo{${sent}} 1\n`);
  } else if (path === "gzip") {
    response.setHeader("content-encoding", "gzip");
    response.end(gzipSync("m 1\n"));
  } else if (path === "redirect") response.writeHead(307, { location: "/plain" }).end();
  else response.writeHead(404).end();
}

/** What a side made of a job: its samples by label set, `up` and counts included. */
type Result = Map<string, Map<string, string>>;

/** A native histogram in one line; empty buckets say nothing. */
const shown = (count: number, sum: number, buckets: readonly number[]) =>
  JSON.stringify({ count, sum, buckets: buckets.filter((held) => held > 0) });

const COMPARED = /^(?!scrape_duration_seconds$|scrape_series_added$)/;

function note(result: Result, labels: Labels, value: string): void {
  const job = labels["job"] ?? "";
  if (!COMPARED.test(labels["__name__"] ?? "")) return;
  const samples = result.get(job) ?? new Map<string, string>();
  samples.set(labelsKey(labels), value);
  result.set(job, samples);
}

describe.skipIf(!hasPrometheus)("beside a real Prometheus, every job gives the same series", () => {
  // "x" is the job that the target of "honor" says its series are of.
  const names = [...corpora, ...Object.keys(jobs), "x"];
  const server = createServer(answer);
  const ours: Result = new Map();
  const theirs: Result = new Map();
  let directory = "";
  let prometheus: ChildProcess | undefined;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "sw-beside-"));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const file = join(directory, "prometheus.yml");
    await writeFile(file, configuration(port));
    // Prometheus 2 knows no field for it, but a feature.
    const oursFile = join(directory, "ours.yml");
    const text = configuration(port);
    await writeFile(
      oursFile,
      text.replace("global: {", "global: {scrape_native_histograms: true, "),
    );
    await Promise.all([runOurs(oursFile), runTheirs(file)]);
  });

  afterAll(async () => {
    prometheus?.kill();
    server.closeAllConnections();
    server.close();
    await rm(directory, { recursive: true, force: true });
  });

  function configuration(port: number): string {
    const sections = [
      ...corpora.map((name) => [
        name,
        // Times of long ago are not found by asking for now.
        `metrics_path: /${name}${/^om_(time|exemplarAfterTime)|^protobuf$/.test(name) ? "\n  honor_timestamps: false" : ""}`,
      ]),
      ...Object.entries(jobs),
    ].map(([name, lines = ""]) => {
      const targets = lines.includes("static_configs")
        ? ""
        : "\n  static_configs: [{targets: [HOST]}]";
      return `- job_name: ${name}\n  ${lines}${targets}\n`;
    });
    return `global: {scrape_interval: 1s}\nscrape_configs:\n${sections.join("")}`
      .replaceAll("HOST", `'127.0.0.1:${port}'`)
      .replaceAll("PORT", String(port));
  }

  async function runOurs(file: string): Promise<void> {
    const config = await loadPrometheusConfig(file);
    let target: ((batch: SampleBatch) => void) | undefined;
    const waiting = new Set<string>();
    const done = new Promise<void>((resolve) => {
      target = (batch) => {
        collect(batch);
        if (waiting.size === 0) resolve();
      };
    });
    const collect = (batch: SampleBatch) => {
      // The report series stand last and carry the target's own labels.
      const { job = "", instance = "" } = batch.series.at(-1) ?? {};
      waiting.delete(`${job} ${instance}`);
      batch.seriesOf.forEach((series, i) => {
        if (isStale(batch.values, i)) return;
        const value = batch.values[i] ?? 0;
        const labels = batch.series[series] ?? {};
        const histogram = batch.histograms?.find(({ sample }) => sample === i)?.histogram;
        if (histogram !== undefined) {
          const { negative, zeroCount, positive, count, sum } = histogram;
          const counts = [...negative.counts.toReversed(), zeroCount, ...positive.counts];
          return note(ours, labels, shown(count, sum, counts));
        }
        note(ours, labels, Object.is(value, -0) ? "-0" : String(value));
      });
    };
    // A clock that stands still lets nothing time out, however slow the machine is.
    const clock = new ManualClock(Date.now());
    const scraper = createScraper({
      samples: {
        async write(batch) {
          target?.(batch);
        },
        describe() {},
      },
      clock,
      log: pino({ level: "silent" }),
      announce() {},
      metrics: createSelfMetrics("test"),
      seed: "test",
    });
    await scraper.apply(config);
    for (const { labels } of scraper.targets().active) {
      waiting.add(`${labels["job"]} ${labels["instance"]}`);
    }
    scraper.start();
    clock.advance(1000);
    await done;
    await scraper.stop();
  }

  async function runTheirs(file: string): Promise<void> {
    const port = await freePort();
    prometheus = spawn(
      "prometheus",
      [
        `--config.file=${file}`,
        `--storage.tsdb.path=${join(directory, "data")}`,
        `--web.listen-address=127.0.0.1:${port}`,
        "--log.level=error",
        "--enable-feature=native-histograms",
      ],
      { stdio: "ignore" },
    );
    const get = async (path: string) => {
      const response = await fetch(`http://127.0.0.1:${port}/api/v1/${path}`);
      return ((await response.json()) as { data: unknown }).data;
    };
    for (;;) {
      const data = await get("targets").catch(() => undefined);
      const { activeTargets = [] } = (data ?? {}) as { activeTargets?: { health: string }[] };
      const all = activeTargets.length > 0;
      if (all && activeTargets.every(({ health }) => health !== "unknown")) break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const query = new URLSearchParams({ query: '{__name__=~".+"}' });
    const { result } = (await get(`query?${query}`)) as {
      result: {
        metric: Labels;
        value: [number, string];
        histogram?: [
          number,
          { count: string; sum: string; buckets: [number, string, string, string][] },
        ];
      }[];
    };
    for (const { metric, value, histogram } of result) {
      if (histogram !== undefined) {
        const { count, sum, buckets } = histogram[1];
        const counts = buckets.map((bucket) => Number(bucket[3]));
        note(theirs, metric, shown(Number(count), Number(sum), counts));
        continue;
      }
      const number = Number(value[1].replace("Inf", "Infinity"));
      note(theirs, metric, Object.is(number, -0) ? "-0" : String(number));
    }
  }

  it.each(names)("%s", (name) => {
    const job = name === "relabelled" ? "relabelling" : name;
    expect(theirs.has(job) || name === "droppedTarget").toBe(true);
    if (EXCEPTIONS.has(name)) expect(ours.get(job)).not.toEqual(theirs.get(job));
    else expect(ours.get(job)).toEqual(theirs.get(job));
  });
});
