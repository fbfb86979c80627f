import { spawnSync } from "node:child_process";
import { stripVTControlCharacters } from "node:util";
import { afterEach, expect, it } from "vitest";
import { createSelf } from "./index.ts";
import type { Self } from "./index.ts";

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

function make(isTTY: boolean, maxEventLoopDelay = 2000): { self: Self; lines: string[] } {
  const lines: string[] = [];
  const stream = { isTTY, write: (text: string) => lines.push(text) };
  const self = createSelf({ version: "1.2.3", level: "info", stream, maxEventLoopDelay });
  stops.push(() => self.stop());
  return { self, lines };
}

it("logs JSON to machines, without secrets", () => {
  const { self, lines } = make(false);
  self.log.debug("unseen");
  self.log.info(
    { user: { name: "ann", password: "hunter2" }, req: { headers: { cookie: "hunter2" } } },
    "hello",
  );
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? "")).toEqual({
    level: "info",
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    user: { name: "ann", password: "<secret>" },
    req: { headers: { cookie: "<secret>" } },
    msg: "hello",
  });
});

it("logs a readable line to a terminal, which it does not steer", () => {
  const { self, lines } = make(true);
  self.log.warn({ url: "http://a/b", said: "x\u001b[2Jy z" }, "target is \u001b[2Jdown");
  self.log.error({ err: new Error("boom") }, "broke");
  const plain = stripVTControlCharacters(lines.join(""));
  expect(plain).toMatch(
    /^\d\d:\d\d:\d\d\.\d{3} WARN {2}target is \\u001b\[2Jdown url=http:\/\/a\/b /,
  );
  expect(plain).toMatch(/\n[\d:.]+ ERROR broke\n {4}Error: boom\n {8}at /);
  expect(plain).not.toContain("\u001b");
});

it("exposes what the rooms tell, in a form that promtool takes", async () => {
  const { self } = make(false);
  const { metrics } = self;
  metrics.dropped("samples", "store_unavailable", 3);
  metrics.dropped("samples", "out_of_order", 0);
  metrics.scraped("shop", "ok", 0.01, 100);
  metrics.scrapesMissed("shop", 2);
  metrics.targets("shop", 1, 2);
  metrics.samplesWritten(100, 0.02);
  metrics.queried("instant", "ok", 0.1);
  metrics.ruleGroupEvaluated("g", "failed", 0.1);
  metrics.ruleGroupMissed("g", 1);
  metrics.notified("slack", "ok", 0.2);
  metrics.httpAnswered("GET", "/api/overview", 200, 0.01);
  metrics.configLoaded("ok", 1_700_000_000_000);
  const { body, contentType } = await self.exposition();
  expect(contentType).toContain("version=0.0.4");
  for (const line of [
    'seaworthy_build_info{version="1.2.3"} 1',
    'seaworthy_dropped_total{subject="samples",reason="store_unavailable"} 3',
    'seaworthy_targets{job="shop",health="down"} 2',
    'seaworthy_http_request_seconds_count{method="GET",route="/api/overview",status="200"} 1',
    "seaworthy_config_last_load_success_timestamp_seconds 1700000000",
  ]) {
    expect(body).toContain(`${line}\n`);
  }
  expect(body).not.toContain("out_of_order");
  expect(body).toMatch(/^nodejs_eventloop_lag_seconds /m);
  if (spawnSync("promtool", ["--version"]).status !== 0) return;
  const own = body
    .split("\n")
    .filter((line) => line.includes("seaworthy_"))
    .join("\n");
  const checked = spawnSync("promtool", ["check", "metrics"], {
    input: `${own}\n`,
    encoding: "utf8",
  });
  expect(checked.stderr + checked.stdout).toBe("");
});

it("notices when the event loop is held up", async () => {
  const { self } = make(false, 150);
  await self.eventLoop.check.run();
  const until = performance.now() + 300;
  while (performance.now() < until);
  await expect(self.eventLoop.check.run()).rejects.toThrow(/held up for \d+ ms, more than 150 ms/);
});
