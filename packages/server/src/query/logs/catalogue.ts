import { LogqlError } from "@seaworthy/logql";
import type { Matcher } from "@seaworthy/logql";
import type { Labels } from "../../model/index.ts";
import type { Telemetry } from "../../store/index.ts";
import { numbersOf, textsOf } from "../columns.ts";
import { Sql } from "../sql.ts";
import { lineCounts } from "./line-counts.ts";
import { COUNT_SETTINGS } from "./minute-counts.ts";
import { daysOf, findStreams, matcherConditions } from "./streams.ts";
import type { Stream } from "./streams.ts";

/** Which streams: those that match any of the selectors, all without one; on whole UTC days. */
export interface StreamsRequest {
  readonly selectors: readonly (readonly Matcher[])[];
  readonly startNs: bigint;
  readonly endNs: bigint;
}

export interface IndexStats {
  readonly streams: number;
  /** What lies together: an hour of a stream. */
  readonly chunks: number;
  readonly bytes: number;
  readonly entries: number;
}

/** What streams and labels there are, and how much of them. */
export class LogCatalogue {
  readonly #telemetry: Telemetry;
  readonly #maxStreams: number;

  constructor(telemetry: Telemetry, maxStreams: number) {
    this.#telemetry = telemetry;
    this.#maxStreams = maxStreams;
  }

  labelNames(request: StreamsRequest, signal: AbortSignal): Promise<string[]> {
    return this.#distinct("arrayJoin(mapKeys(labels))", new Sql(), request, signal);
  }

  async labelValues(name: string, request: StreamsRequest, signal: AbortSignal): Promise<string[]> {
    const sql = new Sql();
    const values = await this.#distinct(`labels[${sql.text(name)}]`, sql, request, signal);
    return values.filter((value) => value !== "");
  }

  async series(request: StreamsRequest, signal: AbortSignal): Promise<Labels[]> {
    const byId = new Map<bigint, Labels>();
    for (const matchers of request.selectors.length === 0 ? [[]] : request.selectors) {
      for (const { id, labels } of await this.#streams(matchers, request, signal))
        byId.set(id, labels);
    }
    return [...byId.values()];
  }

  async stats(
    matchers: readonly Matcher[],
    request: StreamsRequest,
    signal: AbortSignal,
  ): Promise<IndexStats> {
    const streams = await this.#streams(matchers, request, signal);
    if (streams.length === 0) return { streams: 0, chunks: 0, bytes: 0, entries: 0 };
    const sql = new Sql();
    const stepNs = request.endNs - request.startNs;
    const [block] = await this.#telemetry.select(
      `SELECT uniqExact(stream) AS streams, uniqExact((stream, hour)) AS chunks, sum(size) AS bytes, sum(lines) AS entries
      FROM ${lineCounts(sql, streams, { ...request, stepNs })}`,
      sql.parameters,
      { signal, settings: COUNT_SETTINGS },
    );
    const first = (name: string) =>
      block === undefined ? 0 : Number(numbersOf(block, name)[0] ?? 0);
    return {
      streams: first("streams"),
      chunks: first("chunks"),
      bytes: first("bytes"),
      entries: first("entries"),
    };
  }

  /** Bytes of lines by stream and piece of time, `stepNs` long from `startNs` on. */
  async volume(
    matchers: readonly Matcher[],
    request: StreamsRequest & { readonly stepNs: bigint },
    signal: AbortSignal,
  ): Promise<{ readonly labels: Labels; readonly step: number; readonly bytes: number }[]> {
    const streams = await this.#streams(matchers, request, signal);
    if (streams.length === 0) return [];
    const labels = new Map(streams.map((stream) => [stream.id, stream.labels] as const));
    const sql = new Sql();
    const blocks = await this.#telemetry.select(
      `SELECT stream, step, sum(size) AS bytes FROM ${lineCounts(sql, streams, request)} GROUP BY stream, step`,
      sql.parameters,
      { signal, settings: COUNT_SETTINGS },
    );
    return blocks.flatMap((block) => {
      const [ids, steps, bytes] = ["stream", "step", "bytes"].map((name) => numbersOf(block, name));
      return Array.from({ length: block.rows }, (_, row) => ({
        labels: labels.get(BigInt(ids?.[row] ?? 0)) ?? {},
        step: Number(steps?.[row]),
        bytes: Number(bytes?.[row]),
      }));
    });
  }

  #streams(
    matchers: readonly Matcher[],
    range: StreamsRequest,
    signal: AbortSignal,
  ): Promise<Stream[]> {
    return findStreams(this.#telemetry, matchers, range, this.#maxStreams, signal);
  }

  async #distinct(
    expression: string,
    sql: Sql,
    { selectors, startNs, endNs }: StreamsRequest,
    signal: AbortSignal,
  ): Promise<string[]> {
    const { first, last } = daysOf(startNs, endNs);
    const any = selectors.map((matchers) => `(${matcherConditions(sql, matchers).join(" AND ")})`);
    const matching = any.length === 0 ? "" : `AND (${any.join(" OR ")})`;
    const blocks = await this.#telemetry.select(
      `SELECT DISTINCT ${expression} AS text FROM log_streams
      WHERE day >= toDate(${sql.uint16(first)}) AND day <= toDate(${sql.uint16(last)}) ${matching}
      ORDER BY text LIMIT ${this.#maxStreams + 1}`,
      sql.parameters,
      { signal },
    );
    const found = blocks.flatMap((block) => textsOf(block, "text"));
    if (found.length > this.#maxStreams) {
      throw new LogqlError(
        "limit",
        `more than ${this.#maxStreams} labels or values; narrow the selector`,
      );
    }
    return found;
  }
}
