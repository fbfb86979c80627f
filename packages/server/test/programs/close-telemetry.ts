import { pino } from "pino";
import { openTelemetry, StoreError } from "../../src/store/index.ts";
import { serverOf } from "../over-http/server-of.ts";

// For telemetry.test.ts: closes the store while a write waits and a query runs, and says what came
// of each; then opens it again to count what is stored.
const dir = process.argv[2] ?? "";
const log = pino({ level: "silent" });
const telemetry = await openTelemetry({ dir, log, server: serverOf(dir) });
const codeOf = (error: unknown) => (error instanceof StoreError ? error.code : String(error));
const sample = () => ({
  series: [{ __name__: "x" }],
  seriesOf: new Uint32Array(1),
  times: new Float64Array([Date.now()]),
  values: new Float64Array(1),
});
const running = telemetry
  .select("SELECT count() FROM numbers(100000000000) WHERE sipHash64(number) = 1")
  .then(() => "answered", codeOf);
const waiting = telemetry.samples.write(sample()).then(() => "fulfilled", codeOf);
const started = performance.now();
await telemetry.close();
const inTime = performance.now() - started < 2000;
const late = await telemetry.samples.write(sample()).then(() => "fulfilled", codeOf);
const again = await openTelemetry({ dir, log, server: serverOf(dir) });
const [block] = await again.select("SELECT toString(count()) AS x FROM samples");
const column = block?.columns.get("x");
const stored = column?.kind === "strings" ? column.data[0] : undefined;
console.log(
  JSON.stringify({ waiting: await waiting, running: await running, late, inTime, stored }),
);
await again.close();
