import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { startDnsServer } from "../../../../test/dns-server.ts";
import type { DnsAnswer } from "../../../../test/dns-server.ts";
import {
  content,
  directory,
  rig,
  rows,
  serve,
  texts,
  useScrapeRig,
} from "../../../../test/scrape-rig.ts";
import type { Handler } from "../../../../test/scrape-rig.ts";
import type { Scraper } from "../../index.ts";
import { candidates, parseResolvConf } from "./dns.ts";

useScrapeRig();

/** Waits as long as it takes: by itself, the wait ends after a second. */
function until<T>(reached: () => T | Promise<T>) {
  return vi.waitUntil(reached, { timeout: 60_000, interval: 5 });
}

const addresses = (scraper: Scraper) =>
  scraper.targets().active.map(({ labels }) => labels["instance"]);

describe("targets from a server", () => {
  /** A server of target groups whose answer can be changed. */
  async function groupsServer(first: unknown) {
    const now = { answer: first, status: 200, type: "application/json", headers: {} };
    const handler: Handler = (request, response) => {
      now.headers = request.headers;
      response.writeHead(now.status, { "content-type": now.type });
      response.end(typeof now.answer === "string" ? now.answer : JSON.stringify(now.answer));
    };
    const address = await serve(handler);
    return { now, url: `http://${address}/groups?a=b` };
  }

  const sd = (url: string, more = "") =>
    `- {job_name: shop, http_sd_configs: [{url: '${url}', refresh_interval: 10s${more}}]}\n`;

  it("come and go without a scrape lost of those that stay", async () => {
    const stays = await serve(texts("a 1\n"));
    const goes = await serve(texts("b 1\n"));
    const { now, url } = await groupsServer([
      { targets: [stays], labels: { team: "x", __meta_rack: "7" } },
      { targets: [goes], labels: null },
    ]);
    const { scraper, clock, sink } = await rig(sd(url, ", bearer_token: t0ken"));
    expect(now.headers).toMatchObject({
      accept: "application/json",
      authorization: "Bearer t0ken",
      "x-prometheus-refresh-interval-seconds": "10",
    });
    expect(scraper.targets().active[0]).toMatchObject({
      labels: { job: "shop", instance: stays, team: "x" },
      discoveredLabels: { __meta_url: url, __meta_rack: "7" },
    });
    for (let second = 0; second < 5; second += 1) {
      clock.advance(1000);
      await until(() => sink.batches.length === 2 * (second + 1));
    }
    now.answer = [{ targets: [stays], labels: { team: "x" } }];
    for (let second = 5; second < 10; second += 1) {
      clock.advance(1000);
      await until(() => sink.batches.length >= 2 * (second + 1));
    }
    await until(() => addresses(scraper).length === 1);
    const ended = await until(() =>
      sink.batches.find((batch) => rows(batch).every(({ value }) => value === "stale")),
    );
    expect(content(ended)).toEqual([["b", "stale"]]);
    clock.advance(1000);
    await until(() => timesOf("a").length === 11);
    const times = timesOf("a");
    expect(new Set(times.map((time, i) => time - (times[0] ?? 0) - 1000 * i))).toEqual(
      new Set([0]),
    );

    function timesOf(metric: string): number[] {
      return sink.batches.flatMap((batch) =>
        rows(batch)
          .filter(({ name }) => name === metric)
          .map(({ time }) => time),
      );
    }
  });

  it("stay while the server answers anything but groups", async () => {
    const { now, url } = await groupsServer([{ targets: ["a:1"] }]);
    const { scraper, clock, counted } = await rig(sd(url));
    const failures = async () =>
      (await counted("seaworthy_discoveries_total")).find(
        ({ labels }) => labels["outcome"] === "failed",
      )?.value ?? 0;
    const bad: Partial<typeof now>[] = [
      { status: 503 },
      { type: "text/html" },
      { answer: "[{" },
      { answer: { targets: [] } },
      { answer: [null] },
      { answer: [{ targets: ["b:1"], lables: {} }] },
      { answer: [{ targets: [7] }] },
      { answer: [{ targets: ["b:1"], labels: { "": "x" } }] },
    ];
    for (const [i, change] of bad.entries()) {
      const before = { ...now };
      Object.assign(now, change);
      clock.advance(10_000);
      await until(async () => (await failures()) === i + 1);
      expect(addresses(scraper)).toEqual(["a:1"]);
      Object.assign(now, before);
    }
    now.answer = [{ targets: ["c:1"] }];
    now.type = 'Application/JSON; charset="utf-8"';
    clock.advance(10_000);
    await until(() => addresses(scraper)[0] === "c:1");
  });

  it("stay over a reload while the server is away", async () => {
    const { now, url } = await groupsServer([{ targets: ["a:1"] }]);
    const { scraper, load } = await rig(sd(url));
    now.status = 500;
    await load(sd(url, ", follow_redirects: false"));
    expect(addresses(scraper)).toEqual(["a:1"]);
    await load(sd(`${url}2`));
    expect(addresses(scraper)).toEqual([]);
  });

  it("keep no other job waiting when the server does not answer", async () => {
    const silent = await serve(() => undefined);
    const held = rig(
      `${sd(`http://${silent}/`)}- {job_name: b, static_configs: [{targets: [b]}]}\n`,
      {
        // Waits for a first look are over at once.
        clock: {
          now: () => 0,
          after: (_ms, run) => ({ cancel: clearImmediate.bind(null, setImmediate(run)) }),
        },
      },
    );
    expect(addresses((await held).scraper)).toEqual(["b"]);
  });
});

it("takes files that are replaced at once, of JSON and YAML", async () => {
  const file = join(directory, "replaced.json");
  await writeFile(file, '[{"targets": ["a:1"], "labels": {"x": "1"}}]');
  const { scraper, clock } = await rig(
    "- {job_name: shop, file_sd_configs: [{files: ['replaced.*'], refresh_interval: 30s}]}\n".replace(
      "replaced.*",
      "replaced*.json",
    ),
  );
  expect(addresses(scraper)).toEqual(["a:1"]);
  for (const [text, expected] of [
    ['[{"targets": ["b:1", "c:1"]}]', ["b:1", "c:1"]],
    // YAML, but not JSON.
    ["- targets: [d:1]", ["b:1", "c:1"]],
    ['[{"targets": ["e:1"], "labels": {"x": 1}}]', ["b:1", "c:1"]],
    ['[{"targets": ["f:1"]}]', ["f:1"]],
  ] as const) {
    const looks = clock.now();
    await writeFile(`${file}.new`, text);
    await rename(`${file}.new`, file);
    clock.advance(30_000);
    await until(() => JSON.stringify(addresses(scraper)) === JSON.stringify(expected));
    expect(clock.now()).toBeGreaterThan(looks);
  }
});

describe("targets in DNS", () => {
  const zone = new Map<string, DnsAnswer>();
  let server: Awaited<ReturnType<typeof startDnsServer>>;
  beforeAll(async () => {
    server = await startDnsServer((name, type) => zone.get(`${name} ${type}`) ?? 3);
  });
  afterAll(() => server.close());

  const sd = (fields: string) =>
    `- {job_name: shop, dns_sd_configs: [{refresh_interval: 10s, ${fields}}]}\n`;

  it("are read from records of every type", async () => {
    zone.set("_m._tcp.test SRV", [
      { type: "SRV", value: "one.test", port: 81 },
      { type: "SRV", value: "two.test", port: 82 },
    ]);
    zone.set("web.test A", [
      { type: "CNAME", value: "real.test" },
      { type: "A", value: "10.0.0.1", of: "real.test" },
    ]);
    zone.set("web.test AAAA", [{ type: "AAAA", value: "20010db8000000000000000000000001" }]);
    zone.set("web.test MX", [{ type: "MX", value: "mail.test" }]);
    zone.set("web.test NS", [{ type: "NS", value: "ns.test" }]);
    const types = ["A", "aaaa", "MX", "NS"]
      .map((type) => `{names: [web.test.], type: ${type}, port: 80}`)
      .join(", ");
    const { scraper } = await rig(
      `- {job_name: shop, dns_sd_configs: [{names: [_m._tcp.test.]}, ${types}]}\n`,
      { dnsServers: [server.address] },
    );
    expect(
      scraper
        .targets()
        .active.map(({ discoveredLabels }) =>
          Object.fromEntries(
            Object.entries(discoveredLabels).filter(([name]) => /^__(meta|address)/.test(name)),
          ),
        ),
    ).toEqual([
      {
        __address__: "one.test:81",
        __meta_dns_name: "_m._tcp.test.",
        __meta_dns_srv_record_target: "one.test.",
        __meta_dns_srv_record_port: "81",
      },
      {
        __address__: "two.test:82",
        __meta_dns_name: "_m._tcp.test.",
        __meta_dns_srv_record_target: "two.test.",
        __meta_dns_srv_record_port: "82",
      },
      { __address__: "10.0.0.1:80", __meta_dns_name: "web.test." },
      { __address__: "[2001:db8::1]:80", __meta_dns_name: "web.test." },
      {
        __address__: "mail.test:80",
        __meta_dns_name: "web.test.",
        __meta_dns_mx_record_target: "mail.test.",
      },
      {
        __address__: "ns.test:80",
        __meta_dns_name: "web.test.",
        __meta_dns_ns_record_target: "ns.test.",
      },
    ]);
  });

  it("go when a name goes, and stay while it cannot be asked", async () => {
    zone.set("x.test A", [{ type: "A", value: "10.0.0.1" }]);
    zone.set("y.test A", [{ type: "A", value: "10.0.0.2" }]);
    const { scraper, clock } = await rig(sd("names: [x.test., y.test.], type: A, port: 80"), {
      dnsServers: [server.address],
    });
    expect(addresses(scraper)).toEqual(["10.0.0.1:80", "10.0.0.2:80"]);
    zone.set("x.test A", 2);
    zone.set("y.test A", [{ type: "A", value: "10.0.0.3" }]);
    clock.advance(10_000);
    await until(() => addresses(scraper).includes("10.0.0.3:80"));
    expect(addresses(scraper)).toEqual(["10.0.0.1:80", "10.0.0.3:80"]);
    zone.delete("x.test A");
    zone.set("y.test A", []);
    clock.advance(10_000);
    await until(() => addresses(scraper).length === 0);
  });

  it("are looked for along the system's search path", () => {
    const path = parseResolvConf(
      "# x\nnameserver 10.0.0.1\ndomain old.test\nsearch a.test  b.test ; c\noptions rotate ndots:2\n",
    );
    expect(path).toEqual({ domains: ["a.test", "b.test"], dots: 2 });
    expect(candidates("x.y", path)).toEqual(["x.y.a.test", "x.y.b.test", "x.y"]);
    expect(candidates("x.y.z", path)).toEqual(["x.y.z", "x.y.z.a.test", "x.y.z.b.test"]);
    expect(candidates("x.", path)).toEqual(["x."]);
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parseResolvConf(`options ${text}\n${text}`).dots).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
