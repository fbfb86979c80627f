// `main.ts [--json] [--configs N] [--alerts N] [--slots N] [--seed N]`: random configurations and
// streams of alerts, told to our router and to Debian's Alertmanager at once. What differs is tried again
// at a third and a sixth of the pace: only what still differs is a difference.
import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { pino } from "pino";
import { openRecords } from "../../src/store/index.ts";
import { compareSides } from "./run.ts";
import type { Comparison } from "./run.ts";

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    configs: { type: "string", default: "5" },
    alerts: { type: "string", default: "2000" },
    slots: { type: "string", default: "14" },
    seed: { type: "string", default: "1" },
  },
});
if (spawnSync("prometheus-alertmanager", ["--version"]).error !== undefined) {
  process.stderr.write("prometheus-alertmanager is not installed\n");
  process.exit(2);
}

/** Where a machine is too busy for the pace, both sides are told apart by chance: then go slower. */
const SLOWER = [1, 3, 6];

async function compare(seed: number, slower: number): Promise<Comparison> {
  const dir = await mkdtemp(join(tmpdir(), "sw-alert-stream-records-"));
  const log = pino({ level: "silent" });
  const records = await openRecords({ dir, maxConnections: 8, log });
  try {
    const [alerts, slots] = [Number(values.alerts), Number(values.slots)];
    return await compareSides({ seed, alerts, slots, records, slower });
  } finally {
    await records.close();
    await rm(dir, { recursive: true, force: true });
  }
}

let different = 0;
for (let index = 0; index < Number(values.configs); index += 1) {
  const seed = Number(values.seed) + index;
  let slower = 1;
  let found: Comparison | undefined;
  for (slower of SLOWER) {
    found = await compare(seed, slower);
    if (found.differences.length === 0) break;
  }
  if (found === undefined) continue;
  if (found.differences.length > 0) different += 1;
  const { alerts, notifications, groups, differences } = found;
  if (values.json)
    console.log(
      JSON.stringify({
        bench: "alertmanager-side-by-side",
        case: `seed ${seed}, pace 1/${slower}: ${alerts} alerts, ${notifications} notifications`,
        unit: "groups told differently",
        ours: differences.length,
        peer: groups,
        peerName: "Alertmanager (groups in all)",
        ratio: groups === 0 ? 0 : differences.length / groups,
      }),
    );
  else {
    const what = `pace 1/${slower}, ${alerts} alerts, ${notifications} notifications to ${groups} groups`;
    console.log(`seed ${seed}: ${what}: ${differences.length} groups were told differently`);
    if (differences.length > 0) console.log(found.config, differences.slice(0, 5).join("\n"));
  }
}
process.exitCode = different === 0 ? 0 : 1;
