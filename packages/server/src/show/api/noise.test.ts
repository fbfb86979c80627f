import { createEngine } from "@seaworthy/promql";
import { expect, it, onTestFinished } from "vitest";
import type { AlertHistory, Noise, UnusedRules } from "@seaworthy/contract";
import { testServer } from "../../../test/http.ts";
import { down, house } from "../../../test/router-rig.ts";

const MINUTE = 60_000;

it("tells when alerts fired, what they cost, and which rules are of no use", async () => {
  const { router, clock, advance, fire, resolve } = await house();
  const engine = createEngine({});
  const rule = {
    type: "alerting" as const,
    labels: {},
    annotations: {},
    health: "ok" as const,
    lastError: "",
    lastEvaluation: undefined,
    evaluationDuration: undefined,
    holdFor: 0,
    keepFiringFor: 0,
    state: "inactive" as const,
    alerts: [],
  };
  const server = await testServer({
    clock: { now: () => clock.now(), after: () => ({ cancel: () => {} }) },
    sources: {
      history: router.history,
      metrics: {
        parse: (query) => engine.parse(query),
        range: () => Promise.reject(new Error("not asked")),
        series: async () => ({ items: [], truncated: false }),
      },
      rules: {
        groups: () => [
          {
            name: "g",
            file: "g.yml",
            language: "promql",
            interval: MINUTE,
            limit: 0,
            lastEvaluation: undefined,
            evaluationDuration: undefined,
            rules: [
              { ...rule, name: "Down", query: "up == 0" },
              { ...rule, name: "Never", query: "up > 7" },
            ],
          },
        ],
      },
    },
  });
  onTestFinished(() => server.close());
  const headers = { authorization: `Bearer ${await server.token("read")}` };
  const get = async <T>(path: string) => {
    const response = await fetch(server.url + path, { headers });
    expect(response.status).toBe(200);
    return (await response.json()) as T;
  };

  await fire(down("a"));
  await advance(10 * MINUTE);
  await resolve(down("a"));
  await fire(down("b"));
  await advance(MINUTE);

  const history = await get<AlertHistory>("/api/alerts/history?alertname=Down");
  expect(history).toMatchObject({
    firings: [
      { labels: { instance: "b" }, startedAt: "2026-01-05T12:10:00.000Z", endedAt: null },
      { labels: { instance: "a" }, endedAt: "2026-01-05T12:10:00.000Z" },
    ],
    truncated: false,
    firingSeconds: 660,
  });
  const id = history.firings[1]?.fingerprint ?? "";
  const [own, short] = [
    await get<AlertHistory>(`/api/alerts/history?fingerprint=${id}`),
    await get<AlertHistory>("/api/alerts/history?limit=1"),
  ];
  expect([own.firings.length, short.firings.length, short.truncated]).toEqual([1, 1, true]);

  const noise = await get<Noise>("/api/noise?days=1");
  expect(noise.alerts).toMatchObject([
    {
      name: "Down",
      labelSets: 2,
      firings: 2,
      firingSeconds: 660,
      pages: 2,
      actedOn: 0,
      ignored: 2,
    },
  ]);
  expect(await get("/api/inhibition-suggestions")).toMatchObject({ suggestions: [] });
  const unused = await get<UnusedRules>("/api/rules/unused");
  expect(unused.neverFired.map(({ name }) => name)).toEqual(["Never"]);
  expect(unused.withoutSeries).toMatchObject([
    { name: "Down", missing: ["up"], blind: true },
    { name: "Never" },
  ]);
});
