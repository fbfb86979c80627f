/** What a line's level is worth, from the worst. */
export const levels = ["error", "warn", "info", "debug", "unknown"] as const;
export type Level = (typeof levels)[number];

const names: Readonly<Record<string, Level>> = {
  fatal: "error",
  critical: "error",
  crit: "error",
  alert: "error",
  emerg: "error",
  emergency: "error",
  panic: "error",
  error: "error",
  err: "error",
  eror: "error",
  warn: "warn",
  warning: "warn",
  info: "info",
  information: "info",
  informational: "info",
  notice: "info",
  debug: "debug",
  dbug: "debug",
  trace: "debug",
  verbose: "debug",
};

/** The level by whatever name it was written. */
export function levelOf(name: string | undefined): Level {
  return names[(name ?? "").toLowerCase()] ?? "unknown";
}
