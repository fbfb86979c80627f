import { labelsKey, LEVEL, SERVICE_NAME } from "../../model/index.ts";
import type { Labels, LogBatch } from "../../model/index.ts";
import { RefusedItems } from "../push/refused-items.ts";
import { detectLevel } from "./level.ts";
import type { LogLimits } from "./limits.ts";
import type { Mask } from "./mask.ts";
import { timeText } from "./time.ts";

/** Labels that name a service where `service_name` is not given; the first that is there counts. */
const SERVICE_LABELS = [
  "service",
  "app",
  "application",
  "app_name",
  "name",
  "app_kubernetes_io_name",
  "container",
  "container_name",
  "k8s_container_name",
  "component",
  "workload",
  "job",
  "k8s_job_name",
];

/** A stream that lines can be added to, or why they cannot. */
export type StreamRef =
  | {
      readonly ok: true;
      readonly index: number;
      readonly labels: Labels;
      /** Of their names and values, UTF-16 units. */
      readonly length: number;
    }
  | { readonly ok: false; readonly reason: string };

export interface CollectorOptions {
  readonly limits: LogLimits;
  readonly mask: Mask;
  /** ms since 1970. */
  readonly now: number;
}

/**
 * Collects the lines of one request into the columns of a LogBatch: checks each against the limits,
 * masks, names the stream's service and the line's level. What cannot be stored is noted in
 * `refusals`, and the rest goes on.
 */
export class LogCollector {
  readonly refusals = new RefusedItems("logs");
  readonly limits: LogLimits;
  readonly #mask: Mask;
  readonly #earliest: bigint;
  readonly #latest: bigint;
  readonly #now: bigint;
  readonly #refs = new Map<string, StreamRef>();
  readonly #streams: Labels[] = [];
  readonly #streamOf: number[] = [];
  readonly #times: bigint[] = [];
  readonly #lines: string[] = [];
  readonly #metadata: Labels[] = [];
  #repeatable = true;
  #bytes = 0;
  #stored = 0;

  constructor({ limits, mask, now }: CollectorOptions) {
    this.limits = limits;
    this.#mask = mask;
    this.#now = BigInt(now) * 1_000_000n;
    this.#earliest = this.#now - BigInt(limits.pastMs) * 1_000_000n;
    this.#latest = this.#now + BigInt(limits.futureMs) * 1_000_000n;
  }

  /** Lines that are to be stored. */
  get size(): number {
    return this.#lines.length;
  }

  /** The length of their texts, about bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The stream of these labels, whose names are sanitised. */
  stream(labels: Labels): StreamRef {
    const key = labelsKey(labels);
    const met = this.#refs.get(key);
    if (met !== undefined) return met;
    const ref = this.#addStream(labels);
    this.#refs.set(key, ref);
    return ref;
  }

  /** Adds a line. Without a time it has the time of its arrival. */
  add(stream: StreamRef, time: bigint | undefined, line: string, metadata: Labels = {}): void {
    if (!stream.ok) return this.refusals.add("invalid", stream.reason);
    const { labels, index } = stream;
    const size = sizeOf(metadata);
    const fault = this.#fault(stream, time, line, size);
    if (fault !== undefined) return this.refusals.add(fault[0], fault[1]);
    this.#stored += line.length + size.length + stream.length;
    if (time === undefined) this.#repeatable = false;
    const masked = this.#maskAll(metadata);
    masked[LEVEL] ??= detectLevel(line, metadata, labels);
    this.#bytes += line.length;
    this.#streamOf.push(index);
    // Lines that arrive together keep their order.
    this.#times.push(time ?? this.#now + BigInt(this.#lines.length % 1_000_000));
    this.#lines.push(this.#mask(line));
    this.#metadata.push(masked);
  }

  /** `fingerprint`: of the request's body; it counts only if all lines had times. */
  build(fingerprint: () => bigint): LogBatch {
    return {
      streams: this.#streams,
      streamOf: Uint32Array.from(this.#streamOf),
      times: BigInt64Array.from(this.#times),
      lines: this.#lines,
      metadata: this.#metadata,
      ...(this.#repeatable && this.#lines.length > 0 ? { fingerprint: fingerprint() } : {}),
    };
  }

  #addStream(labels: Labels): StreamRef {
    const { labels: maxLabels, streams: maxStreams, nameLength, valueLength } = this.limits;
    const names = Object.keys(labels);
    const refuse = (reason: string) => ({ ok: false, reason }) as const;
    if (names.length === 0) return refuse("a stream has no labels; give it at least one");
    if (names.length > maxLabels) {
      return refuse(`the stream ${shown(labels)} has ${names.length} labels (limit ${maxLabels})`);
    }
    if (this.#streams.length >= maxStreams) {
      return refuse(`the request has more than ${maxStreams} streams; put what varies into lines`);
    }
    const kept: Record<string, string> = {};
    for (const name of names) {
      const value = labels[name] ?? "";
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
        return refuse(
          `the stream ${shown(labels)} has the label name ${JSON.stringify(short(name))}, which is not of letters, digits and underscores`,
        );
      }
      if (name.length > nameLength || value.length > valueLength) {
        return refuse(
          `the label ${JSON.stringify(short(name))} of ${shown(labels)} is too long (limits: ${nameLength} for names, ${valueLength} for values)`,
        );
      }
      if (value !== "") kept[name] = this.#mask(value);
    }
    kept[SERVICE_NAME] ??=
      SERVICE_LABELS.map((name) => kept[name]).find((value) => value !== undefined) ??
      "unknown_service";
    const { length } = sizeOf(kept);
    return { ok: true, index: this.#streams.push(kept) - 1, labels: kept, length };
  }

  /** What is wrong with a line, with the reason under which it is counted. */
  #fault(
    { labels, length: labelsLength }: StreamRef & { readonly ok: true },
    time: bigint | undefined,
    line: string,
    { count, length }: ReturnType<typeof sizeOf>,
  ) {
    const { lines, lineLength, storedLength } = this.limits;
    if (this.#lines.length >= lines) {
      return ["over_limit", `the request has more than ${lines} lines`] as const;
    }
    if (line.length > lineLength) {
      return [
        "over_limit",
        `a line of ${shown(labels)} has ${line.length} characters (limit ${lineLength})`,
      ] as const;
    }
    if (time !== undefined && (time < this.#earliest || time > this.#latest)) {
      const late = time > this.#latest;
      return [
        "out_of_bounds",
        `a line of ${shown(labels)} has the time ${timeText(time)}, ${
          late
            ? `which is in the future; the latest that is taken is ${timeText(this.#latest)}`
            : `which is too old; the oldest that is taken is ${timeText(this.#earliest)}`
        }`,
      ] as const;
    }
    const { metadata: most, metadataLength } = this.limits;
    if (count > most || length > metadataLength) {
      return [
        "over_limit",
        `a line of ${shown(labels)} has ${count} structured metadata of ${length} characters (limits ${most} and ${metadataLength})`,
      ] as const;
    }
    if (this.#stored + line.length + length + labelsLength > storedLength) {
      return [
        "over_limit",
        `the lines of the request have more than ${storedLength} characters, with the labels and metadata of each; send fewer in one request`,
      ] as const;
    }
    return undefined;
  }

  #maskAll(metadata: Labels): Record<string, string> {
    const masked: Record<string, string> = {};
    for (const name in metadata) {
      const value = metadata[name] ?? "";
      if (value !== "") masked[labelName(name)] = this.#mask(value);
    }
    return masked;
  }
}

/** How many texts there are, and how long names and values are together, UTF-16 units. */
function sizeOf(texts: Labels): { readonly count: number; readonly length: number } {
  let count = 0;
  let length = 0;
  for (const name in texts) {
    length += name.length + (texts[name] ?? "").length;
    count += 1;
  }
  return { count, length };
}

/** A label name of any text: what is neither letter, digit nor underscore becomes an underscore. */
export function labelName(text: string): string {
  const name = /^\w+$/.test(text) ? text : text.replace(/[^A-Za-z0-9_]/g, "_");
  return /^\d/.test(name) ? `_${name}` : name;
}

/** Labels as LogQL writes them, cut short. */
function shown(labels: Labels): string {
  const inner = Object.entries(labels)
    .slice(0, 8)
    .map(([name, value]) => `${short(name)}=${JSON.stringify(short(value))}`);
  return `{${inner.join(", ")}}`;
}

function short(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
