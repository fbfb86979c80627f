import { linksOfLine } from "@seaworthy/contract";
import { labelsKey } from "@seaworthy/logql";
import type { Grid, Labels, LogLine, Matrix } from "@seaworthy/logql";
import type { LineForm } from "./parameters.ts";

/** Loki's encodings of answers. https://grafana.com/docs/loki/latest/reference/loki-http-api/ */

type Entry = readonly [time: string, line: string, labels?: object];

/**
 * Lines by their streams. `categorized`: a stream is its own labels alone, and each line tells its
 * metadata and what was extracted; otherwise all labels together make the stream. `linked`: each line
 * says where it leads, as paths of the interface.
 */
export function streamsOf(
  lines: readonly LogLine[],
  { categorized, linked }: Pick<LineForm, "categorized" | "linked">,
) {
  const streams = new Map<string, { readonly stream: Labels; readonly values: Entry[] }>();
  for (const { timeNs, line, stream, metadata, parsed } of lines) {
    const labels = categorized ? stream : { ...stream, ...metadata, ...parsed };
    const key = labelsKey(labels);
    const found = streams.get(key) ?? { stream: labels, values: [] };
    streams.set(key, found);
    const structuredMetadata =
      Object.keys(metadata).length === 0 ? {} : { structuredMetadata: metadata };
    const extracted = Object.keys(parsed).length === 0 ? {} : { parsed };
    const links = linked
      ? { links: linksOf(timeNs, line, stream, { ...metadata, ...parsed }) }
      : {};
    const more = categorized ? { ...structuredMetadata, ...extracted, ...links } : links;
    found.values.push(
      categorized || linked ? [String(timeNs), line, more] : [String(timeNs), line],
    );
  }
  return [...streams.values()];
}

function linksOf(timeNs: bigint, text: string, stream: Labels, fields: Labels) {
  return linksOfLine({ at: Number(timeNs / 1_000_000n), stream, fields, text });
}

/** A query's answer over a grid. */
export function matrixOf(matrix: Matrix, { startMs, stepMs }: Grid) {
  return matrix.map(({ labels, values, present }) => ({
    metric: labels,
    values: Array.from(
      values,
      (value, i) => [(startMs + i * stepMs) / 1000, number(value)] as const,
    ).filter((_, i) => present[i] === 1),
  }));
}

/** A query's answer at one moment. */
export function vectorOf(matrix: Matrix, timeMs: number) {
  return matrix.map(({ labels, values }) => ({
    metric: labels,
    value: [timeMs / 1000, number(values[0] ?? 0)] as const,
  }));
}

/** As Go prints a float. */
export function number(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (Math.abs(value) === Number.POSITIVE_INFINITY) return value > 0 ? "+Inf" : "-Inf";
  return String(value);
}

/** A successful answer with what it took. */
export function success(
  resultType: string,
  result: unknown,
  started: number,
  entries: number,
  flags?: readonly string[],
) {
  const execTime = (performance.now() - started) / 1000;
  return {
    status: "success",
    data: {
      resultType,
      ...(flags === undefined ? {} : { encodingFlags: flags }),
      result,
      stats: { summary: { execTime, queueTime: 0, totalEntriesReturned: entries } },
    },
  };
}
