import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { beforeAll, beforeEach, expect, it } from "vitest";
import { alertingRule, groupOf, recordingRule, RulesRig } from "../../../test/rules-rig.ts";
import { testRecords } from "../../../test/records.ts";
import type { Labels } from "../../model/index.ts";
import { createMetricsQuery } from "../../query/index.ts";
import type { MetricsQuery } from "../../query/index.ts";
import { openTelemetry } from "../../store/index.ts";
import type { Records, Telemetry } from "../../store/index.ts";
import type { Rule } from "./rule-group.ts";
import { metricsRead } from "./metrics-read.ts";

/** The rules on the engines themselves: what they write is what they and everybody else read. */
const START = Date.now() - 3_600_000;
const UP = { __name__: "up", job: "shop", instance: "a" };

let telemetry: Telemetry;
let metrics: MetricsQuery;
let records: Records;

beforeAll(async () => {
  const dir = await mkdtemp(join(tmpdir(), "sw-rules-store-"));
  telemetry = await openTelemetry({ dir, log: pino({ level: "silent" }) });
  metrics = createMetricsQuery({ telemetry });
  records = await testRecords();
  return async () => {
    await records.close();
    await telemetry.close();
    await rm(dir, { recursive: true, force: true });
  };
});

beforeEach(async () => {
  await records.db.deleteFrom("rule_alerts").execute();
});

async function write(labels: Labels, at: number, value: number): Promise<void> {
  await telemetry.samples.write({
    series: [labels],
    seriesOf: Uint32Array.of(0),
    times: Float64Array.of(at),
    values: Float64Array.of(value),
  });
}

const parsed = (rule: Rule): Rule => ({ ...rule, reads: metricsRead(metrics.parse(rule.query)) });

async function values(query: string, at: number): Promise<string[]> {
  const { value } = await metrics.instant(query, at);
  if (value.type !== "vector") throw new Error(`${query} gives a ${value.type}`);
  return value.samples.map((sample) => `${sample.labels.toString()} ${sample.value}`);
}

it("a rule reads what the rule before it has recorded, in the same evaluation", async () => {
  const first = START + 1000;
  await write({ ...UP, instance: "x1" }, first - 500, 1);
  await write({ ...UP, instance: "x2" }, first - 500, 0);
  const rig = new RulesRig(records, first, { metrics, samples: telemetry.samples });
  const group = groupOf([
    parsed(recordingRule("job_up_sum", 'sum by (job) (up{instance=~"x."})')),
    parsed(alertingRule("HalfDown", "job_up_sum < 2")),
    parsed(recordingRule("alerts_now", 'count(ALERTS{alertname="HalfDown"})')),
  ]);
  await rig.rules.apply([group]);
  await rig.rules.start();
  await rig.step();
  const at = rig.clock.now();
  expect(await values("job_up_sum", at)).toEqual(['{__name__="job_up_sum", job="shop"} 1']);
  expect(await values("alerts_now", at)).toEqual(['{__name__="alerts_now"} 1']);
  expect(await values("ALERTS", at)).toEqual([
    '{__name__="ALERTS", alertname="HalfDown", alertstate="firing", job="shop"} 1',
  ]);
  expect(rig.accepted).toMatchObject([{ labels: { alertname: "HalfDown", job: "shop" } }]);
  await write({ ...UP, instance: "x2" }, at + 500, 1);
  await rig.step();
  expect(await values("ALERTS", rig.clock.now())).toEqual([]);
  expect(await values("alerts_now", rig.clock.now())).toEqual([]);
  await rig.rules.stop();
});

it("a pending alert goes on after a restart by what the store has seen of it", async () => {
  const rig = new RulesRig(records, START + 600_000, { metrics, samples: telemetry.samples });
  const group = groupOf([
    parsed(alertingRule("ShopDown", 'up{instance="r"} == 0', { holdFor: 20_000 })),
  ]);
  await rig.rules.apply([group]);
  await rig.rules.start();
  await write({ ...UP, instance: "r" }, rig.clock.now() - 500, 0);
  await rig.step(11);
  const activeAt = () =>
    rig.rules
      .groups()
      .flatMap((view) => view.rules)
      .flatMap((rule) => (rule.type === "alerting" ? rule.alerts : []))[0]?.activeAt;
  const before = activeAt() ?? 0;
  // Ten seconds were seen; of the two minutes that nobody looked, one interval counts.
  await rig.restart(120_000, [group]);
  await rig.step();
  expect(rig.clock.now() - (activeAt() ?? 0)).toBe(11_000);
  expect(activeAt()).toBeGreaterThan(before);
  await rig.step(9);
  expect(rig.accepted).toHaveLength(1);
  await rig.rules.stop();
});
