import { createEngine, isLogExpr, labelsKey, LogqlError } from "@seaworthy/logql";
import type { Labels, LogEntry, Matrix } from "@seaworthy/logql";
import { memorySource } from "@seaworthy/logql/testing";
import type { LogsQuery } from "../src/query/index.ts";
import type { LogSink } from "../src/model/index.ts";
import { Generator } from "./generated-logs.ts";

/** Writes lines to the store as a sender's batch. */
export async function writeLines(logs: LogSink, entries: readonly LogEntry[]): Promise<void> {
  const streams: Labels[] = [];
  const indexes = new Map<string, number>();
  const streamOf = entries.map(({ stream }) => {
    const key = JSON.stringify(stream);
    const index = indexes.get(key) ?? streams.push(stream) - 1;
    indexes.set(key, index);
    return index;
  });
  await logs.write({
    streams,
    streamOf: Uint32Array.from(streamOf),
    times: BigInt64Array.from(entries, ({ timeNs }) => timeNs),
    lines: entries.map(({ line }) => line),
    metadata: entries.map(({ metadata }) => metadata),
  });
}

/** A question that the store and the plain evaluation answer differently. */
interface Difference {
  readonly query: string;
  readonly stored: string;
  readonly plain: string;
}

/**
 * Asks random questions of the store and of a plain evaluation over the same lines in memory. Answers
 * every difference. Lines are compared as sets where times are equal.
 */
export async function compareRandomQueries(
  logs: LogsQuery,
  entries: readonly LogEntry[],
  options: { readonly count: number; readonly seed: number; readonly endMs: number },
): Promise<Difference[]> {
  const generator = new Generator(options.seed);
  const engine = createEngine();
  const memory = memorySource(entries);
  const differences: Difference[] = [];
  for (let i = 0; i < options.count; i += 1) {
    const isMetric = generator.chance(0.6);
    const query = isMetric ? generator.metric() : `${generator.selector()} ${generator.stages()}`;
    const steps = generator.pick([1, 1, 7, 30]);
    const startMs = options.endMs - generator.int(1_800_000);
    const grid = {
      // What is asked for whole minutes may be answered of counts of minutes.
      startMs: generator.chance(0.5) ? startMs : startMs - (startMs % 60_000),
      stepMs: generator.pick([30_000, 60_000, 47_000, 300_000]),
      count: steps,
    };
    const request = {
      startNs: BigInt(options.endMs - generator.int(3_600_000)) * 1_000_000n,
      endNs: BigInt(options.endMs - generator.int(100_000)) * 1_000_000n,
      direction: generator.pick(["forward", "backward"] as const),
      limit: 100_000,
    };
    const expr = engine.parse(query);
    const [stored, plain] = isLogExpr(expr)
      ? await Promise.all([
          said(async () => linesText(await logs.lines(expr, request))),
          said(async () => linesText(await engine.lines(expr, request, memory))),
        ])
      : await Promise.all([
          said(async () => matrixText(await logs.metric(expr, grid))),
          said(async () => matrixText(await engine.metric(expr, grid, memory))),
        ]);
    if (stored !== plain) differences.push({ query, stored, plain });
  }
  return differences;
}

/** An answer as text; of a failure the kind, because which line fails first is not said. */
async function said(ask: () => Promise<string>): Promise<string> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof LogqlError) return `${error.kind}: ${error.message.slice(0, 14)}`;
    throw error;
  }
}

function linesText(lines: readonly { readonly timeNs: bigint }[]): string {
  const text = lines.map((line) =>
    JSON.stringify(line, (_, value: unknown) => {
      if (typeof value === "bigint") return String(value);
      if (typeof value !== "object" || value === null) return value;
      return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
    }),
  );
  // Lines of one moment have no order between streams.
  const at = lines.map(({ timeNs }) => timeNs);
  return text
    .map((line, i) => ({ line, time: at[i] ?? 0n }))
    .sort((a, b) => (a.time === b.time ? (a.line < b.line ? -1 : 1) : 0))
    .map(({ line }) => line)
    .join("\n");
}

/** Sums of floats depend on their order in the last digits. */
function matrixText(matrix: Matrix | number): string {
  if (typeof matrix === "number") return String(matrix);
  return matrix
    .map(({ labels, values, present }) => {
      const shown = Array.from(values, (v, i) => (present[i] === 1 ? v.toPrecision(12) : "-"));
      return `${labelsKey(labels)} ${shown.join(" ")}`;
    })
    .sort()
    .join("\n");
}
