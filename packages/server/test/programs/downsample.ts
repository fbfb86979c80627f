import { pino } from "pino";
import { openTelemetry } from "../../src/store/index.ts";

// For downsampled.test.ts: downsamples what is due in many small pieces, and says when a day is done.
const dir = process.argv[2] ?? "";
const now = Number(process.argv[3]);
let days = 0;
const telemetry = await openTelemetry({
  dir,
  log: pino({ level: "silent" }),
  clock: { now: () => now, after: () => ({ cancel: () => {} }) },
  limits: { downsamplingPiece: 500 },
  downsampled({ daysDone }) {
    if (daysDone > days) console.log("day");
    days = daysDone;
  },
});
console.log("open");
await telemetry.downsample();
console.log("done");
await telemetry.close();
