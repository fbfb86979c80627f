import { afterAll, beforeAll, expect, it } from "vitest";
import { testServer } from "../../../test/http.ts";
import type { TestServer } from "../../../test/http.ts";
import { bodyV1, bodyV2, pairs } from "../../../test/remote-write-body.ts";
import type { SampleBatch, SampleSink } from "../../model/index.ts";
import { systemClock } from "../../model/index.ts";
import { createPushReceivers } from "../../receive/index.ts";
import { StoreError } from "../../store/index.ts";
import { pushRoutes } from "./routes.ts";

const T = 1_700_000_000_000;
const series = [{ labels: pairs({ __name__: "up" }), samples: [[T, 1]] }] as const;

let server: TestServer;
let key: string;
let failure: Error | undefined;
const written: SampleBatch[] = [];
const sink: SampleSink = {
  async write(batch) {
    if (failure !== undefined) throw failure;
    written.push(batch);
  },
  describe: () => {},
};

beforeAll(async () => {
  const metrics = { dropped: () => {} };
  const limits = { bodyBytes: 10_000 };
  server = await testServer({
    routes: [
      pushRoutes(createPushReceivers({ samples: sink, metrics, limits, clock: systemClock })),
    ],
  });
  key = await server.token("ingest");
});
afterAll(() => server.close());

function push(body: Buffer, headers: Record<string, string> = {}, token = key): Promise<Response> {
  return fetch(`${server.url}/api/v1/write`, {
    method: "POST",
    body: Uint8Array.from(body),
    headers: {
      authorization: `Bearer ${token}`,
      "content-encoding": "snappy",
      "content-type": "application/x-protobuf",
      "x-prometheus-remote-write-version": "0.1.0",
      ...headers,
    },
  });
}

it("takes remote write from who holds an ingest key", async () => {
  const answer = await push(bodyV1(series));
  expect([answer.status, await answer.text()]).toEqual([204, ""]);
  expect(written).toHaveLength(1);
  expect((await push(bodyV1(series), { authorization: "" })).status).toBe(401);
  expect((await push(bodyV1(series), {}, await server.token("read"))).status).toBe(403);
  expect(written).toHaveLength(1);
});

it("tells a sender of 2.0 how much was written", async () => {
  const type = "application/x-protobuf;proto=io.prometheus.write.v2.Request";
  const answer = await push(bodyV2(series), { "content-type": type });
  expect(answer.status).toBe(204);
  expect(answer.headers.get("x-prometheus-remote-write-samples-written")).toBe("1");
  expect((await push(bodyV2(series), { "content-type": `${type}2` })).status).toBe(415);
});

it("says in one line of text what was wrong", async () => {
  const nameless = [{ labels: pairs({ job: "x" }), samples: [[T, 1]] }] as const;
  const answer = await push(bodyV1([...nameless, ...series]));
  expect(answer.status).toBe(400);
  expect(answer.headers.get("content-type")).toBe("text/plain; charset=utf-8");
  expect(await answer.text()).toMatch(/^1 of 2 samples were not stored, .* no metric name .*\n$/);
  expect((await push(Buffer.from("hello"))).status).toBe(400);
  expect((await push(Buffer.alloc(10_001))).status).toBe(413);
});

it("asks senders to come again while the store cannot take anything", async () => {
  failure = new StoreError("store_overloaded", "1000000 samples already wait");
  const answer = await push(bodyV1(series));
  failure = undefined;
  expect(answer.status).toBe(503);
  expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(await answer.text()).toContain("already wait");
  expect((await push(bodyV1(series))).status).toBe(204);
});

it("holds each ingest key to its limits, in the protocol's own words", async () => {
  failure = undefined;
  const limited = async (limits: { series: number | null; samplesPerSecond: number | null }) => {
    const { secret } = await server.access.createToken(
      { kind: "bootstrap" },
      { name: "shop", scope: "ingest", expiresAt: null, limits },
    );
    return secret;
  };
  const of = (i: number) =>
    ({ labels: pairs({ __name__: "up", i: String(i) }), samples: [[T, 1]] }) as const;
  const few = await limited({ series: 2, samplesPerSecond: null });
  expect((await push(bodyV1([of(1), of(2)]), {}, few)).status).toBe(204);
  const tooMany = await push(bodyV1([of(2), of(3)]), {}, few);
  expect(tooMany.status).toBe(400);
  expect(await tooMany.text()).toMatch(
    /^1 of 2 samples .* although 2 of the key "shop" are active/,
  );
  expect(written.at(-1)?.times).toHaveLength(1);
  expect((await push(bodyV1([of(3)]))).status).toBe(204);

  // The burst of ten seconds may be overdrawn once; then the sender waits.
  const slow = await limited({ series: null, samplesPerSecond: 1 });
  const request = bodyV1(Array.from({ length: 12 }, (_, i) => of(i)));
  expect((await push(request, {}, slow)).status).toBe(204);
  const before = written.length;
  const wait = await push(request, {}, slow);
  expect(wait.status).toBe(503);
  expect(Number(wait.headers.get("retry-after"))).toBeGreaterThan(0);
  const otlp = await fetch(`${server.url}/v1/metrics`, {
    method: "POST",
    headers: { authorization: `Bearer ${slow}`, "content-type": "application/json" },
    body: JSON.stringify({
      resourceMetrics: [
        {
          scopeMetrics: [
            {
              metrics: [
                { name: "g", gauge: { dataPoints: [{ timeUnixNano: `${T}000000`, asDouble: 1 }] } },
              ],
            },
          ],
        },
      ],
    }),
  });
  expect(otlp.status).toBe(429);
  expect(Number(otlp.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(await otlp.json()).toMatchObject({ code: 8 });
  expect(written).toHaveLength(before);
  await expect(
    server.access.createToken(
      { kind: "bootstrap" },
      { name: "x", scope: "read", expiresAt: null, limits: { series: 1, samplesPerSecond: null } },
    ),
  ).rejects.toMatchObject({ code: "token_limits_misplaced" });
});
