import { expect, test } from "vitest";
import { fakePlatform } from "../test/platform.ts";
import { fakeTerminal } from "../test/terminal.ts";
import { series } from "./series.ts";

const found = (activeSeries: number) => ({
  series: 40,
  seriesBefore: 30,
  labelPairs: 50,
  seriesWithoutLabel: 12,
  oldestSample: null,
  newestSample: null,
  seriesByMetric: [{ name: "up", value: 40, added: 10 }],
  valuesByLabel: [{ name: "user", value: 9 }],
  bytesByLabel: [],
  seriesByPair: [{ name: "user=a=b", value: 3 }],
  seriesByTarget: [{ job: "shop", instance: "a:80", value: 40 }],
  active: { series: 40, limit: 100 },
  senders: [
    {
      id: "k",
      name: "mobile",
      activeSeries,
      limits: { series: 20 },
      refusedSamples: 0,
      delayedRequests: 0,
    },
  ],
});

const platform = () =>
  fakePlatform({
    "GET /api/cardinality?days=1&limit=10": [200, found(20)],
    "GET /api/cardinality?days=7&limit=10&metric=up&label=user": [200, found(5)],
  });

test.each([
  [[], 1, "active, mobile: 20 of 20"],
  [["--metric", "up", "--label", "user", "--days", "7"], 0, "12 would be left without the label"],
  [["--metric", "up", "--label", "user", "--days", "7"], 0, "        40  up  (10 new)"],
  [["--metric", "up", "--label", "user", "--days", "7"], 0, "        40  shop a:80"],
  [["--days", "40"], 2, '--days is a whole number from 1 to 30, not "40"'],
  [["up"], 2, 'what is "up"?'],
])("seaworthy series %j ends with %i", async (args, code, said) => {
  const env = { SEAWORTHY_TOKEN: "right", SEAWORTHY_URL: await platform() };
  const terminal = fakeTerminal("/nowhere", { env });
  expect(await series([...args], terminal)).toBe(code);
  expect(terminal.written() + terminal.errors()).toContain(said);
});
