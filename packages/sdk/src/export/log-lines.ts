import type { Attribute, LogData } from "./otlp.ts";

/** Later times do not fit into 64 bits of nanoseconds: in milliseconds, the year 2262. */
const maxTime = 9.2e12;
/** Most fields of a line that become attributes. */
const maxAttributes = 64;

/** pino's levels and what they are in OpenTelemetry. */
const severities = new Map<unknown, readonly [number: number, text: string]>([
  ["trace", [1, "TRACE"]],
  ["debug", [5, "DEBUG"]],
  ["info", [9, "INFO"]],
  ["warn", [13, "WARN"]],
  ["error", [17, "ERROR"]],
  ["fatal", [21, "FATAL"]],
]);
for (const [number, word] of [
  [10, "trace"],
  [20, "debug"],
  [30, "info"],
  [40, "warn"],
  [50, "error"],
  [60, "fatal"],
] as const)
  severities.set(number, severities.get(word) ?? [0, ""]);

/** Fields that have a place of their own in a record, or are said once in the resource. */
const placed = new Set([
  "level",
  "time",
  "timestamp",
  "msg",
  "message",
  "service",
  "environment",
  "traceId",
  "spanId",
  "pid",
  "hostname",
]);

/**
 * Reads a line of pino's, the kit's own or that of a logger it joined, as a log record. A line that
 * is not JSON is the record's body.
 */
export function recordOfLine(line: string, now: number): LogData {
  const fields = parse(line);
  if (fields === undefined)
    return { time: now, severity: 9, severityText: "INFO", body: line.trimEnd(), attributes: {} };
  const [severity, severityText] = severities.get(fields["level"]) ?? [0, "UNSPECIFIED"];
  const attributes: Record<string, Attribute> = {};
  let room = maxAttributes;
  const add = (name: string, value: unknown): void => {
    if (value === undefined || value === null || room <= 0) return;
    room -= 1;
    attributes[name] =
      typeof value === "string" || typeof value === "number" || typeof value === "boolean"
        ? value
        : JSON.stringify(value);
  };
  for (const [name, value] of Object.entries(fields)) {
    if (placed.has(name)) continue;
    if (name === "err" && typeof value === "object" && value !== null)
      for (const [part, text] of Object.entries(value)) add(`error.${part}`, text);
    else add(name, value);
  }
  const message = fields["message"] ?? fields["msg"];
  return {
    time: timeOf(fields["timestamp"] ?? fields["time"]) ?? now,
    severity,
    severityText,
    body: typeof message === "string" ? message : "",
    attributes,
    traceId: hex(fields["traceId"], 32),
    spanId: hex(fields["spanId"], 16),
  };
}

function parse(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? { ...value }
      : undefined;
  } catch {
    return undefined;
  }
}

function timeOf(value: unknown): number | undefined {
  const time = typeof value === "string" ? Date.parse(value) : value;
  return typeof time === "number" && time > 0 && time < maxTime ? time : undefined;
}

function hex(value: unknown, length: number): string | undefined {
  return typeof value === "string" && value.length === length && /^[0-9a-f]+$/.test(value)
    ? value
    : undefined;
}
