import { randomUUID } from "node:crypto";
import type { Guard } from "../guard.ts";
import type { SpanSink } from "../traces/tracer.ts";
import { Exporter, type DropReason, type ExporterLimits } from "./exporter.ts";
import { jobThread } from "./job-thread.ts";
import {
  encodeLogs,
  encodeSpans,
  sizeOf,
  type LogData,
  type Resource,
  type SpanData,
} from "./otlp.ts";
import { pack } from "./pack.ts";

/** Where telemetry is sent: Seaworthy, or anything else that takes OTLP as JSON over HTTP. */
export interface Target {
  /** The paths `/v1/traces` and `/v1/logs` are below it. */
  readonly url: URL;
  readonly key: string;
  /** Where batches wait on disk; in memory when undefined. */
  readonly spool?: { readonly folder: string; readonly maxBytes: number } | undefined;
}

/** What part of the spool each signal may fill: lines that are many must not push out errors. */
const spoolShares = { traces: 0.4, logs: 0.4, errors: 0.2 } as const;

/** Log lines taken in a second. At a thousand, reading them again costs one percent of a core. */
const maxLinesPerSecond = 1_000;

/** The kit's senders: spans in one queue; lines and errors in another two, so that lines that are
 * many never push out errors. */
export class Telemetry {
  readonly spans: SpanSink;
  readonly #senders: Readonly<Record<"traces" | "logs" | "errors", Counted>>;
  readonly #lines: Exporter<string>;
  readonly #errors: Exporter<LogData>;

  constructor(
    target: Target,
    about: Omit<Resource, "instance">,
    guard: Guard,
    limits: Partial<ExporterLimits> = {},
  ) {
    const resource: Resource = { ...about, instance: randomUUID() };
    const base = target.url.href.endsWith("/") ? target.url.href : `${target.url.href}/`;
    const below = (path: string) => new URL(path, base);
    const { key } = target;
    const spool = (signal: keyof typeof spoolShares) =>
      target.spool === undefined
        ? {}
        : {
            spool: {
              folder: target.spool.folder,
              signal,
              maxBytes: Math.floor(target.spool.maxBytes * spoolShares[signal]),
            },
          };
    const caught = (error: unknown) => guard.caught("export", error);
    const traces = new Exporter<SpanData>({
      url: below("v1/traces"),
      key,
      pack: (spans) => pack(spans, (some) => encodeSpans(resource, some), caught),
      sizeOf,
      limits,
      caught,
      ...spool("traces"),
    });
    this.#lines = new Exporter<string>({
      url: below("v1/logs"),
      key,
      // Thousands a second are some milliseconds of work at once.
      pack: async (lines) => {
        const { errors, ...packed } = await jobThread().run("packLines", { resource, lines });
        for (const error of errors) caught(new Error(error));
        return packed;
      },
      sizeOf: (line) => line.length,
      limits: { maxPerSecond: maxLinesPerSecond, ...limits },
      caught,
      ...spool("logs"),
    });
    this.#errors = new Exporter<LogData>({
      url: below("v1/logs"),
      key,
      pack: (errors) => pack(errors, (some) => encodeLogs(resource, some), caught),
      sizeOf,
      limits: { maxQueue: 500, maxBatch: 100, maxPerSecond: 100, ...limits },
      caught,
      ...spool("errors"),
    });
    this.spans = traces;
    this.#senders = { traces, logs: this.#lines, errors: this.#errors };
  }

  /** Takes a line as it was logged. */
  line(line: string): void {
    this.#lines.push(line);
  }

  error(record: LogData): void {
    this.#errors.push(record);
  }

  /** What became of the items, by signal. */
  counts(): Iterable<[signal: string, sent: number, dropped: ReadonlyMap<DropReason, number>]> {
    return Object.entries(this.#senders).map(([signal, { sent, dropped }]) => [
      signal,
      sent,
      dropped,
    ]);
  }

  /** Sends what is held, for at most `limitMs`. Never rejects. */
  async close(limitMs: number): Promise<void> {
    await Promise.all(Object.values(this.#senders).map((sender) => sender.close(limitMs)));
  }
}

interface Counted {
  readonly sent: number;
  readonly dropped: ReadonlyMap<DropReason, number>;
  close(limitMs: number): Promise<void>;
}
