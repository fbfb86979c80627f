import { lineColumn, type Span } from "./errors.ts";
import { formatCompact } from "./number.ts";

const MAX_EACH = 1000;

/** Details of a note that several samples give cause for: they are told as one. */
export interface RisingDetails {
  readonly lowest: number;
  readonly highest: number;
  readonly difference: number;
}

interface Merged {
  readonly span: Span;
  lowest: number;
  highest: number;
  difference: number;
  samples: number;
  firstMs: number;
  lastMs: number;
}

/** Collects what an evaluation has to say about its data, each thing once. */
export class Annotations {
  readonly #query: string;
  readonly #warnings = new Set<string>();
  readonly #infos = new Set<string>();
  readonly #merged = new Map<string, Merged>();

  constructor(query: string) {
    this.#query = query;
  }

  warn(message: string, span: Span): void {
    if (this.#warnings.size < MAX_EACH) {
      this.#warnings.add(`PromQL warning: ${message} (${lineColumn(this.#query, span.start)})`);
    }
  }

  info(message: string, span: Span): void {
    if (this.#infos.size < MAX_EACH) {
      this.#infos.add(`PromQL info: ${message} (${lineColumn(this.#query, span.start)})`);
    }
  }

  /** What the source says of its data as a whole: it belongs to no place in the query. */
  note(level: "warning" | "info", message: string): void {
    const notes = level === "warning" ? this.#warnings : this.#infos;
    if (notes.size < MAX_EACH) notes.add(message);
  }

  /** A note about buckets whose counts had to be raised; all of one text and place become one. */
  infoForced(message: string, span: Span, details: RisingDetails, timeMs: number): void {
    const key = `${span.start}:${message}`;
    const known = this.#merged.get(key);
    if (known === undefined) {
      if (this.#merged.size >= MAX_EACH) return;
      this.#merged.set(key, { span, ...details, samples: 1, firstMs: timeMs, lastMs: timeMs });
      return;
    }
    known.lowest = Math.min(known.lowest, details.lowest);
    known.highest = Math.max(known.highest, details.highest);
    known.difference = Math.max(known.difference, details.difference);
    known.samples += 1;
    known.firstMs = Math.min(known.firstMs, timeMs);
    known.lastMs = Math.max(known.lastMs, timeMs);
  }

  get warnings(): string[] {
    return [...this.#warnings];
  }

  get infos(): string[] {
    const merged = [...this.#merged].map(([key, details]) => {
      const message = key.slice(key.indexOf(":") + 1);
      return `PromQL info: ${message}${formatForced(details)} (${lineColumn(this.#query, details.span.start)})`;
    });
    return [...this.#infos, ...merged];
  }
}

function formatForced({ lowest, highest, difference, samples, firstMs, lastMs }: Merged): string {
  const time = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
  return `, from buckets ${formatCompact(lowest)} to ${formatCompact(highest)}, with a max diff of ${twoDigits(difference)}, over ${samples} samples from ${time(firstMs)} to ${time(lastMs)}`;
}

/** Go's format %.2g. */
function twoDigits(value: number): string {
  if (value < 100 || !Number.isFinite(value)) return formatCompact(Number(value.toPrecision(2)));
  const [mantissa, exponent = ""] = value.toExponential(1).split("e+");
  return `${Number(mantissa)}e+${exponent.padStart(2, "0")}`;
}
