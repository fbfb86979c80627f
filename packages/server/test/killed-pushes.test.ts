import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { compressSync } from "snappy";
import { expect, it, onTestFinished } from "vitest";
import { openTelemetry } from "../src/store/index.ts";
import { startProgram } from "./program.ts";
import type { Program } from "./program.ts";
import { ProtoWriter } from "./protobuf-writer.ts";

const program = new URL("./programs/receive-pushes.ts", import.meta.url);
/** `npm run killed:pushes` does it twenty times. */
const KILLS = Number(process.env["PUSH_KILLS"] ?? 2);
/** Lines, or spans, of a batch. */
const SIZE = 20;
const PROTOBUF = "application/x-protobuf";
const base = Date.now() - 60_000;

interface Item {
  readonly text: string;
  readonly ms: number;
  /** Counts from 1 over all batches of a sender. */
  readonly number: number;
}

interface Door {
  readonly path: string;
  readonly type?: string;
  readonly body: (items: readonly Item[]) => string | Buffer;
}

const ns = (ms: number) => BigInt(ms) * 1_000_000n;
const hex = (value: number, digits: number) => value.toString(16).padStart(digits, "0");
const span = ({ text, ms, number }: Item) => ({
  traceId: hex(number, 32),
  spanId: hex(number, 16),
  name: text,
  startTimeUnixNano: String(ns(ms)),
  endTimeUnixNano: String(ns(ms + 1)),
});

const DOORS: readonly Door[] = [
  {
    path: "/logs/loki",
    body: (items) =>
      JSON.stringify({
        streams: [
          { stream: { app: "a" }, values: items.map(({ text, ms }) => [String(ns(ms)), text]) },
        ],
      }),
  },
  {
    path: "/logs/loki",
    type: PROTOBUF,
    body: (items) => {
      const push = new ProtoWriter().message(1, (stream) => {
        stream.text(1, '{app="b"}');
        for (const { text, ms } of items) {
          stream.message(2, (entry) =>
            entry.message(1, (time) => time.varint(1, Math.floor(ms / 1000))).text(2, text),
          );
        }
      });
      return compressSync(push.bytes());
    },
  },
  {
    path: "/logs/otlp",
    body: (items) => {
      const logRecords = items.map(({ text, ms }) => ({
        timeUnixNano: String(ns(ms)),
        body: { stringValue: text },
      }));
      return JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] });
    },
  },
  {
    path: "/logs/datadog",
    body: (items) =>
      JSON.stringify(items.map(({ text, ms }) => ({ message: text, timestamp: ms, service: "d" }))),
  },
  {
    path: "/logs/vercel",
    body: (items) =>
      JSON.stringify(
        items.map(({ text, ms }) => ({ message: text, timestamp: ms, projectName: "v" })),
      ),
  },
  {
    path: "/logs/lines",
    body: (items) =>
      items.map(({ text, ms }) => JSON.stringify({ msg: text, time: ms })).join("\n"),
  },
  {
    path: "/traces/otlp",
    body: (items) =>
      JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: items.map(span) }] }] }),
  },
  {
    path: "/traces/otlp",
    type: PROTOBUF,
    body: (items) =>
      new ProtoWriter()
        .message(1, (resource) =>
          resource.message(2, (scope) => {
            for (const { text, ms, number } of items) {
              scope.message(2, (each) =>
                each
                  .text(1, Buffer.from(hex(number, 32), "hex"))
                  .text(2, Buffer.from(hex(number, 16), "hex"))
                  .text(5, text)
                  .fixed64(7, ns(ms))
                  .fixed64(8, ns(ms + 1)),
              );
            }
          }),
        )
        .bytes(),
  },
  {
    path: "/traces/zipkin",
    body: (items) =>
      JSON.stringify(
        items.map(({ text, ms, number }) => ({
          traceId: hex(number, 32),
          id: hex(number, 16),
          name: text,
          timestamp: ms * 1000,
          duration: 1,
        })),
      ),
  },
];

/** Sends batch after batch, each as often as it takes, and counts which were acknowledged. */
class Sender {
  readonly acknowledged = new Set<number>();
  /** Requests that were sent again. */
  again = 0;
  readonly #door: Door;
  readonly #index: number;
  #batch = 0;
  #stopped = false;

  constructor(door: Door, index: number) {
    this.#door = door;
    this.#index = index;
  }

  stop(): void {
    this.#stopped = true;
  }

  async run(port: () => number): Promise<void> {
    const { path, type = "application/json", body } = this.#door;
    while (!this.#stopped) {
      const batch = this.#batch;
      const items = Array.from({ length: SIZE }, (_, i) => ({
        text: `${this.#index}/${batch}/${i}`,
        ms: base + batch,
        number: (this.#index * 1_000_000 + batch) * SIZE + i + 1,
      }));
      const bytes = Uint8Array.from(Buffer.from(body(items)));
      const send = () =>
        fetch(`http://127.0.0.1:${port()}${path}`, {
          method: "POST",
          body: bytes,
          headers: { "content-type": type },
          signal: AbortSignal.timeout(5000),
        });
      for (;;) {
        const status = await send().then(
          (response) => response.status,
          () => 0,
        );
        if (status === 400) throw new Error(`${path} refused its batch ${batch}`);
        if (status === 200) break;
        if (this.#stopped) return;
        this.again += 1;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      this.acknowledged.add(batch);
      // Some senders do not hear an answer: what was acknowledged comes once more.
      if (batch % 5 === 0) await send().catch(() => {});
      this.#batch += 1;
    }
  }
}

it(`keeps what every protocol was told is stored through ${KILLS} kills, and nothing twice`, async () => {
  const dir = await mkdtemp(join(tmpdir(), "seaworthy-killed-pushes-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const senders = DOORS.map((door, index) => new Sender(door, index));
  let port = 0;
  const begin = async (): Promise<Program> => {
    const started = startProgram(program, [dir]);
    port = Number(await started.nextLine());
    return started;
  };
  let server = await begin();
  const running = Promise.all(senders.map((sender) => sender.run(() => port)));
  running.catch(() => {});
  const acknowledged = () => senders.map((sender) => sender.acknowledged.size);
  /** Until each has been told of some batches more. */
  const goOn = async (more: number) => {
    const before = acknowledged();
    const behind = () => acknowledged().some((count, i) => count < (before[i] ?? 0) + more);
    while (behind()) {
      await Promise.race([running, new Promise((resolve) => setTimeout(resolve, 5))]);
    }
  };
  for (let kill = 0; kill < KILLS; kill += 1) {
    await goOn(1 + Math.floor(Math.random() * 10));
    await server.kill();
    server = await begin();
  }
  await goOn(2);
  for (const sender of senders) sender.stop();
  await running;
  await server.kill();

  const telemetry = await openTelemetry({ dir, log: pino({ level: "silent" }) });
  const rows = new Map<string, number>();
  for (const statement of [
    "SELECT extract(line, '\\\\d+/\\\\d+/\\\\d+') AS text, toFloat64(count()) AS times FROM logs GROUP BY text",
    "SELECT CAST(name, 'String') AS text, toFloat64(count()) AS times FROM spans GROUP BY text",
  ]) {
    for (const { columns } of await telemetry.select(statement)) {
      const [texts, times] = [columns.get("text"), columns.get("times")];
      if (texts?.kind !== "strings" || times?.kind !== "numbers") throw new Error("columns");
      texts.data.forEach((text, i) => rows.set(text, Number(times.data[i])));
    }
  }
  await telemetry.close();
  const missing: string[] = [];
  senders.forEach((sender, index) => {
    for (const batch of sender.acknowledged) {
      for (let i = 0; i < SIZE; i += 1) {
        if (!rows.has(`${index}/${batch}/${i}`)) missing.push(`${index}/${batch}/${i}`);
      }
    }
  });
  expect(missing).toEqual([]);
  expect([...rows].filter(([, times]) => times > 1)).toEqual([]);
  const total = acknowledged().reduce((sum, count) => sum + count, 0);
  expect(rows.size).toBeGreaterThanOrEqual(total * SIZE);
  if (process.env["PUSH_KILLS"] === undefined) return;
  const again = senders.reduce((sum, sender) => sum + sender.again, 0);
  process.stdout.write(
    `${KILLS} kills: ${total} batches (${total * SIZE} lines and spans) by ${DOORS.length} ways acknowledged, none missing, none twice; ${again} requests sent again\n`,
  );
}, 600_000);
