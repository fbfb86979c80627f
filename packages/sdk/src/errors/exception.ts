import type { Attribute, LogData } from "../export/otlp.ts";
import type { Scope, User } from "./scope.ts";

export interface CaptureOptions {
  /** Default: "error". */
  readonly level?: "warning" | "error" | "fatal";
  readonly tags?: Readonly<Record<string, string | number | boolean>>;
  readonly user?: User;
  /** Whether the application dealt with it. Default: true. */
  readonly handled?: boolean;
}

/** Where an error happened. */
export interface Place {
  readonly requestId: string | undefined;
  readonly traceId: string;
  readonly spanId: string;
}

const severities = { warning: [13, "WARN"], error: [17, "ERROR"], fatal: [21, "FATAL"] } as const;
const maxCauses = 5;

/**
 * An error as an event, with what led to it. This is the one place that gives errors their form: log
 * records of OpenTelemetry with `exception.*`
 * (https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-logs/).
 *
 * @param scopes what is known of its surroundings; a later one's user wins.
 */
export function exceptionRecord(
  error: unknown,
  options: CaptureOptions,
  place: Place | undefined,
  scopes: readonly Scope[] = [],
): LogData {
  const [severity, severityText] = severities[options.level ?? "error"];
  const { type, message, stack } = describe(error);
  const user = options.user ?? scopes.findLast((scope) => scope.user !== undefined)?.user;
  const attributes: Record<string, Attribute | undefined> = {
    "exception.type": type,
    "exception.message": message,
    "exception.stacktrace": stack,
    "error.handled": options.handled ?? true,
    requestId: place?.requestId,
    "user.id": user?.id === undefined ? undefined : String(user.id),
    "user.email": user?.email,
    "user.name": user?.name,
  };
  for (const { tags } of scopes)
    for (const [name, value] of tags) attributes[`tag.${name}`] = value;
  for (const [name, value] of Object.entries(options.tags ?? {}))
    attributes[`tag.${name}`] = String(value);
  const breadcrumbs = scopes.flatMap((scope) => scope.breadcrumbs);
  if (breadcrumbs.length > 0) attributes["breadcrumbs"] = asJson(breadcrumbs);
  return {
    time: Date.now(),
    severity,
    severityText,
    body: `${type}: ${message}`,
    eventName: "exception",
    attributes,
    ...(place === undefined ? {} : { traceId: place.traceId, spanId: place.spanId }),
  };
}

/** An error's message, for the status of a span. Never throws. */
export function textOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message || error.name : String(error);
  } catch {
    return "an error that cannot be told";
  }
}

/** An error's name, message and stack, those of its causes included. Never throws. */
function describe(error: unknown): { type: string; message: string; stack: string | undefined } {
  if (!(error instanceof Error))
    return { type: typeof error, message: asText(error), stack: undefined };
  let stack = asText(error.stack ?? "");
  let { cause } = error;
  for (let depth = 0; depth < maxCauses && cause !== undefined; depth += 1) {
    stack += `\nCaused by: ${asText(cause instanceof Error ? (cause.stack ?? cause.message) : cause)}`;
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return { type: error.name || "Error", message: asText(error.message), stack };
}

/** Errors may have been given anything for a message or a stack. */
function asText(value: unknown): string {
  return typeof value === "string" ? value : asJson(value);
}

function asJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return "(cannot be told)";
  }
}
