import { Labels } from "@seaworthy/promql";
import { MemorySource } from "@seaworthy/promql/testing";
import { createEngine } from "@seaworthy/promql";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Explanation, Routing, RulePreview } from "@seaworthy/contract";
import { testServer } from "../../../test/http.ts";
import type { TestServer } from "../../../test/http.ts";
import { house } from "../../../test/router-rig.ts";
import type { Router } from "../../route/index.ts";

const MINUTE = 60_000;
const now = Date.UTC(2026, 5, 15, 12);

let server: TestServer;
const source = new MemorySource();
const engine = createEngine({});
let router: Router;
beforeAll(async () => {
  for (let minute = 0; minute < 30; minute += 1)
    source.add(Labels.from({ __name__: "lag" }), now - minute * MINUTE, minute < 10 ? 9 : 1);
  server = await testServer({
    clock: { now: () => now, after: () => ({ cancel: () => {} }) },
    sources: {
      metrics: {
        parse: (query) => engine.parse(query),
        series: async () => ({ items: [], truncated: false }),
        range: (query, start, end, step) => engine.range(query, start, end, step, source),
      },
      routing: {
        config: () => router.config(),
        routes: () => router.routes(),
        explain: (labels) => router.explain(labels),
        get silences() {
          return router.silences;
        },
      },
    },
  });
});
afterAll(() => server.close());

async function call(method: string, path: string, body?: unknown) {
  const response = await fetch(server.url + path, {
    method,
    headers: {
      authorization: `Bearer ${await server.token("read")}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as unknown };
}

const TREE = (url: string) => `
time_intervals:
  - name: always
    time_intervals: [{ times: [{ start_time: "00:00", end_time: "24:00" }] }]
route:
  receiver: hook
  group_by: [alertname, service]
  group_wait: 10s
  routes:
    - matchers: [severity="critical", team=~"a|b"]
      receiver: pager
      continue: true
    - matchers: [severity="critical"]
      receiver: chat
      group_by: ["..."]
      mute_time_intervals: [always]
      routes:
        - matchers: [team="c"]
    - matchers: [severity=~".+"]
      receiver: nobody
inhibit_rules:
  - source_matchers: [alertname="Down"]
    target_matchers: [severity="critical"]
    equal: [service]
receivers:
  - name: hook
    webhook_configs: [{ url: "${url}/hook" }]
  - name: pager
    webhook_configs: [{ url: "${url}/pager" }]
  - name: chat
    webhook_configs: [{ url: "${url}/chat" }]
  - name: nobody
`;

it("shows the tree, and why a label set goes where it goes", async () => {
  const { fire, clock, ...home } = await house((receiver) => TREE(receiver.url));
  ({ router } = home);
  const tree = (await call("GET", "/api/routing")).body as Routing;
  expect(tree.routes.map(({ id, parent, receiver }) => [id, parent, receiver])).toEqual([
    ["0", null, "hook"],
    ["0.0", "0", "pager"],
    ["0.1", "0", "chat"],
    ["0.1.0", "0.1", "chat"],
    ["0.2", "0", "nobody"],
  ]);
  expect(tree.routes[2]).toMatchObject({
    matchers: ['severity="critical"'],
    groupBy: ["..."],
    groupWait: 10,
    mutedBy: ["always"],
  });
  expect(tree.inhibitRules).toMatchObject([{ index: 0, equal: ["service"] }]);

  const labels = { alertname: "Slow", service: "shop", severity: "critical", team: "a" };
  const ask = async (wanted: Record<string, string>) =>
    (await call("POST", "/api/routing/explain", { labels: wanted })).body as Explanation;
  const free = await ask(labels);
  expect(free.considered.map(({ route, verdict }) => `${route} ${verdict}`)).toEqual([
    "0 passed",
    "0.0 taken",
    "0.1 taken",
    "0.1.0 refused",
    "0.2 skipped",
  ]);
  expect(free.considered[3]?.matchers).toEqual([{ matcher: 'team="c"', matches: false }]);
  expect(free.ends).toMatchObject([
    {
      path: ["0", "0.0"],
      receiver: "pager",
      integrations: ["webhook"],
      groupLabels: { alertname: "Slow", service: "shop" },
      mutedBy: [],
      group: null,
    },
    { receiver: "chat", groupLabels: labels, mutedBy: ["always"] },
  ]);
  expect(free.notifies).toBe(true);
  // What no receiver hears of notifies nobody.
  expect((await ask({ severity: "info" })).notifies).toBe(false);

  await fire(labels);
  await fire({ alertname: "Down", service: "shop" });
  await router.silences.set(
    {
      matchers: [{ name: "service", operator: "=", value: "shop" }],
      startsAt: clock.now(),
      endsAt: clock.now() + MINUTE,
      createdBy: "ada",
      comment: "moving house",
      annotations: {},
    },
    "ada",
  );
  const held = await ask(labels);
  expect(held).toMatchObject({
    notifies: false,
    ends: [{ group: { alerts: 1, nextFlushAt: "2026-01-05T12:00:10.000Z" } }, {}],
    inhibitedBy: [{ rule: { index: 0 }, alert: { labels: { alertname: "Down" } } }],
    silencedBy: [{ createdBy: "ada", comment: "moving house", matchers: ['service="shop"'] }],
  });
  // What is explained is what the groups do: every end is a group that has the alert.
  const groups = router
    .groups()
    .filter((group) => group.alerts.some((one) => one.labels["alertname"] === "Slow"));
  expect(new Set(groups.map(({ key }) => key))).toEqual(
    new Set(held.ends.map((end) => end.groupKey)),
  );
});

it("tells when a rule would have fired, or what is wrong with it", async () => {
  const { status, body } = await call("POST", "/api/rules/preview", {
    expression: "lag > 5",
    forSeconds: 120,
  });
  expect([status, body as RulePreview]).toMatchObject([
    200,
    { times: 1, firingSeconds: 7 * 60, stepSeconds: 60, firings: [{ to: null }] },
  ]);
  for (const expression of ["lag >", "up[5m]", `${"(".repeat(5000)}1`])
    expect(await call("POST", "/api/rules/preview", { expression })).toMatchObject({
      status: 400,
      body: { code: "request_invalid", errors: [{ field: "body.expression" }] },
    });
});
