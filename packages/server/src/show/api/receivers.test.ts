import { afterEach, expect, it } from "vitest";
import { testServer } from "../../../test/http.ts";
import type { TestServer } from "../../../test/http.ts";
import { RouteError } from "../../route/index.ts";

let server: TestServer;
afterEach(() => server.close());

it("lists receivers, tests one for whoever may, and shows the dead man's switch", async () => {
  const asked: string[] = [];
  const at = "2026-01-01T12:00:00.000Z";
  const health = { succeededAt: at, failedAt: null, error: null, testedAt: null };
  server = await testServer({
    sources: {
      receivers: async () => [
        { name: "on call", integrations: [{ integration: "slack", index: 0, ...health }] },
      ],
      async testReceiver(name, by) {
        if (name !== "on call") throw new RouteError("receiver_not_found", `no ${name}`);
        asked.push(by);
        return [{ integration: "slack", index: 0, error: "refused" }];
      },
      watchdog: async () => ({
        seenAt: at,
        heartbeat: { configured: true, sentAt: at, failedAt: null, error: null },
      }),
    },
  });
  const [read, write] = [await server.token("read"), await server.token("write")];
  const call = async (path: string, token: string, method = "GET") => {
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(server.url + path, { method, headers });
    return { status: response.status, body: (await response.json()) as unknown };
  };
  expect(await call("/api/receivers", read)).toMatchObject({
    status: 200,
    body: { receivers: [{ name: "on call", integrations: [{ succeededAt: at }] }] },
  });
  expect((await call("/api/receivers/on%20call/test", read, "POST")).status).toBe(403);
  expect(await call("/api/receivers/on%20call/test", write, "POST")).toEqual({
    status: 200,
    body: { results: [{ integration: "slack", index: 0, error: "refused" }] },
  });
  expect(asked).toHaveLength(1);
  expect(await call("/api/receivers/none/test", write, "POST")).toMatchObject({
    status: 404,
    body: { code: "receiver_not_found" },
  });
  expect(await call("/api/watchdog", read)).toMatchObject({
    body: { seenAt: at, heartbeat: { configured: true } },
  });
});
