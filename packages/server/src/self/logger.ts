import pino from "pino";
import type { DestinationStream, Logger, LoggerOptions } from "pino";

/** Where log lines go. */
export interface LogStream {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
}

const HIDDEN = "<secret>";
const SECRET_NAMES = [
  "password",
  "token",
  "secret",
  "credentials",
  "authorization",
  "cookie",
  '["set-cookie"]',
];

/** Every place where a secret may stand in what is logged, two levels deep and in headers. */
const SECRET_PATHS = SECRET_NAMES.flatMap((name) => {
  const under = (parent: string) =>
    name.startsWith("[") ? `${parent}${name}` : `${parent}.${name}`;
  return [name, under("*"), under("headers"), under("*.headers")];
});

/**
 * Makes the logger: one JSON object a line for machines, a short line with the time, the level, the
 * message and its fields when a person watches (the stream is a terminal). Fields whose name says
 * that they are secret are hidden.
 */
export function createLogger(level: string, stream: LogStream): Logger {
  const options: LoggerOptions = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: SECRET_PATHS, censor: HIDDEN },
    serializers: { err: pino.stdSerializers.err },
  };
  const destination: DestinationStream =
    stream.isTTY === true
      ? { write: (line) => void stream.write(readable(line)) }
      : { write: (line) => void stream.write(line) };
  return pino(options, destination);
}

const COLOURS: Readonly<Record<string, string>> = {
  trace: "\u001b[2m",
  debug: "\u001b[2m",
  info: "\u001b[32m",
  warn: "\u001b[33m",
  error: "\u001b[31m",
  fatal: "\u001b[31;1m",
};
const PLAIN = "\u001b[0m";
const DIM = "\u001b[2m";

/** A JSON log line as a person wants to see it. */
function readable(line: string): string {
  const { level, time, msg, err, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const name = typeof level === "string" ? level : "info";
  const clock = typeof time === "string" ? time.slice(11, 23) : "";
  const shown = Object.entries(fields).map(
    ([key, value]) => ` ${DIM}${key}=${PLAIN}${show(value)}`,
  );
  const message = typeof msg === "string" ? printable(msg) : "";
  const head = `${DIM}${clock}${PLAIN} ${COLOURS[name] ?? ""}${name.toUpperCase().padEnd(5)}${PLAIN}`;
  return `${head} ${message}${shown.join("")}${showError(err)}\n`;
}

function show(value: unknown): string {
  if (typeof value === "string" && /^[\w./:@%+-]+$/.test(value)) return value;
  return printable(JSON.stringify(value) ?? "");
}

function showError(error: unknown): string {
  if (typeof error !== "object" || error === null) return "";
  const { stack, message } = error as { stack?: unknown; message?: unknown };
  const text = typeof stack === "string" ? stack : String(message);
  return `\n${text
    .split("\n")
    .map((line) => `    ${printable(line)}`)
    .join("\n")}`;
}

/** Without what would steer the terminal: a log line holds what strangers sent. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (char) => {
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}
