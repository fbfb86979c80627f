import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEngine } from "@seaworthy/promql";
import { expect, it, onTestFinished } from "vitest";
import { BOOTSTRAP, testServer } from "../../../test/http.ts";
import { createSavedRules, promqlRules } from "../../evaluate/index.ts";

it("lets admins save a rule, says what is wrong with one, and writes it down", async () => {
  const folder = await mkdtemp(join(tmpdir(), "seaworthy-saved-rules-api-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, "saved.yml");
  const engine = createEngine();
  const server = await testServer({
    savedRules: createSavedRules({
      file,
      defaults: () => ({ interval: 60_000 }),
      language: promqlRules((query) => engine.parse(query)),
      reload: async () => {},
      isRead: () => true,
    }),
  });
  onTestFinished(() => server.close());
  const call = async (method: string, path: string, body?: unknown, token = BOOTSTRAP) => {
    const response = await fetch(server.url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const seen = await call("GET", "/api/rules/saved");
  const { version } = seen.body["saved"] as { version: string };
  expect(seen.body).toEqual({ saved: { file, version } });
  const change = (expression: string) => ({
    group: "shop",
    version,
    rule: { type: "alerting", name: "Down", expression, for: "1m" },
  });
  const writer = await server.token("write");
  expect((await call("PUT", "/api/rules/saved", change("up == 0"), writer)).status).toBe(403);
  expect(await call("PUT", "/api/rules/saved", change("up =="))).toMatchObject({
    status: 400,
    body: { code: "rule_invalid", detail: expect.stringContaining(`${file}:`) },
  });
  expect((await call("PUT", "/api/rules/saved", change("up == 0"))).status).toBe(200);
  expect(await readFile(file, "utf8")).toContain("- alert: Down\n        expr: up == 0\n");
  expect(await call("PUT", "/api/rules/saved", change("up == 1"))).toMatchObject({
    status: 409,
    body: { code: "rule_file_changed" },
  });
  const audit = await call("GET", "/api/audit");
  expect(audit.body["entries"]).toContainEqual(
    expect.objectContaining({ action: "rule.save", subject: "shop/Down" }),
  );
});
