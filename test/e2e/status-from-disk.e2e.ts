import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { makePostgres } from "../../packages/server/test/postgres-server.ts";
import { eventually, startPlatform, writeSetup } from "./platform.ts";
import type { Platform } from "./platform.ts";

it("serves the status page from disk when it starts without its database, and all the rest once that is there", async () => {
  const folder = await mkdtemp(join(tmpdir(), "seaworthy-snapshot-"));
  const running: Platform[] = [];
  const postgres = await makePostgres();
  onTestFinished(async () => {
    for (const { child } of running) child.kill("SIGKILL");
    await postgres.close();
    await rm(folder, { recursive: true, force: true });
  });
  const setup = await writeSetup(folder, "http://127.0.0.1:9", { demo: false });
  const url = `http://127.0.0.1:${setup.port}`;
  const start = async () => {
    const environment = { SEAWORTHY_POSTGRES_URL: postgres.url("postgres") };
    const platform = await startPlatform(setup, "server", [], environment);
    running.push(platform);
    return platform;
  };
  await postgres.start();
  const first = await start();
  const body = { name: "Checkout <b>desk</b>" };
  await first.call("/api/status-page/components", { method: "POST", body });
  const snapshot = join(setup.data, "status-page.json");
  await eventually("the snapshot", async () =>
    (await readFile(snapshot, "utf8")).includes("Checkout") ? true : undefined,
  );
  await first.end("SIGTERM");
  await postgres.end();

  const second = start();
  const page = await eventually("the page from disk", async () => {
    const answer = await fetch(`${url}/status`);
    return answer.ok ? answer.text() : undefined;
  });
  expect(page).toContain("Checkout &lt;b&gt;desk");
  const status = async (path: string) => (await fetch(url + path)).status;
  expect(await status("/health/live")).toBe(200);
  expect(await status("/health/ready")).toBe(503);
  expect(await status("/status/api/v2/summary.json")).toBe(200);
  const refused = await fetch(`${url}/api/incidents`);
  expect(refused.status).toBe(503);
  expect(refused.headers.get("retry-after")).toBe("5");
  expect(await refused.json()).toMatchObject({ code: "starting" });

  await postgres.start();
  const platform = await second;
  expect(platform.output()).toContain("the status page is served as it was last");
  await eventually("readiness", async () => (await status("/health/ready")) === 200 || undefined);
  await platform.call("/api/incidents");
  expect(await (await fetch(`${url}/status`)).text()).toContain("Checkout &lt;b&gt;desk");
});
