import { pino } from "pino";
import { openTelemetry, StoreError } from "../../src/store/index.ts";

// For telemetry.test.ts: opens the folder it is given and holds it, or says why it cannot.
try {
  await openTelemetry({ dir: process.argv[2] ?? "", log: pino({ level: "silent" }) });
  console.log("open");
  process.stdin.resume();
} catch (error) {
  console.log(error instanceof StoreError ? `${error.code}: ${error.message}` : String(error));
}
