import { spawnSync } from "node:child_process";
import { expect, it, onTestFinished } from "vitest";
import { compareSides } from "../../packages/server/test/alert-stream/run.ts";
import { testRecords } from "../../packages/server/test/records.ts";

const hasAlertmanager = spawnSync("prometheus-alertmanager", ["--version"]).error === undefined;

// One configuration and a short stream; `npm run bench -- alertmanager-side-by-side` has more of both.
it.skipIf(!hasAlertmanager)(
  "tells the same as Alertmanager, in the same order",
  { timeout: 90_000 },
  async () => {
    const records = await testRecords();
    onTestFinished(() => records.close());
    const found = await compareSides({ seed: 3, alerts: 240, slots: 9, records });
    expect(found.differences.join("\n")).toBe("");
    expect(found.notifications).toBeGreaterThan(50);
  },
);
