import { expect, it } from "vitest";
import { testServer } from "../../../test/http.ts";
import type { CardinalityRequest } from "../../query/index.ts";

const DAY = 86_400_000;
const now = Date.UTC(2026, 5, 15, 12);

it("shows what makes series, of the days and the metric that are asked for", async () => {
  const asked: CardinalityRequest[] = [];
  const lists = {
    seriesByMetric: [{ name: "requests_total", value: 3, added: 1 }],
    valuesByLabel: [{ name: "user", value: 3 }],
    bytesByLabel: [{ name: "user", value: 300 }],
    seriesByPair: [{ name: "job=shop", value: 3 }],
    seriesByTarget: [{ job: "shop", instance: "a:80", value: 3 }],
    seriesBefore: 2,
    seriesWithoutLabel: 1,
  };
  const sender = {
    id: "k1",
    name: "shop",
    activeSeries: 2,
    limits: {
      series: 2,
      samplesPerSecond: null,
      logLinesPerSecond: null,
      logBytesPerSecond: null,
      spansPerSecond: null,
    },
    refusedSamples: 7,
    delayedRequests: 0,
  };
  const server = await testServer({
    clock: { now: () => now, after: () => ({ cancel: () => {} }) },
    sources: {
      senders: () => [sender],
      activeSeries: () => ({ series: 2, limit: 10 }),
      cardinality: async (request) => {
        asked.push(request);
        return { ...lists, series: 3, labelPairs: 5, oldest: undefined, newest: now };
      },
    },
  });
  const headers = { authorization: `Bearer ${await server.token("read")}` };
  const get = (query: string) => fetch(`${server.url}/api/cardinality${query}`, { headers });
  expect(await (await get("?metric=requests_total&label=user&days=2&limit=5")).json()).toEqual({
    ...lists,
    senders: [sender],
    active: { series: 2, limit: 10 },
    series: 3,
    labelPairs: 5,
    oldestSample: null,
    newestSample: "2026-06-15T12:00:00.000Z",
  });
  expect((await get("")).status).toBe(200);
  expect((await get("?days=31")).status).toBe(400);
  expect(asked).toEqual([
    { startMs: now - DAY, endMs: now, metric: "requests_total", label: "user", limit: 5 },
    { startMs: now, endMs: now, metric: undefined, label: undefined, limit: 20 },
  ]);
  await server.close();
});
