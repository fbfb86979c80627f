// The two programs that benchmarks write samples to: Seaworthy as it was built, and a real Prometheus, each
// with a folder and a port of its own, ready when the promise resolves.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePort } from "./free-port.mjs";

const server = fileURLToPath(new URL("../packages/server/dist/main.js", import.meta.url));

const NOBODY = "route: {receiver: none}\nreceivers: [{name: none}]\n";

/**
 * `settings` is what else stands in seaworthy.yml, `alertmanager` its alertmanager.yml, `flags` are Node's,
 * `data` the folder of its data where that is not one of its own.
 */
export async function startSeaworthy(
  folder,
  { token, settings = "", alertmanager = NOBODY, flags = [], data = join(folder, "data") },
) {
  const port = await freePort();
  await mkdir(folder);
  await writeFile(join(folder, "prometheus.yml"), "global: {scrape_interval: 1h}\n");
  await writeFile(join(folder, "alertmanager.yml"), alertmanager);
  await writeFile(join(folder, "seaworthy.yml"), `http: {port: ${port}}\n${settings}`);
  const child = spawn(
    process.execPath,
    [...flags, server, "--config", join(folder, "seaworthy.yml"), "--data", data],
    {
      stdio: ["ignore", "ignore", "inherit"],
      env: {
        ...process.env,
        UV_THREADPOOL_SIZE: "16",
        SEAWORTHY_TOKEN: token,
        SEAWORTHY_LOG_LEVEL: "error",
      },
    },
  );
  return whenReady(child, `http://127.0.0.1:${port}`, "/health/ready");
}

export async function startPrometheus(folder) {
  const port = await freePort();
  await mkdir(folder);
  await writeFile(join(folder, "prometheus.yml"), "{}\n");
  const child = spawn(
    "prometheus",
    [
      `--config.file=${join(folder, "prometheus.yml")}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--web.enable-remote-write-receiver",
      "--log.level=error",
    ],
    { stdio: "ignore" },
  );
  return whenReady(child, `http://127.0.0.1:${port}`, "/-/ready");
}

async function whenReady(child, url, path) {
  for (;;) {
    const status = await fetch(url + path).then(
      (answer) => answer.status,
      () => 0,
    );
    if (status === 200) return { child, url };
    await delay(50);
  }
}

/** What a process holds in memory, bytes. */
export function memoryOf(pid) {
  const kib = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kib) * 1024;
}
