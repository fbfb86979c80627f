import { cutText } from "../cut-text.ts";
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
/** Lengths, since many errors may wait at a time: whoever throws may put a whole answer into one. */
const maxType = 200;
const maxMessage = 4_000;
const maxStack = 20_000;
const maxText = 500;
const maxTags = 30;

/**
 * An error as an event, with what led to it. This is the one place that gives errors their form: log
 * records of OpenTelemetry with `exception.*`
 * (https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-logs/).
 *
 * @param scopes what is known of its surroundings; a later one's user wins.
 */
export function exceptionRecord(
  error: unknown,
  given: CaptureOptions | undefined | null,
  place: Place | undefined,
  scopes: readonly Scope[] = [],
): LogData {
  const options = given ?? {};
  const { level = "error" } = options;
  const [severity, severityText] = severities[Object.hasOwn(severities, level) ? level : "error"];
  const { type, message, stack } = describe(error);
  const user = options.user ?? scopes.findLast((scope) => scope.user !== undefined)?.user;
  const attributes: Record<string, Attribute | undefined> = {
    "exception.type": type,
    "exception.message": message,
    "exception.stacktrace": stack,
    "error.handled": options.handled ?? true,
    requestId: place?.requestId,
    "user.id": told(user?.id),
    "user.email": told(user?.email),
    "user.name": told(user?.name),
  };
  for (const { tags } of scopes)
    for (const [name, value] of tags) attributes[`tag.${name}`] = value;
  for (const [name, value] of Object.entries(options.tags ?? {}).slice(0, maxTags))
    attributes[`tag.${cutText(name, maxText)}`] = told(value);
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

function told(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : asText(value, maxText);
}

/** An error's message, for the status of a span. Never throws. */
export function textOf(error: unknown): string {
  try {
    const text = error instanceof Error ? error.message || error.name : error;
    return cutText(String(text), maxMessage);
  } catch {
    return "an error that cannot be told";
  }
}

/** An error's name, message and stack, those of its causes included. Never throws. */
function describe(error: unknown): { type: string; message: string; stack: string | undefined } {
  try {
    if (!(error instanceof Error))
      return { type: typeof error, message: asText(error, maxMessage), stack: undefined };
    let stack = asText(error.stack ?? "", maxStack);
    let { cause } = error;
    for (let depth = 0; depth < maxCauses && cause !== undefined; depth += 1) {
      const text = cause instanceof Error ? (cause.stack ?? cause.message) : cause;
      stack += `\nCaused by: ${asText(text, maxStack)}`;
      cause = cause instanceof Error ? cause.cause : undefined;
    }
    return {
      type: asText(error.name || "Error", maxType),
      message: asText(error.message, maxMessage),
      stack: cutText(stack, maxStack),
    };
  } catch {
    return { type: "Error", message: "an error that cannot be told", stack: undefined };
  }
}

/** Errors may have been given anything for a message or a stack. */
function asText(value: unknown, maxLength: number): string {
  return cutText(typeof value === "string" ? value : asJson(value), maxLength);
}

function asJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return "(cannot be told)";
  }
}
