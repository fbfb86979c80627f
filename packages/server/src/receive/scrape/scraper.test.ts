import { writeFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { SamplesRefused } from "../../model/index.ts";
import { protobufExposition } from "../../../test/protobuf-exposition.ts";
import {
  content,
  directory,
  job,
  reported,
  rig,
  rows,
  serve,
  START,
  texts,
  useScrapeRig,
} from "../../../test/scrape-rig.ts";
import type { Handler } from "../../../test/scrape-rig.ts";

useScrapeRig();

describe("a scrape", () => {
  it("brings samples with the target's labels, and a report", async () => {
    const address = await serve(
      texts('# HELP a Help.\n# TYPE a counter\na{x="1"} 5\nb 2.5\nc 7 1699999999000\n'),
    );
    const { scrape, sink, scraper } = await rig(job(address));
    const batch = await scrape();
    const labels = { job: "shop", instance: address };
    const found = rows(batch);
    const time = found[0]?.time ?? 0;
    expect(time).toBeGreaterThan(START);
    expect(found).toEqual([
      { name: "a", labels: { ...labels, x: "1" }, value: 5, time },
      { name: "b", labels, value: 2.5, time },
      { name: "c", labels, value: 7, time: 1_699_999_999_000 },
      { name: "up", labels, value: 1, time },
      { name: "scrape_duration_seconds", labels, value: expect.any(Number), time },
      { name: "scrape_samples_scraped", labels, value: 3, time },
      { name: "scrape_samples_post_metric_relabeling", labels, value: 3, time },
      { name: "scrape_series_added", labels, value: 3, time },
    ]);
    expect(sink.metadata).toEqual([{ metric: "a", type: "counter", help: "Help.", unit: "" }]);
    expect(scraper.targets().active).toMatchObject([
      {
        discoveredLabels: {
          __address__: address,
          __metrics_path__: "/metrics",
          __scheme__: "http",
          __scrape_interval__: "1s",
          __scrape_timeout__: "1s",
          job: "shop",
        },
        labels,
        job: "shop",
        url: `http://${address}/metrics`,
        lastError: "",
        health: "up",
        lastScrape: time,
        lastScrapeDuration: expect.any(Number),
        interval: 1000,
        timeout: 1000,
      },
    ]);
  });

  it("brings exemplars, each once, and what the metrics are", async () => {
    const bodies = [
      'm_total 1 # {trace_id="a"} 0.5\n',
      'm_total 2 # {trace_id="a"} 0.5\n',
      'm_total 3 # {trace_id="b"} 0.5 1700000000.25\n',
      `m_total 4 # {trace_id="${"x".repeat(129)}"} 0.5\n`,
    ];
    let i = 0;
    const address = await serve((_request, response) => {
      response.setHeader("content-type", "application/openmetrics-text; version=1.0.0");
      response.end(`# TYPE m_seconds gauge\n# UNIT m_seconds seconds\n${bodies[i] ?? ""}# EOF\n`);
      i += 1;
    });
    const { scrape, sink, counted } = await rig(job(address));
    const found = [];
    for (let round = 0; round < 4; round += 1) {
      const batch = await scrape();
      for (const exemplar of batch.exemplars ?? []) {
        const { series, ...rest } = exemplar;
        expect(batch.series[series]?.["__name__"]).toBe("m_total");
        found.push({ ...rest, time: rest.time - (batch.times[0] ?? 0) });
      }
    }
    const second = 1_700_000_000_250 - (sink.batches[2]?.times[0] ?? 0);
    expect(found).toEqual([
      { time: 0, value: 0.5, labels: { trace_id: "a" } },
      { time: second, value: 0.5, labels: { trace_id: "b" } },
    ]);
    expect(sink.metadata).toEqual([
      { metric: "m_seconds", type: "gauge", help: "", unit: "seconds" },
    ]);
    expect(await counted("seaworthy_dropped_total")).toMatchObject([
      { labels: { subject: "exemplars", reason: "invalid" }, value: 1 },
    ]);
  });

  it("keeps native histograms within the job's limit of buckets, or fails", async () => {
    const address = await serve((_request, response) => {
      response.setHeader("content-type", "application/vnd.google.protobuf; encoding=delimited");
      response.end(protobufExposition);
    });
    const native = ", scrape_native_histograms: true, native_histogram_bucket_limit: ";
    const { scrape, load, scraper } = await rig(job(address, `${native}4`));
    expect((await scrape()).histograms?.[0]?.histogram).toMatchObject({ schema: 0, count: 12 });
    await load(job(address, `${native}5, native_histogram_min_bucket_factor: 3`));
    expect((await scrape()).histograms?.[0]?.histogram.schema).toBe(-1);
    await load(job(address, `${native}1`));
    expect(reported(await scrape(), "up")).toBe(0);
    expect(scraper.targets().active[0]?.lastError).toMatch(
      /native_histogram_bucket_limit exceeded/,
    );
  });

  it("counts what the store refused, and does not send it again", async () => {
    const { scrape, sink, counted } = await rig(job(await serve(texts("a 1\n", "a 2\n"))));
    sink.fail = new SamplesRefused("too many", new Map([["series_limit", 1]]));
    await scrape();
    expect(await counted("seaworthy_dropped_total")).toMatchObject([
      { labels: { subject: "samples", reason: "over_limit" }, value: 1 },
    ]);
    sink.fail = undefined;
    expect(content(await scrape())).toEqual([["a", 2]]);
  });

  it("comes at even times, which are the same after a restart", async () => {
    const address = await serve(texts("a 1\n"));
    const times: number[][] = [];
    for (let run = 0; run < 2; run += 1) {
      const { scrape } = await rig(job(address));
      const seen: number[] = [];
      for (let i = 0; i < 3; i += 1) seen.push(rows(await scrape())[0]?.time ?? 0);
      times.push(seen);
    }
    const [first = 0] = times[0] ?? [];
    expect(times[0]).toEqual([first, first + 1000, first + 2000]);
    expect(times[1]).toEqual(times[0]);
  });

  it("counts as added only what the scrape before did not have", async () => {
    const { scrape } = await rig(job(await serve(texts("a 1\nb 1\n", "a 2\nc 1\n", "a 2\nb 1\n"))));
    const added = [];
    for (let i = 0; i < 3; i += 1) added.push(reported(await scrape(), "scrape_series_added"));
    expect(added).toEqual([2, 1, 1]);
  });

  it("marks what vanished, once", async () => {
    const { scrape } = await rig(job(await serve(texts("a 1\nb 1\n", "a 2\n"))));
    expect(content(await scrape())).toEqual([
      ["a", 1],
      ["b", 1],
    ]);
    expect(content(await scrape())).toEqual([
      ["a", 2],
      ["b", "stale"],
    ]);
    expect(content(await scrape())).toEqual([["a", 2]]);
  });

  it("gives series with times of their own no markers, unless asked", async () => {
    const bodies = () => texts("a 1 1699999999000\n", "\n");
    const plain = await rig(job(await serve(bodies())));
    await plain.scrape();
    expect(content(await plain.scrape())).toEqual([]);
    const tracked = await rig(job(await serve(bodies()), ", track_timestamps_staleness: true"));
    await tracked.scrape();
    expect(content(await tracked.scrape())).toEqual([["a", "stale"]]);
  });

  it("does not write a sample again whose time stands still, and no older one", async () => {
    const times = ["5000", "5000", "6000", "5500"].map((time) => `a 1 ${time}\n`);
    const { scrape, counted } = await rig(job(await serve(texts(...times))));
    const written = [];
    for (let i = 0; i < 4; i += 1) written.push(content(await scrape()).length);
    expect(written).toEqual([1, 0, 1, 0]);
    expect(await counted("seaworthy_dropped_total")).toMatchObject([
      { labels: { subject: "samples", reason: "out_of_order" }, value: 1 },
    ]);
  });

  it("ignores times when told so, and keeps the first of two samples", async () => {
    const { scrape, counted } = await rig(
      job(await serve(texts("a 1 5\na 2 6\n")), ", honor_timestamps: false"),
    );
    const batch = await scrape();
    expect(content(batch)).toEqual([["a", 1]]);
    expect(rows(batch)[0]?.time).toBeGreaterThan(START);
    expect(await counted("seaworthy_dropped_total")).toMatchObject([
      { labels: { reason: "duplicate_sample" }, value: 1 },
    ]);
  });

  it("renames labels that clash, or honours them", async () => {
    const body = 'a{job="x",exported_job="y"} 1\nb{instance=""} 1\n';
    const address = await serve(texts(body));
    const renamed = rows(await (await rig(job(address))).scrape());
    expect(renamed[0]?.labels).toEqual({
      job: "shop",
      instance: address,
      exported_job: "y",
      exported_exported_job: "x",
    });
    expect(renamed[1]?.labels).toEqual({ job: "shop", instance: address });
    const honoured = rows(await (await rig(job(address, ", honor_labels: true"))).scrape());
    expect(honoured[0]?.labels).toEqual({ job: "x", exported_job: "y", instance: address });
    expect(honoured[1]?.labels).toEqual({ job: "shop" });
  });

  it("relabels metrics and counts what is left", async () => {
    const rules =
      ", metric_relabel_configs: [{source_labels: [__name__], regex: drop_.*, action: drop}, {source_labels: [path], target_label: path, regex: '/user/.*', replacement: '/user/:id'}]";
    const body = 'drop_me 1\nkept{path="/user/7"} 1\n';
    const batch = await (await rig(job(await serve(texts(body)), rules))).scrape();
    expect(content(batch)).toEqual([["kept", 1]]);
    expect(rows(batch)[0]?.labels["path"]).toBe("/user/:id");
    expect(reported(batch, "scrape_samples_scraped")).toBe(2);
    expect(reported(batch, "scrape_samples_post_metric_relabeling")).toBe(1);
  });
});

describe("a failing scrape", () => {
  const failures: [what: string, handler: Handler, more: string, reason: RegExp][] = [
    [
      "a status other than 200",
      (_request, response) => response.writeHead(503).end("a 1\n"),
      "",
      /^the server answered HTTP status 503 Service Unavailable$/,
    ],
    [
      "a malformed body",
      texts("a 1\nb one\n"),
      "",
      /^line 2, byte 3: expected a number in "b one"$/,
    ],
    [
      "a broken connection",
      (request) => request.socket.destroy(),
      "",
      /other side closed|ECONNRESET/,
    ],
    [
      "a connection that breaks in the body",
      (_request, response) => {
        response.writeHead(200, { "content-length": "1000" });
        response.write("a 1\n", () => response.destroy());
      },
      "",
      /terminated|other side closed|aborted/,
    ],
    ["sample_limit", texts("a 1\nb 1\nc 1\n"), ", sample_limit: 2", /sample_limit exceeded: 3/],
    [
      "label_limit",
      texts('a{x="1",y="2"} 1\n'),
      ", label_limit: 4",
      /label_limit exceeded: a has 5/,
    ],
    [
      "label_name_length_limit",
      texts('a{much_too_long="1"} 1\n'),
      ", label_name_length_limit: 10",
      /label_name_length_limit exceeded/,
    ],
    [
      "label_value_length_limit",
      texts(`a{x="${"v".repeat(100)}"} 1\n`),
      ", label_value_length_limit: 50",
      /label_value_length_limit exceeded/,
    ],
    [
      "body_size_limit",
      texts("a 1\n".repeat(100)),
      ", body_size_limit: 100B",
      /larger than 100 bytes/,
    ],
    [
      "a gzip bomb",
      (_request, response) => {
        response.setHeader("content-encoding", "gzip");
        response.end(gzipSync(Buffer.alloc(50 * 1024 * 1024, "\n")));
      },
      ", body_size_limit: 1MB",
      /larger than 1048576 bytes/,
    ],
    [
      "truncated gzip",
      (_request, response) => {
        response.setHeader("content-encoding", "gzip");
        response.end(gzipSync("a 1\n").subarray(0, 15));
      },
      "",
      /unexpected end of file/,
    ],
    [
      "an encoding that was not asked for",
      (_request, response) => {
        response.setHeader("content-encoding", "br");
        response.end("a 1\n");
      },
      "",
      /content encoding "br" was not asked for/,
    ],
    [
      "another content than metrics",
      (_request, response) => {
        response.setHeader("content-type", "text/html");
        response.end("a 1\n");
      },
      "",
      /"text\/html", which is no format for metrics; give the job a fallback_scrape_protocol/,
    ],
    [
      "content that does not say what it is",
      (_request, response) => {
        response.removeHeader("content-type");
        response.end("a 1\n");
      },
      "",
      /answered no Content-Type; give the job a fallback/,
    ],
    [
      "OpenMetrics without an end",
      (_request, response) => {
        response.setHeader("content-type", "application/openmetrics-text; version=1.0.0");
        response.end("a 1\n");
      },
      "",
      /line 1, byte 4: the body does not end with # EOF/,
    ],
    [
      "a name outside of the legacy scheme",
      texts('{"a.b"} 1\n'),
      ", metric_name_validation_scheme: legacy",
      /"a\.b" is no name in the legacy metric_name_validation_scheme/,
    ],
    [
      "redirects in a circle",
      (_request, response) => response.writeHead(302, { location: "/metrics" }).end(),
      "",
      /redirects in a circle/,
    ],
    ["a scheme of another kind", texts("a 1\n"), ", scheme: gopher", /http or https, not gopher/],
  ];

  it.each(failures)("for %s says so, and up is 0", async (_what, handler, more, reason) => {
    const { scrape, scraper } = await rig(job(await serve(handler), more));
    const batch = await scrape();
    expect(reported(batch, "up")).toBe(0);
    expect(content(batch)).toEqual([]);
    const [target] = scraper.targets().active;
    expect(target).toMatchObject({ health: "down", lastError: expect.stringMatching(reason) });
  });

  it("marks everything that the target had as ended", async () => {
    let healthy = true;
    const address = await serve((_request, response) => {
      if (!healthy) response.statusCode = 500;
      response.end("a 1\nb 2\n");
    });
    const { scrape } = await rig(job(address));
    await scrape();
    healthy = false;
    expect(content(await scrape())).toEqual([
      ["a", "stale"],
      ["b", "stale"],
    ]);
    expect(content(await scrape())).toEqual([]);
    healthy = true;
    const back = await scrape();
    expect(content(back)).toEqual([
      ["a", 1],
      ["b", 2],
    ]);
    expect(reported(back, "scrape_series_added")).toBe(0);
  });

  it.each(["127.0.0.1:1", "localhost:1"])("says when nobody listens at %s", async (address) => {
    const { scrape, scraper } = await rig(job(address));
    expect(reported(await scrape(), "up")).toBe(0);
    expect(scraper.targets().active[0]?.lastError).toMatch(/^connect ECONNREFUSED .*:1/);
  });

  it("ends at the scrape timeout, by the clock", async () => {
    let asked: () => void = () => undefined;
    const request = new Promise<void>((resolve) => {
      asked = resolve;
    });
    let first = true;
    const address = await serve((_request, response) => {
      response.write("a 1\n");
      if (first) response.end();
      else asked();
      first = false;
    });
    const { clock, sink, scrape, scraper } = await rig(job(address, ", scrape_timeout: 1s"));
    const last = rows(await scrape())[0]?.time ?? 0;
    clock.advance(last + 1000 - clock.now());
    await request;
    clock.advance(1000);
    expect(reported(await sink.next(), "up")).toBe(0);
    expect(scraper.targets().active[0]?.lastError).toBe(
      "no complete answer within the scrape timeout of 1s",
    );
  });

  it("takes no more than the server's own limit, however endless the body", async () => {
    let sent = 0;
    const address = await serve((_request, response) => {
      const chunk = "a 1\n".repeat(16_384);
      const pump = () => {
        while (!response.destroyed && response.write(chunk)) sent += chunk.length;
        sent += chunk.length;
        if (!response.destroyed) response.once("drain", pump);
      };
      pump();
    });
    const { scrape, scraper } = await rig(job(address), { maxBodyBytes: 1_000_000 });
    expect(reported(await scrape(), "up")).toBe(0);
    expect(scraper.targets().active[0]?.lastError).toMatch(/larger than 1000000 bytes/);
    // What the kernel's buffers took on the way is not ours to bound.
    expect(sent).toBeLessThan(64 * 1024 * 1024);
  });

  it("refuses more than may be held at once", async () => {
    const { scrape, scraper } = await rig(job(await serve(texts("a 1\n".repeat(1000)))), {
      maxBytesInFlight: 1000,
    });
    await scrape();
    expect(scraper.targets().active[0]?.lastError).toMatch(/would exceed 1000 bytes/);
  });
});

describe("the request", () => {
  async function headersFor(more: string) {
    const seen: IncomingMessage[] = [];
    const address = await serve((request, response) => {
      seen.push(request);
      response.end("a 1\n");
    });
    await (await rig(job(address, more))).scrape();
    return seen[0];
  }

  it("asks for OpenMetrics, else text, and gzip, and says how long it waits", async () => {
    const request = await headersFor(", metrics_path: /m, params: {b: [x, 'y z'], a: ['1']}");
    expect(request?.url).toBe("/m?a=1&b=x&b=y+z");
    expect(request?.headers).toMatchObject({
      accept: [
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6",
        "application/openmetrics-text;version=0.0.1;q=0.5",
        "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4",
        "text/plain;version=0.0.4;q=0.3",
        "*/*;q=0.2",
      ].join(","),
      "accept-encoding": "gzip",
      "x-prometheus-scrape-timeout-seconds": "1",
    });
    expect(request?.headers.authorization).toBeUndefined();
  });

  it("signs in", async () => {
    await writeFile(join(directory, "secret"), " from-file \n");
    const sent = async (more: string) => (await headersFor(more))?.headers.authorization;
    const basic = `Basic ${Buffer.from("u:pé").toString("base64")}`;
    expect(await sent(", basic_auth: {username: u, password: pé}")).toBe(basic);
    expect(await sent(", authorization: {credentials: abc}")).toBe("Bearer abc");
    expect(await sent(", authorization: {type: Token, credentials_file: secret}")).toBe(
      "Token from-file",
    );
    expect(await sent(", bearer_token_file: secret")).toBe("Bearer from-file");
  });

  it("understands gzip and follows redirects, without taking the secret elsewhere", async () => {
    let authorization: string | undefined = "unset";
    const other = await serve((request, response) => {
      authorization = request.headers.authorization;
      response.setHeader("content-encoding", "gzip");
      response.end(gzipSync("a 1\n"));
    });
    const address = await serve((_request, response) =>
      response.writeHead(302, { location: `http://${other}/` }).end(),
    );
    const { scrape } = await rig(job(address, ", authorization: {credentials: abc}"));
    expect(content(await scrape())).toEqual([["a", 1]]);
    expect(authorization).toBeUndefined();
    const strict = await rig(job(address, ", follow_redirects: false"));
    expect(reported(await strict.scrape(), "up")).toBe(0);
  });

  it("keeps its connection", async () => {
    const sockets = new Set<unknown>();
    const address = await serve((request, response) => {
      sockets.add(request.socket);
      response.end("a 1\n");
    });
    const { scrape } = await rig(job(address));
    for (let i = 0; i < 5; i += 1) await scrape();
    expect(sockets.size).toBe(1);
  });
});
