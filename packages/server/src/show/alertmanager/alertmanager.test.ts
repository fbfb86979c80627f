import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { testRecords } from "../../../test/records.ts";
import { runningRouter } from "../../../test/running-router.ts";
import { BOOTSTRAP, testServer } from "../../../test/http.ts";
import type { TestServer } from "../../../test/http.ts";
import { systemClock } from "../../model/index.ts";
import type { Router } from "../../route/index.ts";
import type { Records } from "../../store/index.ts";
import { listAudit } from "../../store/index.ts";
import { alertmanagerRoutes } from "./routes.ts";

const run = promisify(execFile);

const CONFIG = `
route:
  receiver: team
  group_by: [alertname]
  routes:
    - matchers: [severity="page"]
      receiver: pager
receivers:
  - name: team
    webhook_configs: [{url: "http://127.0.0.1:1/SECRET"}]
  - name: pager
inhibit_rules:
  - source_matchers: [alertname="Datacenter"]
    target_matchers: [alertname="Host"]
`;

let dir = "";
let records: Records;
let router: Router;
let server: TestServer;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "sw-amtool-"));
  await writeFile(join(dir, "alertmanager.yml"), CONFIG);
  records = await testRecords();
  router = await runningRouter(records, join(dir, "alertmanager.yml"));
  server = await testServer({
    routes: [alertmanagerRoutes({ router, clock: systemClock, version: "0.1.0" })],
  });
});
afterAll(async () => {
  await router.stop();
  await server.close();
  await records.close();
  await rm(dir, { recursive: true, force: true });
});
beforeEach(async () => {
  for (const silence of router.silences.list()) await router.silences.expire(silence.id, "test");
});

/** Runs Debian's amtool against the server, with the token as Basic auth's password. */
async function amtool(...args: string[]): Promise<string> {
  const url = server.url.replace("http://", `http://any:${BOOTSTRAP}@`);
  const { stdout } = await run("amtool", [`--alertmanager.url=${url}`, ...args]);
  return stdout;
}

async function api(
  path: string,
  options: { body?: unknown; method?: string; token?: string } = {},
) {
  const { body, method = body === undefined ? "GET" : "POST", token = BOOTSTRAP } = options;
  const response = await fetch(`${server.url}/api/v2${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === "" ? undefined : (JSON.parse(text) as unknown) };
}

const fire = (...labels: Record<string, string>[]) =>
  api("/alerts", { body: labels.map((one) => ({ labels: one })) });

describe("amtool", () => {
  it("adds and queries alerts", async () => {
    await amtool(
      "alert",
      "add",
      "Disk",
      "instance=a",
      "severity=page",
      "--annotation=summary=full",
    );
    expect(await amtool("alert", "query", "Disk")).toMatch(/Disk .*full .*active/);
    expect(
      await amtool("alert", "query", "-o", "extended", "severity=page", "instance=~a|b"),
    ).toMatch(/instance="a"/);
    expect(await amtool("alert", "query", "-o", "json", "--receiver=pager")).toContain(
      '"name":"pager"',
    );
    expect(await amtool("alert", "query", "-o", "simple", "--receiver=team", "Disk")).not.toContain(
      "full",
    );
  });

  it("makes, shows, updates and expires silences", async () => {
    const id = (
      await amtool(
        "silence",
        "add",
        "alertname=Quiet",
        "instance=~.+",
        "--comment=works",
        "--duration=1h",
      )
    ).trim();
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    expect(await amtool("silence", "query")).toMatch(
      new RegExp(`${id} .*alertname="Quiet" instance=~".\\+"`),
    );
    await fire({ alertname: "Quiet", instance: "a" });
    expect(await amtool("alert", "query", "Quiet")).not.toContain("active");
    expect(await amtool("alert", "query", "--silenced", "Quiet")).toContain("suppressed");
    const updated = await amtool(
      "silence",
      "update",
      "-o",
      "json",
      "--duration=2h",
      "--comment=longer",
      id,
    );
    expect(updated).toContain(id);
    await amtool("silence", "expire", id);
    expect(await amtool("silence", "query", "-q")).not.toContain(id);
    expect(await amtool("silence", "query", "-q", "--expired", "--within=1h")).toContain(id);
    expect(await amtool("alert", "query", "Quiet")).toContain("active");
    const { entries } = await listAudit(records.db, { limit: 10 });
    const actions = entries.filter((entry) => entry.subject === id).map((entry) => entry.action);
    expect(actions).toEqual(["silence.expire", "silence.update", "silence.create"]);
  });

  it("shows the configuration without secrets, the routes and the cluster", async () => {
    const shown = await amtool("config", "show");
    expect(shown).toContain("receiver: pager");
    expect(shown).not.toContain("SECRET");
    expect(await amtool("config", "routes", "test", "severity=page")).toBe("pager\n");
    expect(await amtool("config", "routes", "show")).toContain("pager");
    expect(await amtool("cluster", "show")).toContain("disabled");
  });

  it("says what is wrong with a request", async () => {
    await expect(
      amtool("silence", "expire", "00000000-0000-0000-0000-000000000000"),
    ).rejects.toThrow(/404/);
    await expect(amtool("alert", "query", "--receiver=(")).rejects.toThrow(
      /failed to parse receiver/,
    );
  });
});

describe("the API", () => {
  it("filters alerts as Alertmanager does", async () => {
    await fire(
      { alertname: "Datacenter", dc: "1" },
      { alertname: "Host", host: "a" },
      { alertname: "Host", host: "b", severity: "page" },
    );
    const names = async (query: string) => {
      const { body } = await api(
        `/alerts?filter=${encodeURIComponent('alertname=~"Host|Datacenter"')}${query}`,
      );
      return (body as { labels: Record<string, string> }[])
        .map(({ labels }) => labels["host"] ?? labels["dc"])
        .sort();
    };
    expect(await names("")).toEqual(["1", "a", "b"]);
    expect(await names("&inhibited=false")).toEqual(["1"]);
    expect(await names("&active=false")).toEqual(["a", "b"]);
    expect(await names("&receiver=page.*")).toEqual(["b"]);
    expect(await names(`&receiver_matchers=${encodeURIComponent("name=team")}`)).toEqual([
      "1",
      "a",
    ]);
    expect(await names(`&filter=${encodeURIComponent('host!=""')}&filter=severity%3D`)).toEqual([
      "a",
    ]);
    const groups = (await api("/alerts/groups?receiver=team")).body as {
      labels: unknown;
      alerts: unknown[];
    }[];
    expect(
      groups.find((group) => JSON.stringify(group.labels).includes("Host"))?.alerts,
    ).toHaveLength(1);
  });

  it("takes what is good of a batch and names what is not", async () => {
    const answer = await api("/alerts", {
      body: [{ labels: { alertname: "Good" } }, { labels: { alertname: "" } }],
    });
    expect(answer).toEqual({
      status: 400,
      body: expect.stringMatching(/at least one label/) as string,
    });
    const { body } = await api("/alerts?filter=alertname%3DGood");
    expect(body).toHaveLength(1);
  });

  it("ends an alert when it is told so, and takes Go's zero time for none", async () => {
    const labels = { alertname: "Ends" };
    const zero = "0001-01-01T00:00:00Z";
    await api("/alerts", { body: [{ labels, startsAt: zero, endsAt: zero }] });
    const listed = async () =>
      (await api("/alerts?filter=alertname%3DEnds")).body as { endsAt: string }[];
    expect(Date.parse((await listed())[0]?.endsAt ?? "")).toBeGreaterThan(Date.now() + 200_000);
    await api("/alerts", { body: [{ labels, endsAt: new Date().toISOString() }] });
    expect(await listed()).toEqual([]);
  });

  it.each([
    ["/alerts?active=maybe", /active must be true or false/],
    ["/alerts?filter=a", /a/],
    ["/silences?filter=%7B", /brace/],
    ["/alerts?receiver_matchers=x", /x/],
  ])("refuses %s", async (path, reason) => {
    const { status, body } = await api(path);
    expect(status).toBe(400);
    expect(body).toMatch(reason);
  });

  it.each([
    [{}, /matchers/],
    [{ matchers: [] }, /at least one matcher/],
    [{ matchers: [{ name: "a", value: ".*", isRegex: true }] }, /must not match the empty text/],
    [{ matchers: [{ name: "a", value: "(", isRegex: true }] }, /regular expression/],
    [{ endsAt: "2001-01-01T00:00:00Z" }, /before end time/],
    [{ startsAt: "tomorrow" }, /is not a time/],
  ])("refuses the silence %j", async (part, reason) => {
    const { matchers, ...rest } = {
      matchers: [{ name: "a", value: "b", isRegex: false }],
      startsAt: "2026-01-01T00:00:00Z",
      endsAt: "2999-01-01T00:00:00Z",
      createdBy: "me",
      comment: "c",
      ...part,
    };
    const body = Object.keys(part).length === 0 ? rest : { ...rest, matchers };
    const answer = await api("/silences", { body });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatch(reason);
  });

  it("lets senders send and nobody else change anything", async () => {
    const [ingest, read] = [await server.token("ingest"), await server.token("read")];
    const body = [{ labels: { alertname: "Sent" } }];
    expect((await api("/alerts", { body, token: ingest })).status).toBe(200);
    expect((await api("/alerts", { token: ingest })).status).toBe(403);
    expect((await api("/silences", { body: {}, token: read })).status).toBe(403);
    expect((await api("/status", { token: "wrong" })).status).toBe(401);
  });

  it("answers noise with an error of its own", async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ maxDepth: 4 }), fc.boolean(), async (noise, silence) => {
        const body = fc.sample(
          fc.constantFrom(noise, [noise], [{ labels: noise }], { matchers: noise }),
          1,
        )[0];
        const { status } = await api(silence ? "/silences" : "/alerts", { body });
        expect([200, 400]).toContain(status);
      }),
      { numRuns: 100 },
    );
  });
});
