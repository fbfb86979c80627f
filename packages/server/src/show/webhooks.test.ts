import { createHmac } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../model/index.ts";
import {
  gitHubChange,
  grafanaNews,
  isSigned,
  opsgenieNews,
  pagerDutyNews,
  WebhookError,
} from "../receive/index.ts";
import { createChanges } from "../respond/index.ts";
import { testServer } from "../../test/http.ts";
import type { TestServer } from "../../test/http.ts";
import { webhookRoutes } from "./index.ts";
import type { WebhookSecrets } from "./index.ts";
import type { Incidents } from "../respond/index.ts";
import type { Records } from "../store/index.ts";

const SECRET = "a secret of the sender";
let server: TestServer;
let key: string;
let secrets: readonly string[] = [SECRET];

beforeAll(async () => {
  // The routes are made before the rooms that they lead to.
  const late = <T extends object>(room: () => T) =>
    new Proxy({} as T, { get: (_, name) => Reflect.get(room(), name) as unknown });
  const given: WebhookSecrets = {
    pagerDuty: async () => secrets,
    gitHub: async () => secrets,
  };
  const deps = { records: late<Records>(() => server.records), clock: systemClock };
  server = await testServer({
    routes: [
      webhookRoutes({
        incidents: late<Incidents>(() => server.incidents),
        changes: createChanges({ ...deps, announce: () => {} }),
        clock: systemClock,
        secrets: given,
      }),
    ],
  });
  key = await server.token("ingest");
});
afterAll(() => server.close());
beforeEach(async () => {
  secrets = [SECRET];
  await server.records.db.deleteFrom("incidents").execute();
});

const sign = (body: string, secret = SECRET) =>
  createHmac("sha256", secret).update(body).digest("hex");

async function send(path: string, body: unknown, headers: Record<string, string> = {}) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const response = await fetch(`${server.url}/api/webhooks/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: text,
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}
const signed = (body: unknown) => {
  const text = JSON.stringify(body);
  return send("pagerduty", text, {
    "x-pagerduty-signature": `v1=${"0".repeat(64)},v1=${sign(text)}`,
  });
};
const keyed = (path: string, body: unknown) => send(path, body, { authorization: `Bearer ${key}` });
const all = async () =>
  (await server.incidents.list({ state: "all", limit: 10 })).incidents.map((one) => one);

const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();

function pagerDuty(type: string, minutes: number, more: Record<string, unknown> = {}) {
  return {
    event: {
      id: "01",
      event_type: `incident.${type}`,
      resource_type: "incident",
      occurred_at: ago(minutes),
      agent: { id: "PLH1HKV", type: "user_reference", summary: "Ana Brook" },
      data: {
        id: "PGR0VU2",
        type: "incident",
        html_url: "https://acme.pagerduty.com/incidents/PGR0VU2",
        status: "triggered",
        title: "A little bump in the road",
        created_at: ago(9),
        urgency: "high",
        service: { id: "PF9KMXH", summary: "shop" },
        priority: { id: "PSO75BM", summary: "P2" },
        ...more,
      },
    },
  };
}

describe("PagerDuty", () => {
  it("opens, answers and resolves one incident, whatever comes twice or too late", async () => {
    for (const _ of [1, 2]) expect((await signed(pagerDuty("triggered", 8))).status).toBe(200);
    await signed(pagerDuty("acknowledged", 6));
    expect(await all()).toMatchObject([
      {
        number: 1,
        severity: "P2",
        title: "A little bump in the road",
        service: "shop",
        acknowledgedBy: "pagerduty:Ana Brook",
      },
    ]);
    await signed(pagerDuty("resolved", 3));
    await signed(pagerDuty("reassigned", 5));
    expect(await all()).toMatchObject([{ number: 1, state: "resolved" }]);
    expect((await signed(pagerDuty("annotated", 1))).body).toEqual({ incidents: [] });
  });

  it("is refused without the right signature, and where no secret is set", async () => {
    const body = JSON.stringify(pagerDuty("triggered", 1));
    for (const header of ["", "v1=", `v1=${sign(body, "another secret")}`, `v2=${sign(body)}`]) {
      const answer = await send("pagerduty", body, { "x-pagerduty-signature": header });
      expect([header, answer.status]).toEqual([header, 401]);
      expect(answer.body["code"]).toBe("webhook_signature_invalid");
    }
    secrets = [];
    expect((await signed(pagerDuty("triggered", 1))).body["code"]).toBe("webhook_not_configured");
    expect(await all()).toEqual([]);
  });
});

it("Opsgenie opens, answers and closes; Grafana's alerts without a severity are taken as P2", async () => {
  const alert = {
    alertId: "052652ac",
    message: "Checkout is slow",
    priority: "P1",
    username: "ana@example.com",
    createdAt: Date.now() - 60_000,
    details: { service: "shop" },
  };
  expect((await send("opsgenie", { action: "Create", alert })).status).toBe(401);
  for (const action of ["Create", "Create", "Acknowledge", "AddNote", "Close"])
    expect((await keyed("opsgenie", { action, alert })).status).toBe(200);
  const grafana = (status: "firing" | "resolved", labels: Record<string, string>) => ({
    version: "1",
    groupKey: "{}:{}",
    status,
    alerts: [
      {
        status,
        labels: { alertname: "High latency", service: "mail", ...labels },
        annotations: { summary: "Mail is slow" },
        startsAt: ago(2),
        endsAt: status === "firing" ? "0001-01-01T00:00:00Z" : ago(0),
        generatorURL: "javascript:alert(1)",
        values: { B: 44 },
      },
    ],
  });
  await keyed("grafana", grafana("firing", {}));
  expect(await all()).toMatchObject([
    { number: 2, severity: "P2", title: "Mail is slow", state: "triggered" },
    {
      number: 1,
      severity: "P1",
      service: "shop",
      state: "resolved",
      acknowledgedBy: "opsgenie:ana@example.com",
    },
  ]);
  const { alerts } = await server.incidents.get("2");
  expect(alerts[0]?.generatorURL).toBe("");
  await keyed("grafana", grafana("resolved", {}));
  expect(await all()).toMatchObject([{ number: 2, state: "resolved" }, {}]);
  const refused = await keyed("grafana", { alerts: "none" });
  expect(refused).toMatchObject({ status: 400, body: { code: "webhook_malformed" } });
  expect(String(refused.body["detail"])).toContain("alerts");
});

it("GitHub's deployments that succeed and its releases are changes, each once", async () => {
  const post = (event: string, body: unknown) => {
    const text = JSON.stringify(body);
    const headers = { "x-github-event": event, "x-hub-signature-256": `sha256=${sign(text)}` };
    return send("github", text, headers);
  };
  const deployment = (state: string) => ({
    repository: { name: "shop", full_name: "acme/shop" },
    sender: { login: "ana" },
    deployment_status: { id: 7, state, environment: "production", created_at: ago(5) },
    deployment: { id: 3, ref: "main", sha: "0123456789abcdef0123" },
  });
  expect((await post("ping", { zen: "…" })).body).toEqual({ change: null });
  expect((await post("deployment_status", deployment("pending"))).body).toEqual({ change: null });
  const [one, two] = [
    await post("deployment_status", deployment("success")),
    await post("deployment_status", deployment("success")),
  ];
  expect(one.body["change"]).toBe(two.body["change"]);
  expect(typeof one.body["change"]).toBe("string");
  const text = JSON.stringify(deployment("success"));
  expect((await send("github", text, { "x-hub-signature-256": "sha256=00" })).status).toBe(401);
});

it("whatever is sent, a webhook is understood or refused by name", () => {
  const parsers = [
    pagerDutyNews,
    (body: unknown) => opsgenieNews(body, 1),
    (body: unknown) => grafanaNews(body, "error", 1),
    (body: unknown) => gitHubChange("release", body),
    (body: unknown) => gitHubChange("deployment_status", body),
  ];
  const near = fc.record(
    { event: fc.object(), alert: fc.object(), alerts: fc.array(fc.object()), action: fc.string() },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.oneof(fc.anything(), near), fc.constantFrom(...parsers), (body, parse) => {
      try {
        parse(body);
      } catch (error) {
        expect(error).toBeInstanceOf(WebhookError);
      }
    }),
    { numRuns: 300 },
  );
  fc.assert(
    fc.property(fc.string(), (header) => {
      expect(isSigned(Buffer.from("body"), header, "v1=", [SECRET])).toBe(false);
    }),
    { numRuns: 200 },
  );
});
