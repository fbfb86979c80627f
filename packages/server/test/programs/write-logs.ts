import { pino } from "pino";
import { openTelemetry } from "../../src/store/index.ts";
import { serverOf } from "../over-http/server-of.ts";

// For log-writer.test.ts: writes batches from `first` on until it is killed, several at a time, and
// says which are acknowledged. Batch b has SIZE lines "b/i", half of them on the day after.
const dir = process.argv[2] ?? "";
const first = Number(process.argv[3]);
const SIZE = 40;
const midnight = BigInt(process.argv[4] ?? 0) * 1_000_000n;
const telemetry = await openTelemetry({
  dir,
  server: serverOf(dir),
  log: pino({ level: "silent" }),
  limits: { commitEveryMs: 0 },
});
console.log("open");
let next = first;
async function write(): Promise<void> {
  for (;;) {
    const batch = next;
    next += 1;
    await telemetry.logs.write({
      streams: [{ service_name: "kept", parity: String(batch % 2) }],
      streamOf: new Uint32Array(SIZE),
      times: BigInt64Array.from({ length: SIZE }, (_, i) => midnight + BigInt(i - SIZE / 2)),
      lines: Array.from({ length: SIZE }, (_, i) => `${batch}/${i}`),
      metadata: Array.from({ length: SIZE }, () => ({})),
      fingerprint: BigInt(batch + 1),
    });
    console.log(String(batch));
  }
}
await Promise.all([write(), write(), write()]);
