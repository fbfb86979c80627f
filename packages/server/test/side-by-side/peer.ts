import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { compress } from "snappy";
import { sortedNames } from "../../src/model/index.ts";
import type { SampleBatch } from "../../src/model/index.ts";
import { ProtoWriter } from "../../src/show/proto-writer.ts";
import { writeHistogram } from "../../src/show/prometheus/remote-read/response.ts";
import { freePort } from "../free-port.ts";

/** A real Prometheus that takes remote writes. */
export interface Peer {
  readonly url: string;
  write(batch: SampleBatch): Promise<void>;
  /** The answer of one of its API's paths, parsed. */
  ask(path: string, parameters: Readonly<Record<string, string>>): Promise<unknown>;
  stop(): Promise<void>;
}

/** Its version, undefined where none is installed. */
export function peerVersion(): string | undefined {
  const { status, stdout, stderr } = spawnSync("prometheus", ["--version"], { encoding: "utf8" });
  return status === 0 ? /version (\S+)/.exec(stdout + stderr)?.[1] : undefined;
}

/** Starts a Prometheus in a folder of its own. `config`: its prometheus.yml. */
export async function startPeer(config = ""): Promise<Peer> {
  const folder = await mkdtemp(join(tmpdir(), "seaworthy-peer-"));
  const file = join(folder, "prometheus.yml");
  await writeFile(file, config);
  const port = await freePort();
  const child = spawn(
    "prometheus",
    [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--web.enable-remote-write-receiver",
      "--enable-feature=native-histograms,promql-negative-offset,promql-at-modifier",
    ],
    { stdio: "ignore" },
  );
  const exited = once(child, "exit");
  const url = `http://127.0.0.1:${port}`;
  for (;;) {
    const ready = await fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (ready) break;
    if (child.exitCode !== null) throw new Error("Prometheus ended before it was ready");
    await delay(50);
  }
  return {
    url,
    async write(batch) {
      const answer = await fetch(`${url}/api/v1/write`, {
        method: "POST",
        headers: { "content-encoding": "snappy", "content-type": "application/x-protobuf" },
        body: new Uint8Array(await compress(encode(batch))),
      });
      if (!answer.ok) throw new Error(`Prometheus refused samples: ${await answer.text()}`);
    },
    async ask(path, parameters) {
      const answer = await fetch(`${url}/api/v1/${path}`, {
        method: "POST",
        body: new URLSearchParams(parameters),
      });
      return answer.json();
    },
    async stop() {
      child.kill();
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The batch as the message prometheus.WriteRequest. */
function encode({ series, seriesOf, times, values, histograms = [] }: SampleBatch): Buffer {
  const histogramOf = new Map(histograms.map(({ sample, histogram }) => [sample, histogram]));
  const samplesOf = new Map<number, number[]>();
  seriesOf.forEach((index, sample) => {
    const known = samplesOf.get(index);
    if (known === undefined) samplesOf.set(index, [sample]);
    else known.push(sample);
  });
  const writer = new ProtoWriter();
  for (const [index, samples] of samplesOf) {
    const labels = series[index] ?? {};
    writer.message(1, () => {
      for (const name of sortedNames(labels)) {
        writer.message(1, () => {
          writer.text(1, name);
          writer.text(2, labels[name] ?? "");
        });
      }
      for (const sample of samples) {
        const histogram = histogramOf.get(sample);
        const time = times[sample] ?? 0;
        if (histogram !== undefined) {
          writer.message(4, () => writeHistogram(writer, histogram, time));
          continue;
        }
        writer.message(2, () => {
          writer.doubleAt(1, values, sample);
          writer.int64(2, time);
        });
      }
    });
  }
  return Buffer.from(writer.finish());
}
