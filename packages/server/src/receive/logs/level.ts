import type { Labels } from "../../model/index.ts";

/** The levels that lines are sorted by; what a line says is reduced to these. */
const LEVELS: Readonly<Record<string, string>> = {
  trace: "trace",
  trc: "trace",
  verbose: "trace",
  silly: "trace",
  debug: "debug",
  dbg: "debug",
  info: "info",
  inf: "info",
  information: "info",
  informational: "info",
  notice: "info",
  http: "info",
  log: "info",
  ok: "info",
  warn: "warn",
  warning: "warn",
  wrn: "warn",
  error: "error",
  err: "error",
  severe: "error",
  critical: "critical",
  crit: "critical",
  alert: "critical",
  emergency: "critical",
  emerg: "critical",
  panic: "critical",
  fatal: "fatal",
};

/** Where senders say a level, in labels or metadata. */
const NAMES = [
  "level",
  "severity",
  "severity_text",
  "log_level",
  "lvl",
  "Level",
  "LEVEL",
  "Severity",
  "SEVERITY",
  "loglevel",
  "logLevel",
];

const IN_JSON =
  /"(?:level|lvl|severity|severity_text|log\.level|loglevel|@l)"\s*:\s*(?:"(\w+)"|(\d+))/i;
const IN_LOGFMT = /(?:^|\s)(?:level|lvl|severity|loglevel)="?(\w+)/i;
const IN_TEXT = /\b(?:fatal|panic|critical|crit|error|err|warning|warn|info|notice|debug|trace)\b/i;
/** Further in, a word is more likely to be part of a message. */
const LOOKED_AT = 1024;
const LOOKED_AT_TEXT = 120;

/**
 * The level of a line, as `detected_level` names it: from its metadata or its stream's labels, from the
 * field that JSON and logfmt lines have for it (pino's numbers too), from a word at its front. "unknown"
 * when nothing says it.
 */
export function detectLevel(line: string, metadata: Labels, stream: Labels): string {
  const said = named(metadata) ?? named(stream);
  if (said !== undefined) return said;
  const number = Number(metadata["severity_number"] ?? 0);
  if (number > 0) return ofSeverityNumber(number);
  const first = line.charCodeAt(0);
  const head = line.length > LOOKED_AT ? line.slice(0, LOOKED_AT) : line;
  // "{" or "[": JSON.
  if (first === 0x7b || first === 0x5b) {
    const match = IN_JSON.exec(head);
    if (match === null) return "unknown";
    return match[1] === undefined ? ofPino(Number(match[2])) : (known(match[1]) ?? "unknown");
  }
  const field = head.includes("=") ? IN_LOGFMT.exec(head)?.[1] : undefined;
  if (field !== undefined) return known(field) ?? "unknown";
  return known(IN_TEXT.exec(head.slice(0, LOOKED_AT_TEXT))?.[0] ?? "") ?? "unknown";
}

function named(labels: Labels): string | undefined {
  for (const name of NAMES) {
    const value = labels[name];
    if (value === undefined) continue;
    const level = known(value) ?? (/^\d+$/.test(value) ? ofPino(Number(value)) : undefined);
    if (level !== undefined) return level;
  }
  return undefined;
}

function known(word: string): string | undefined {
  const lower = word.toLowerCase();
  return Object.hasOwn(LEVELS, lower) ? LEVELS[lower] : undefined;
}

/** pino's and bunyan's: 10 trace, 20 debug, 30 info, 40 warn, 50 error, 60 fatal. */
function ofPino(level: number): string {
  if (level < 10 || level >= 100) return "unknown";
  return (
    ["trace", "debug", "info", "warn", "error", "fatal"][Math.min(5, Math.floor(level / 10) - 1)] ??
    "unknown"
  );
}

/** OpenTelemetry's: 1 to 24 in steps of four. https://opentelemetry.io/docs/specs/otel/logs/data-model/ */
function ofSeverityNumber(number: number): string {
  return (
    ["trace", "debug", "info", "warn", "error", "fatal"][Math.floor((number - 1) / 4)] ?? "unknown"
  );
}
