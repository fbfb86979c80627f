import { afterEach, describe, expect, it } from "vitest";
import type { Clock } from "../../model/index.ts";
import { fingerprint, systemClock } from "../../model/index.ts";
import { BOOTSTRAP, testServer } from "../../../test/http.ts";
import type { TestServer } from "../../../test/http.ts";
import type { RunningAlert, SeriesPoints } from "./sources.ts";

const MINUTE = 60_000;
const NOW = Date.UTC(2026, 0, 1, 12);
let now = NOW;
const clock: Clock = { now: () => now, after: (ms, run) => systemClock.after(ms, run) };

let server: TestServer;
afterEach(() => server.close());
async function get(path: string) {
  const response = await fetch(server.url + path, {
    headers: { authorization: `Bearer ${BOOTSTRAP}` },
  });
  expect(response.status).toBe(200);
  return (await response.json()) as Record<string, unknown>;
}

const series = (
  labels: Record<string, string>,
  ...points: [minutesAgo: number, value: number][]
) => ({
  labels,
  points: points.map(([ago, value]) => [NOW - ago * MINUTE, value] as const),
});

/** A metrics store that knows two services: one by its label, one by its job. */
const range =
  (asked: string[]) =>
  async (expression: string): Promise<readonly SeriesPoints[]> => {
    asked.push(expression);
    const labelled = expression.includes('service!=""');
    if (expression.includes("5..")) return labelled ? [series({ service: "shop" }, [0, 3])] : [];
    if (expression.includes("_bucket")) {
      return labelled ? [series({ service: "shop" }, [1, 0.2], [0, Number.NaN])] : [];
    }
    if (expression.includes("http_requests_total")) {
      return labelled
        ? [series({ service: "shop" }, [30, 10], [1, 0], [0, 12])]
        : [series({ job: "search" }, [0, 1])];
    }
    return labelled ? [] : [series({ job: "shop" }, [0, 0.5]), series({ job: "search" }, [0, 1])];
  };

const alert = (name: string, state: "pending" | "firing", since: number): RunningAlert => {
  const labels = { alertname: name, service: "shop", severity: "critical" };
  return {
    fingerprint: fingerprint(labels),
    name,
    state,
    labels,
    annotations: {},
    activeSince: since,
    value: 1,
    expression: "up == 0",
    language: "promql",
    group: "demo",
    silenced: false,
    inhibited: false,
  };
};

describe("the overview", () => {
  it("puts figures, alerts and incidents on one screen", async () => {
    now = NOW;
    server = await testServer({
      clock,
      sources: {
        range: range([]),
        alerts: async () => [
          alert("Errors", "firing", NOW - MINUTE),
          alert("Slow", "pending", NOW),
        ],
        targets: () => ({ up: 2, down: 1 }),
      },
    });
    await server.incidents.open("p", { title: "x", severity: "P1", service: "shop" });
    const overview = await get("/api/overview");
    expect(overview).toMatchObject({
      firing: 1,
      pending: 1,
      openIncidents: [{ number: 1 }],
      targets: { up: 2, down: 1 },
      lastNotification: null,
    });
    const services = overview["services"] as Record<string, unknown>[];
    expect(services).toMatchObject([
      { service: "shop", up: 0.5, requestRate: 12, errorShare: 0.25, p95: null, firingAlerts: 1 },
      { service: "search", up: 1, requestRate: 1, errorShare: 0, p95: null, firingAlerts: 0 },
    ]);
    const spark = services[0]?.["spark"] as Record<string, (number | null)[]>;
    expect(spark["requestRate"]).toHaveLength(31);
    expect(spark["requestRate"]?.at(0)).toBe(10);
    // No traffic has no error share.
    expect([spark["errorShare"]?.at(-2), spark["p95"]?.at(-2)]).toEqual([null, 0.2]);
  });

  it("costs the same for one who watches as for many", async () => {
    now = NOW;
    const asked: string[] = [];
    server = await testServer({ clock, sources: { range: range(asked) } });
    await Promise.all(Array.from({ length: 20 }, () => get("/api/overview")));
    expect(asked).toHaveLength(8);
    now += 1000;
    await get("/api/overview");
    expect(asked).toHaveLength(16);
  });

  it("shows the rest when the figures cannot be read", async () => {
    now = NOW;
    server = await testServer({
      clock,
      sources: { range: () => Promise.reject(new Error("too many samples")) },
    });
    expect(await get("/api/overview")).toMatchObject({ services: [], firing: 0 });
    expect(server.logged.join()).toContain("too many samples");
  });
});

it("lists alerts firing first, longest first, with their incidents", async () => {
  now = NOW;
  const errors = alert("Errors", "firing", NOW - MINUTE);
  server = await testServer({
    clock,
    sources: {
      alerts: async () => [
        alert("Slow", "pending", NOW - 9 * MINUTE),
        errors,
        alert("Down", "firing", NOW - 2 * MINUTE),
      ],
    },
  });
  const [id] = await server.incidents.takeGroup({
    groupKey: "k",
    status: "firing",
    groupLabels: {},
    commonLabels: {},
    commonAnnotations: {},
    alerts: [
      {
        labels: errors.labels,
        annotations: {},
        startsAt: NOW,
        endsAt: NOW + MINUTE,
        generatorURL: "",
        fingerprint: errors.fingerprint,
        status: "firing",
      },
    ],
  });
  const { alerts } = (await get("/api/alerts")) as {
    alerts: { name: string; incident: unknown }[];
  };
  expect(alerts.map(({ name, incident }) => [name, incident])).toEqual([
    ["Down", null],
    ["Errors", { id, number: 1 }],
    ["Slow", null],
  ]);
});
