import { currentContext, type Context } from "../context.ts";
import type { Attribute, LogData } from "../export/otlp.ts";
import { Scope, type Breadcrumb, type User } from "./scope.ts";

export interface CaptureOptions {
  /** Default: "error". */
  readonly level?: "warning" | "error" | "fatal";
  readonly tags?: Readonly<Record<string, string | number | boolean>>;
  readonly user?: User;
  /** Whether the application dealt with it. Default: true. */
  readonly handled?: boolean;
}

const severities = { warning: [13, "WARN"], error: [17, "ERROR"], fatal: [21, "FATAL"] } as const;
const maxCauses = 5;

/** What an exporter takes of a captured error. */
export type ErrorSink = (record: LogData) => void;

/**
 * Errors as events, with what led to them. This is the one place that gives them their form: log
 * records of OpenTelemetry with `exception.*`
 * (https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-logs/).
 */
export class Errors {
  readonly #sink: ErrorSink;
  readonly #process = new Scope();

  constructor(sink: ErrorSink) {
    this.#sink = sink;
  }

  /** Names the user of the current request, for the errors that follow in it. */
  setUser(user: User | undefined): void {
    this.#scope().user = user;
  }

  /** Tags the errors that follow in the current request, or outside of one in the process. */
  setTag(name: string, value: string | number | boolean): void {
    this.#scope().tag(name, value);
  }

  addBreadcrumb(breadcrumb: Breadcrumb): void {
    this.#scope().breadcrumb(breadcrumb);
  }

  /** Sends an error with the scope of its request, by default the one that is being served. */
  capture(error: unknown, options: CaptureOptions = {}, context = currentContext()): void {
    const [severity, severityText] = severities[options.level ?? "error"];
    const { type, message, stack } = describe(error);
    const scopes = [this.#process, context?.trace.scope];
    const user = options.user ?? context?.trace.scope?.user ?? this.#process.user;
    const attributes: Record<string, Attribute | undefined> = {
      "exception.type": type,
      "exception.message": message,
      "exception.stacktrace": stack,
      "error.handled": options.handled ?? true,
      requestId: context?.requestId,
      "user.id": user?.id === undefined ? undefined : String(user.id),
      "user.email": user?.email,
      "user.name": user?.name,
    };
    for (const scope of scopes)
      for (const [name, value] of scope?.tags ?? []) attributes[`tag.${name}`] = value;
    for (const [name, value] of Object.entries(options.tags ?? {}))
      attributes[`tag.${name}`] = String(value);
    const breadcrumbs = scopes.flatMap((scope) => scope?.breadcrumbs ?? []);
    if (breadcrumbs.length > 0) attributes["breadcrumbs"] = asJson(breadcrumbs);
    this.#sink({
      time: Date.now(),
      severity,
      severityText,
      body: `${type}: ${message}`,
      eventName: "exception",
      attributes,
      ...placeOf(context),
    });
  }

  #scope(): Scope {
    const trace = currentContext()?.trace;
    if (trace === undefined) return this.#process;
    trace.scope ??= new Scope();
    return trace.scope;
  }
}

function placeOf(context: Context | undefined): Pick<LogData, "traceId" | "spanId"> {
  return context === undefined ? {} : { traceId: context.traceId, spanId: context.spanId };
}

/** An error's name, message and stack, those of its causes included. Never throws. */
function describe(error: unknown): { type: string; message: string; stack: string | undefined } {
  if (!(error instanceof Error)) {
    return { type: typeof error, message: asText(error), stack: undefined };
  }
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
