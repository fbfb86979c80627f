import { parseDuration, SeaworthyError } from "../../model/index.ts";
import { TraceqlError } from "../../query/index.ts";

/** A request about traces that cannot be answered as it is. */
export class TraceRequestError extends SeaworthyError {
  readonly code = "trace_request";
  override readonly status: number;

  constructor(message: string, status = 400) {
    super(message);
    this.name = "TraceRequestError";
    this.status = status;
  }
}

/** The status of what a question about traces threw; undefined when it is none of its faults. */
export function traceStatus(error: unknown): number | undefined {
  return error instanceof TraceRequestError || error instanceof TraceqlError
    ? error.status
    : undefined;
}

/** A trace's id of 16 or 32 hexadecimal digits (leading zeros may be missing) as 32. */
export function traceIdOf(text: string): string {
  if (!/^[0-9a-f]{1,32}$/i.test(text)) {
    throw new TraceRequestError(
      `${JSON.stringify(text.slice(0, 60))} is no trace id; it has up to 32 hexadecimal digits`,
    );
  }
  return text.toLowerCase().padStart(32, "0");
}

/** A whole number within bounds; `otherwise` when it is not given. */
export function wholeNumber(
  name: string,
  text: string | undefined,
  { otherwise, most }: { readonly otherwise: number; readonly most: number },
): number {
  if (text === undefined || text === "") return otherwise;
  if (!/^\d{1,15}$/.test(text)) {
    throw new TraceRequestError(`${name} must be a whole number, not ${JSON.stringify(text)}`);
  }
  return Math.min(Math.max(1, Number(text)), most);
}

/** A duration such as 100ms, 1.5s or 2m as ns; undefined when it is not given. */
export function durationNs(name: string, text: string | undefined): number | undefined {
  if (text === undefined || text === "") return undefined;
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)$/.exec(text) ?? [];
  if (amount !== undefined && unit !== undefined) {
    const factor = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 }[unit] ?? 1;
    return Number(amount) * factor;
  }
  const ms = parseDuration(text);
  if (ms === undefined) {
    throw new TraceRequestError(
      `${name} must be a duration such as 100ms, not ${JSON.stringify(text)}`,
    );
  }
  return ms * 1e6;
}

/** Without a range the last hour is meant. */
const DEFAULT_RANGE_MS = 3_600_000;

/** `start` and `end` in seconds since 1970. */
export function secondsRange(start: string | undefined, end: string | undefined, nowMs: number) {
  const endNs = secondsNs("end", end) ?? BigInt(nowMs) * 1_000_000n;
  const startNs = secondsNs("start", start) ?? endNs - BigInt(DEFAULT_RANGE_MS) * 1_000_000n;
  return ordered(startNs, endNs);
}

/** `start` and `end` in microseconds since 1970. */
export function microsecondsRange(
  start: string | undefined,
  end: string | undefined,
  nowMs: number,
) {
  const endNs = microsNs("end", end) ?? BigInt(nowMs) * 1_000_000n;
  const startNs = microsNs("start", start) ?? endNs - BigInt(DEFAULT_RANGE_MS) * 1_000_000n;
  return ordered(startNs, endNs);
}

function ordered(startNs: bigint, endNs: bigint) {
  if (endNs < startNs) throw new TraceRequestError("start must be before end");
  return { startNs, endNs };
}

function secondsNs(name: string, text: string | undefined): bigint | undefined {
  if (text === undefined || text === "") return undefined;
  if (!/^\d{1,10}(?:\.\d+)?$/.test(text)) {
    throw new TraceRequestError(
      `${name} must be a time in seconds since 1970, not ${JSON.stringify(text)}`,
    );
  }
  return BigInt(Math.round(Number(text) * 1e6)) * 1000n;
}

function microsNs(name: string, text: string | undefined): bigint | undefined {
  if (text === undefined || text === "") return undefined;
  if (!/^\d{1,16}$/.test(text)) {
    throw new TraceRequestError(
      `${name} must be a time in microseconds since 1970, not ${JSON.stringify(text)}`,
    );
  }
  return BigInt(text) * 1000n;
}
