import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEngine, PromqlError, selectorsOf } from "@seaworthy/promql";
import { pino } from "pino";
import { createMetricsQuery } from "../../src/query/index.ts";
import type { MetricsQuery } from "../../src/query/index.ts";
import { queryAnswer } from "../../src/show/prometheus/json.ts";
import { openTelemetry } from "../../src/store/index.ts";
import { compareAnswers } from "./compare.ts";
import type { Difference } from "./compare.ts";
import { batches, seriesFor } from "./data.ts";
import { startPeer } from "./peer.ts";
import { explanationOf } from "./releases.ts";

/** What came of one expression. */
export interface Outcome {
  readonly expression: string;
  /** "instant" or "range". */
  readonly how: string;
  /** undefined: both answered the same to the last digit. */
  readonly difference: Difference | undefined;
  /** The class of differences that it belongs to; undefined: none is known. */
  readonly explanation: string | undefined;
  /** Whether the answer had no series at all. */
  readonly empty: boolean;
}

/**
 * Writes the same samples to Seaworthy's store and to a real Prometheus, asks both every expression,
 * at an instant and over a range, and compares value by value.
 */
export async function sideBySide(expressions: readonly string[]): Promise<Outcome[]> {
  const folder = await mkdtemp(join(tmpdir(), "seaworthy-side-by-side-"));
  const telemetry = await openTelemetry({ dir: folder, log: pino({ level: "silent" }) });
  const peer = await startPeer();
  try {
    // Whole minutes and 13 s: subqueries of aligned steps then have the same points in all releases.
    const end = Math.floor(Date.now() / 60_000) * 60_000 - 47_000;
    const engine = createEngine();
    const extra = seriesFor(expressions.flatMap((text) => selectorsOf(engine.parse(text))));
    for (const batch of batches(extra, end)) {
      await Promise.all([telemetry.samples.write(batch), peer.write(batch)]);
    }
    const metrics = createMetricsQuery({ telemetry });
    const outcomes: Outcome[] = [];
    for (const expression of expressions) {
      const instant = await peer.ask("query", { query: expression, time: String(end / 1000) });
      outcomes.push(outcomeOf(expression, "instant", await ask(metrics, expression, end), instant));
      const start = end - 40 * 60_000;
      const range = await peer.ask("query_range", {
        query: expression,
        start: String(start / 1000),
        end: String(end / 1000),
        step: "60",
      });
      outcomes.push(
        outcomeOf(expression, "range", await ask(metrics, expression, end, start), range),
      );
    }
    return outcomes;
  } finally {
    await peer.stop();
    await telemetry.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function outcomeOf(expression: string, how: string, ours: unknown, theirs: unknown): Outcome {
  const difference = compareAnswers(ours, theirs, /(?:top|bottom)k/.test(expression));
  const { data } = theirs as { data?: { result?: unknown } };
  return {
    expression,
    how,
    difference,
    explanation: difference === undefined ? undefined : explanationOf(expression, difference),
    empty: Array.isArray(data?.result) && data.result.length === 0,
  };
}

/** What our API would answer, parsed. */
async function ask(metrics: MetricsQuery, query: string, endMs: number, startMs?: number) {
  try {
    const result =
      startMs === undefined
        ? await metrics.instant(query, endMs)
        : await metrics.range(query, startMs, endMs, 60_000);
    return JSON.parse([...queryAnswer(result.value, result, undefined)].join("")) as unknown;
  } catch (error) {
    if (error instanceof PromqlError) return { status: "error", error: error.message };
    throw error;
  }
}
