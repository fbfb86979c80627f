import { pino } from "pino";
import { openTelemetry } from "../../src/store/index.ts";
import { serverOf } from "../over-http/server-of.ts";

// For store/clickhouse/killed-writers.test.ts: writes batches from `first` on until it is killed, several
// at a time, and says which are acknowledged. Batch b has SIZE lines, or spans, "b/i", half of them on
// the day after.
const [dir = "", signal = "", firstText = "", midnightMs = ""] = process.argv.slice(2);
const SIZE = 40;
const midnight = BigInt(midnightMs) * 1_000_000n;
const hex = (value: number, digits: number) => value.toString(16).padStart(digits, "0");
const telemetry = await openTelemetry({
  dir,
  server: serverOf(dir),
  log: pino({ level: "silent" }),
  limits: { commitEveryMs: 0 },
});
console.log("open");
let next = Number(firstText);

const items = Array.from({ length: SIZE }, (_, i) => i);
const timeOf = (i: number) => midnight + BigInt(i - SIZE / 2);

async function writeLines(batch: number): Promise<void> {
  await telemetry.logs.write({
    streams: [{ service_name: "kept", parity: String(batch % 2) }],
    streamOf: new Uint32Array(SIZE),
    times: BigInt64Array.from(items, timeOf),
    lines: items.map((i) => `${batch}/${i}`),
    metadata: items.map(() => ({})),
    fingerprint: BigInt(batch + 1),
  });
}

async function writeSpans(batch: number): Promise<void> {
  await telemetry.spans.write({
    spans: items.map((i) => ({
      traceId: hex(batch + 1, 32),
      spanId: hex(i + 1, 16),
      parentId: "",
      service: "kept",
      name: `${batch}/${i}`,
      kind: "internal",
      startNs: timeOf(i),
      durationNs: 1n,
      status: "unset",
      statusMessage: "",
      scope: "",
      resource: {},
      attributes: {},
      events: [],
      links: [],
    })),
    fingerprint: BigInt(batch + 1),
  });
}

const write = signal === "logs" ? writeLines : writeSpans;

async function keepWriting(): Promise<void> {
  for (;;) {
    const batch = next;
    next += 1;
    await write(batch);
    console.log(String(batch));
  }
}
await Promise.all([keepWriting(), keepWriting(), keepWriting()]);
