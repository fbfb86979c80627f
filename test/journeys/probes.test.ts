import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo, Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createEngine } from "@seaworthy/promql";
import { pino } from "pino";
import { afterAll, beforeAll, expect, it } from "vitest";
import { BOOTSTRAP, testServer } from "../../packages/server/test/http.ts";
import type { TestServer } from "../../packages/server/test/http.ts";
import { ManualClock } from "../../packages/server/test/manual-clock.ts";
import { testRecords } from "../../packages/server/test/records.ts";
import { RulesRig } from "../../packages/server/test/rules-rig.ts";
import { loadRuleGroups, promqlRules } from "../../packages/server/src/evaluate/index.ts";
import { systemClock } from "../../packages/server/src/model/index.ts";
import { createMetricsQuery } from "../../packages/server/src/query/index.ts";
import {
  createProber,
  createScraper,
  loadProbeModules,
  loadPrometheusConfig,
} from "../../packages/server/src/receive/index.ts";
import { createSelfMetrics } from "../../packages/server/src/self/index.ts";
import { probeRoutes } from "../../packages/server/src/show/index.ts";
import { openTelemetry } from "../../packages/server/src/store/index.ts";

/*
 * Real probes by a prometheus.yml as blackbox_exporter's users have it, into the real store, under the
 * shipped rules: a site that goes down, and certificates that end soon. An hour of it, by two clocks.
 */
const STEP = 60_000;
const content = fileURLToPath(new URL("../../content", import.meta.url));
const log = pino({ level: "silent" });
const closers: (() => unknown)[] = [];
let dir: string;
let server: TestServer;
let sites: { up: string; down: string; soon: string; now: string };
let goDown: () => void;
let settle: () => Promise<void>;
let rig: RulesRig;

async function serve(one: Server): Promise<string> {
  one.listen(0, "127.0.0.1");
  await once(one, "listening");
  closers.push(() => one.close());
  return `127.0.0.1:${(one.address() as AddressInfo).port}`;
}

async function certified(days: number): Promise<string> {
  const words = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days ${days} -subj /CN=shop.test -keyout ${days}.key -out ${days}.crt`;
  execFileSync("openssl", words.split(" "), { cwd: dir, stdio: "ignore" });
  const [key, cert] = await Promise.all(
    ["key", "crt"].map((kind) => readFile(join(dir, `${days}.${kind}`))),
  );
  const tls = { ...(key && { key }), ...(cert && { cert }) };
  return `https://${await serve(createHttpsServer(tls, (_request, response) => response.end()))}/`;
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "sw-probes-"));
  const shop = createServer((_request, response) => response.end("open"));
  const failing = createServer((_request, response) => response.writeHead(status).end());
  let status = 200;
  goDown = () => (status = 503);
  sites = {
    up: `http://${await serve(shop)}/`,
    down: `http://${await serve(failing)}/`,
    soon: await certified(10),
    now: await certified(2),
  };
  const file = join(dir, "prometheus.yml");
  await writeFile(
    file,
    `scrape_configs:
  - job_name: blackbox
    scrape_interval: 1m
    scrape_timeout: 1m # A step of the clock never passes it.
    metrics_path: /probe
    params: {module: [any]}
    static_configs: [{targets: ${JSON.stringify(Object.values(sites))}}]
    relabel_configs:
      - {source_labels: [__address__], target_label: __param_target}
      - {source_labels: [__param_target], target_label: instance}
      - {target_label: __address__, replacement: "blackbox:9115"}
`,
  );
  await writeFile(
    join(dir, "blackbox.yml"),
    "modules: {any: {prober: http, http: {tls_config: {insecure_skip_verify: true}}}}\n",
  );

  const telemetry = await openTelemetry({ dir: join(dir, "store"), log });
  closers.push(() => telemetry.close());
  const start = Date.now() - 3_600_000;
  const prober = createProber({ clock: systemClock, log, addresses: ["blackbox:9115"] });
  prober.apply(await loadProbeModules(join(dir, "blackbox.yml")));
  let wanted = 0;
  let done: (() => void) | undefined;
  const clock = new ManualClock(start);
  const scraper = createScraper({
    samples: {
      write: async (batch) => {
        await telemetry.samples.write(batch);
        wanted -= 1;
        if (wanted === 0) done?.();
      },
      describe: (metadata) => telemetry.samples.describe(metadata),
    },
    clock,
    log,
    announce() {},
    metrics: createSelfMetrics("test"),
    seed: "test",
    prober,
  });
  closers.push(() => scraper.stop());
  await scraper.apply(await loadPrometheusConfig(file));
  scraper.start();

  const records = await testRecords();
  closers.push(() => records.close());
  const engine = createEngine();
  const { groups } = await loadRuleGroups(
    [join(content, "rules/probes.yml")],
    content,
    { interval: STEP },
    promqlRules((query) => engine.parse(query)),
  );
  // A step ahead of the scrapes, so that an evaluation sees the last of them.
  rig = new RulesRig(records, start + STEP, { metrics: createMetricsQuery({ telemetry }) });
  await rig.rules.apply(groups);
  await rig.rules.start();
  closers.push(() => rig.rules.stop());
  settle = async () => {
    const written = new Promise<void>((resolve) => (done = resolve));
    wanted = Object.keys(sites).length;
    clock.advance(STEP);
    await written;
    // The loops plan their next scrape once the write has ended.
    await new Promise(setImmediate);
    await rig.pass(STEP);
  };
  server = await testServer({ routes: [probeRoutes({ prober, scraper, targets: [sites.up] })] });
  closers.push(() => server.close());
}, 60_000);

afterAll(async () => {
  for (const close of closers.toReversed()) await close();
  await rm(dir, { recursive: true, force: true });
});

/** The alerts that have fired by now, each as `name of site`. */
function fired(): Set<string> {
  const nameOf = (url: string | undefined) =>
    Object.entries(sites).find(([, site]) => site === url)?.[0];
  return new Set(
    rig
      .takeAccepted()
      .map(({ labels }) => `${labels["alertname"]} of ${nameOf(labels["instance"])}`),
  );
}

it("pages about a site that failed two probes, and about certificates, and about nothing else", async () => {
  await settle();
  await settle();
  expect(fired()).toEqual(new Set());
  goDown();
  await settle();
  expect(fired()).toEqual(new Set());
  await settle();
  expect(fired()).toEqual(new Set(["ProbeFailed of down"]));
  const all = new Set<string>();
  for (let minute = 0; minute <= 62; minute += 1) {
    await settle();
    for (const alert of fired()) all.add(alert);
  }
  expect(all).toEqual(
    new Set(["ProbeFailed of down", "CertificateExpires of now", "CertificateExpiresSoon of soon"]),
  );
}, 60_000);

it("probes for others what the configuration names, and nothing else", async () => {
  const probe = async (query: string, token = BOOTSTRAP) => {
    const url = `${server.url}/probe?${query}`;
    const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
    return [answer.status, await answer.text()] as const;
  };
  const known = encodeURIComponent(sites.up);
  const [status, text] = await probe(`module=any&target=${known}`, await server.token("read"));
  expect([status, text]).toEqual([200, expect.stringContaining("\nprobe_success 1\n")]);
  expect((await probe(`module=other&target=${known}`))[1]).toContain('no module \\"other\\"');
  const inside = encodeURIComponent("http://169.254.169.254/latest/meta-data/");
  expect((await probe(`module=any&target=${inside}`))[0]).toBe(403);
  expect((await probe(`module=any&target=${known}&hostname=other`))[0]).toBe(403);
  const configured = encodeURIComponent(sites.now);
  expect((await probe(`module=any&target=${configured}`))[0]).toBe(200);
  expect((await probe(`module=other&target=${configured}`))[0]).toBe(403);
  expect((await probe(`module=any&target=${known}`, "nobody"))[0]).toBe(401);
  expect((await probe(`module=any&target=${known}`, await server.token("ingest")))[0]).toBe(403);
});
