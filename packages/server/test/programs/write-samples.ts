import { pino } from "pino";
import { openTelemetry } from "../../src/store/index.ts";
import { serverOf } from "../over-http/server-of.ts";

// For durability.test.ts: writes batches until it is killed, and says which are acknowledged. Batch b
// has the samples (b, 0) … (b, SIZE − 1) as values b * SIZE + i, from several writers at a time.
const dir = process.argv[2] ?? "";
const first = Number(process.argv[3]);
const SIZE = 50;
const telemetry = await openTelemetry({
  dir,
  server: serverOf(dir),
  log: pino({ level: "silent" }),
  limits: { commitEveryMs: 0 },
});
console.log("open");
let next = first;
const start = Number(process.argv[4]);
async function write(): Promise<void> {
  for (;;) {
    const batch = next;
    next += 1;
    await telemetry.samples.write({
      series: Array.from({ length: SIZE }, (_, i) => ({ __name__: "kept", i: String(i) })),
      seriesOf: Uint32Array.from({ length: SIZE }, (_, i) => i),
      times: new Float64Array(SIZE).fill(start + batch),
      values: Float64Array.from({ length: SIZE }, (_, i) => batch * SIZE + i),
    });
    console.log(String(batch));
  }
}
await Promise.all([write(), write(), write()]);
